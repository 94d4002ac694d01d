"""Remembers what was made of an object for as long as that very object comes again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """Values by the identity of the objects that they were made of, the ones used longest ago forgotten first.

    The objects are held too, so that no other one can take on their identity.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[tuple[int, ...], tuple[tuple[object, ...], V]] = OrderedDict()

    def get(self, key: tuple[object, ...], make: Callable[[], V]) -> V:
        """What `make` gives for these objects, made once."""
        identity = tuple(map(id, key))
        if identity not in self._values:
            self._values[identity] = key, make()
            if len(self._values) > self._most:
                self._values.popitem(last=False)
        self._values.move_to_end(identity)
        return self._values[identity][1]
