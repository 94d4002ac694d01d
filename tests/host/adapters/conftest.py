"""What the tests of adapters share: networks at a millionth of their size."""

from __future__ import annotations

import pytest
from tests.host.tiny_models import tiny_parts
from torch import nn

Networks = dict[str, nn.Module]


@pytest.fixture(scope="module")
def networks() -> Networks:
    """A tiny UNet and its text encoder; every test leaves them as they were."""
    unet, _, encoder, _ = tiny_parts()
    return {"unet": unet.eval(), "text_encoder": encoder.eval()}
