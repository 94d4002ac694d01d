"""What all checks share: one broken promise is one sentence, and global random streams are nobody's to touch."""

from __future__ import annotations

from limner_sdk.errors import ContractError


class globals_untouched:
    """Demand that torch's and Python's global random streams stay where they are."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._before = self._state()

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            demand(self._state() == self._before, f"{self._name} draws from a global random stream; use ctx")

    @staticmethod
    def _state() -> tuple[object, bytes]:
        import random

        import torch

        return random.getstate(), torch.get_rng_state().numpy().tobytes()


def demand(kept: bool, broken: str) -> None:
    if not kept:
        raise ContractError(broken)
