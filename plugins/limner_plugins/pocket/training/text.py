"""Makes the tokenizer out of the world's captions, and trains the text encoder to understand them.

Stable Diffusion's text encoder learnt from captioned pictures (CLIP, arXiv:2103.00020). Here the world is drawn from
known attributes, so the encoder learns to tell those from the caption; the same thing, minutes instead of months.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from limner_plugins.pocket.scenes import COLOURS, KINDS, Scene, phrase, random_scene

from .loop import SEED, Plan, train

PLAN = Plan("text", steps=1000, learning_rate=2e-3, weight_decay=0.01)
BATCH = 64
#: As in Stable Diffusion, so that prompts are cut and padded in the same way.
TOKENS = 77
WIDTH = 96
_START, _END, _WORD_END = "<|startoftext|>", "<|endoftext|>", "</w>"
_EXTRA_WORDS = "photo drawing painting of the and with at in by cat dog tree car girl boy man woman sky sea night day"


def new_tokenizer() -> CLIPTokenizer:
    """A byte-level BPE tokenizer whose merges come from the world's captions; it can read any text."""
    rng = random.Random(SEED)
    captions = [phrase(random_scene(rng), rng) for _ in range(20_000)] + [_EXTRA_WORDS] * 50
    template = CLIPTokenizer().backend_tokenizer
    learner = Tokenizer(models.BPE(end_of_word_suffix=_WORD_END))
    learner.normalizer, learner.pre_tokenizer = template.normalizer, template.pre_tokenizer
    learner.train_from_iterator(
        captions, trainers.BpeTrainer(vocab_size=2000, end_of_word_suffix=_WORD_END, show_progress=False)
    )
    merges = [tuple(pair) for pair in _merges_of(learner)]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*letters, *(letter + _WORD_END for letter in letters), *("".join(pair) for pair in merges), _START, _END]
    vocabulary = {word: i for i, word in enumerate(dict.fromkeys(words))}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=TOKENS)


def _merges_of(learner: Tokenizer) -> list[list[str]]:
    return cast(list[list[str]], json.loads(learner.to_str())["model"]["merges"])


def new_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """An untrained encoder in the shape of CLIP's: causal, with a learnt position for each of the tokens."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=WIDTH,
            intermediate_size=4 * WIDTH,
            projection_dim=WIDTH,
            num_hidden_layers=3,
            num_attention_heads=4,
            max_position_embeddings=TOKENS,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def tokens_of(tokenizer: CLIPTokenizer, texts: list[str]) -> Tensor:
    """Token numbers (B, 77), int64, padded with the end token as Stable Diffusion does."""
    batch = tokenizer(texts, padding="max_length", max_length=TOKENS, truncation=True, return_tensors="pt")
    return cast(Tensor, batch.input_ids)


class _Reader(nn.Module):
    """The encoder with one linear question per attribute, asked at every position after the caption's end."""

    def __init__(self, encoder: CLIPTextModel) -> None:
        super().__init__()
        self.encoder = encoder
        self.questions = nn.ModuleList(nn.Linear(WIDTH, n) for n in (len(KINDS), len(COLOURS), len(COLOURS)))

    def forward(self, tokens: Tensor) -> list[Tensor]:
        hidden = self.encoder(tokens).last_hidden_state
        ends = tokens.argmax(dim=1)
        rows = torch.arange(len(tokens))
        places = (ends, torch.minimum(ends + 8, torch.tensor(TOKENS - 1)), torch.full_like(ends, TOKENS - 1))
        return [torch.stack([question(hidden[rows, at]) for at in places]) for question in self.questions]


def train_text_encoder(folder: Path) -> tuple[CLIPTokenizer, CLIPTextModel]:
    """Train or resume; gives the tokenizer and the averaged encoder."""
    torch.manual_seed(SEED)
    tokenizer = new_tokenizer()
    reader = _Reader(new_text_encoder(tokenizer))

    def loss_at(step: int, generator: torch.Generator) -> Tensor:
        rng = random.Random(SEED + step)
        scenes = [random_scene(rng, held_out=False) for _ in range(BATCH)]
        texts = [phrase(scene, rng) for scene in scenes]
        answers = reader(tokens_of(tokenizer, texts))
        return sum(
            (
                F.cross_entropy(answer.permute(1, 2, 0), truth[:, None].expand(-1, len(answer)), ignore_index=-100)
                for answer, truth in zip(answers, _truths(scenes, texts), strict=True)
            ),
            torch.zeros(()),
        )

    trained = cast(_Reader, train(PLAN, reader, loss_at, folder))
    return tokenizer, trained.encoder.eval()


def _truths(scenes: list[Scene], texts: list[str]) -> list[Tensor]:
    """Numbers of kind, colour and background, -100 where a caption does not say."""
    colours = list(COLOURS)
    return [
        torch.tensor([KINDS.index(scene.kind) for scene in scenes]),
        torch.tensor([colours.index(scene.colour) for scene in scenes]),
        torch.tensor(
            [
                colours.index(scene.background) if scene.background in text else -100
                for scene, text in zip(scenes, texts, strict=True)
            ]
        ),
    ]
