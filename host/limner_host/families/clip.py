"""Reads a prompt of any length with a CLIP text encoder: chunks, weights, layers, learnt words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import torch
from torch import Tensor, nn

from limner_sdk import Encoding, InvalidRequest, Span

from .chunks import BREAK, Chunk, Piece, Token, chunked
from .weighting import weighted

#: Which hidden states are meant, counted from the last, which is 1.
_LAYERS: Final[Mapping[str, int]] = {"last": 1, "penultimate": 2}


@dataclass(frozen=True)
class Encoded:
    """Hidden states (1, N · chunks, D), the first chunk summed up (1, P) if there is a projection, learnt words met."""

    hidden: Tensor
    pooled: Tensor | None
    used: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ClipEncoder:
    """A CLIP text encoder and its tokenizer, both from transformers.

    A model that was trained on the layer before the last says ``penultimate``, and never reads a later one;
    `final_norm` says that the layer read goes through the encoder's last norm.
    """

    tokenizer: Any
    text_encoder: Any
    layer: Literal["last", "penultimate"] = "last"
    final_norm: bool = True

    @property
    def room(self) -> int:
        """How many tokens of a prompt go into one chunk, between the start and the end token."""
        return int(self.text_encoder.config.max_position_embeddings) - 2

    def encode(self, prompt: Sequence[Span], how: Encoding, embeddings: Mapping[str, Tensor] = {}) -> Encoded:
        """The hidden states of a prompt. `embeddings` are learnt vectors (n, D) by the lower-case word they stand for.

        Chunks are read one by one, so none depends on the others. Raises `InvalidRequest` for a `clip_skip` deeper than
        the encoder, and for an embedding that was learnt for another one.
        """
        layer = self._layer(how.clip_skip)
        pieces, used = self._pieces(prompt, embeddings)
        chunks = chunked(pieces, self.room, self._comma())
        read = [self._read(chunk, layer, how.weighting) for chunk in chunks]
        return Encoded(torch.cat([hidden for hidden, _ in read], dim=1), read[0][1], used)

    def _layer(self, clip_skip: int) -> int:
        deepest = int(self.text_encoder.config.num_hidden_layers)
        if clip_skip > deepest:
            raise InvalidRequest("clip_skip", clip_skip, f"is deeper than this text encoder; the most is {deepest}")
        return max(clip_skip, _LAYERS[self.layer])

    def _pieces(self, prompt: Sequence[Span], embeddings: Mapping[str, Tensor]) -> tuple[list[Piece], frozenset[str]]:
        """The prompt's tokens, learnt words in one piece, and which of these there are."""
        pieces: list[Piece] = []
        used: set[str] = set()
        for span in prompt:
            pieces += [BREAK] if span.breaks else []
            for text, name in _by_name(span.text, tuple(embeddings)):
                if name is None:
                    pieces += [(Token(number, span.weight),) for number in self._ids(text)]
                else:
                    pieces += self._learnt(name, embeddings[name], span.weight)
                    used.add(name)
        return pieces, frozenset(used)

    def _learnt(self, name: str, vectors: Tensor, weight: float) -> list[Piece]:
        """The vectors in one piece, or if they fill more than a chunk, in as few as possible."""
        width = int(self.text_encoder.config.hidden_size)
        if vectors.ndim != 2 or vectors.shape[1] != width:
            shape = "x".join(str(side) for side in vectors.shape)
            remedy = f"is an embedding for another kind of model ({shape} instead of nx{width}); leave it out"
            raise InvalidRequest("prompt", name, remedy)
        tokens = tuple(Token(0, weight, vector) for vector in vectors)
        return [tokens[at : at + self.room] for at in range(0, len(tokens), self.room)]

    def _ids(self, text: str) -> list[int]:
        return cast(list[int], self.tokenizer(text, add_special_tokens=False, verbose=False).input_ids)

    def _comma(self) -> int | None:
        ids = self._ids(",")
        return ids[0] if len(ids) == 1 else None

    def _read(self, chunk: Chunk, layer: int, weighting: str) -> tuple[Tensor, Tensor | None]:
        """Hidden states (1, N, D) and pooled (1, P) of one chunk."""
        hidden, pooled = self._states(chunk, layer)
        weights = torch.ones(self.room + 2)
        weights[1 : len(chunk) + 1] = torch.tensor([token.weight for token in chunk])
        changed = weighted(hidden[0], weights, weighting, lambda: self._states([], layer)[0][0])
        return changed[None], pooled

    def _states(self, chunk: Chunk, layer: int) -> tuple[Tensor, Tensor | None]:
        filler = [self.tokenizer.pad_token_id] * (self.room - len(chunk))
        ids = [self.tokenizer.bos_token_id, *(token.id for token in chunk), self.tokenizer.eos_token_id, *filler]
        batch = torch.tensor([ids], device=self.text_encoder.device)
        with _learnt_words(self.text_encoder, {at + 1: token.vector for at, token in enumerate(chunk)}):
            output = self.text_encoder(batch, output_hidden_states=True)
        return self._of_layer(output, layer), getattr(output, "text_embeds", None)

    def _of_layer(self, output: Any, layer: int) -> Tensor:
        if layer == 1 and self.final_norm:
            return cast(Tensor, output.last_hidden_state)
        hidden = output.hidden_states[-layer]
        if not self.final_norm:
            return cast(Tensor, hidden)
        # transformers moved it up one level when the text model lost its wrapper.
        return cast(Tensor, getattr(self.text_encoder, "text_model", self.text_encoder).final_layer_norm(hidden))


def _by_name(text: str, names: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    """The text in pieces: those that are a known name, with that name, and what lies between them."""
    longest_first = sorted(names, key=len, reverse=True)
    pattern = "|".join(f"({re.escape(name)})" for name in longest_first)
    at = 0
    for found in re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", text, re.IGNORECASE) if names else ():
        yield text[at : found.start()], None
        yield found[0], longest_first[(found.lastindex or 1) - 1]
        at = found.end()
    yield text[at:], None


@contextmanager
def _learnt_words(text_encoder: Any, vectors: Mapping[int, Tensor | None]) -> Iterator[None]:
    """Inside, the encoder sees these vectors (D,) at these places, whatever token stands there.

    transformers' text model takes nothing but token numbers, so a hook changes what its table says, and is taken away.
    """
    learnt = {at: vector for at, vector in vectors.items() if vector is not None}
    if not learnt:
        yield
        return

    def put(table: nn.Module, given: Any, looked_up: Tensor) -> Tensor:
        placed = looked_up.clone()
        placed[:, list(learnt)] = torch.stack(list(learnt.values())).to(placed)
        return placed

    hook = text_encoder.get_input_embeddings().register_forward_hook(put)
    try:
        yield
    finally:
        hook.remove()
