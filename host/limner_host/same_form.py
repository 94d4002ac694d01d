"""What codecs around another codec share: its latents' form."""

from __future__ import annotations

from limner_sdk import Codec


class SameForm:
    """Channels and cells as those of the `codec` inside."""

    codec: Codec

    @property
    def channels(self) -> int:
        """Channels of a latent."""
        return self.codec.channels

    @property
    def downscale(self) -> int:
        """Pixels per latent cell and axis."""
        return self.codec.downscale
