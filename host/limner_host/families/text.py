"""Text encoders other than CLIP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from torch import Tensor

from limner_sdk import Span

#: Tokens that SD3 gives to T5, whether or not it is there.
T5_TOKENS: Final = 256


@dataclass(frozen=True)
class T5Encoder:
    """SD3's third text encoder, which knows neither weights nor chunks: the plain text, cut at 256 tokens."""

    tokenizer: Any
    text_encoder: Any

    def encode(self, prompt: Sequence[Span]) -> Tensor:
        """Hidden states (1, 256, D)."""
        text = "".join(span.text for span in prompt)
        batch = self.tokenizer(text, padding="max_length", max_length=T5_TOKENS, truncation=True, return_tensors="pt")
        return cast(Tensor, self.text_encoder(batch.input_ids.to(self.text_encoder.device))[0])


def is_empty(prompt: Sequence[Span]) -> bool:
    """Whether a prompt says nothing."""
    return not any(span.text.strip() for span in prompt)
