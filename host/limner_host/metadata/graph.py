"""ComfyUI's API format: nodes by id, whose inputs are values or links to other nodes' outputs.

A graph of somebody else's may have circles, dead ends and nodes that nobody here knows; every walk visits a node once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from limner_sdk import UnreadableImage

MOST_NODES: Final = 10_000
#: Larger than any seed; Python reads integers of thousands of digits.
ABSURD: Final = 2**65
#: From an input to the value that feeds it, and inputs of a node there; a graph that somebody drew stays far below.
MOST_HOPS: Final = 100
MOST_INPUTS: Final = 100


class Link(NamedTuple):
    """One output of a node."""

    node: str
    output: int


@dataclass(frozen=True)
class Node:
    """A node: its kind, and its inputs as they stand in the file."""

    id: str
    kind: str
    inputs: Mapping[str, Any]

    def link(self, name: str) -> Link | None:
        """The output that feeds an input; None if it holds a value or nothing."""
        return _link(self.inputs.get(name))

    def links(self) -> Iterator[tuple[str, Link]]:
        """The inputs that other nodes feed."""
        for name, value in self.inputs.items():
            link = _link(value)
            if link is not None:
                yield name, link


class Graph(dict[str, Node]):
    """The nodes by id."""

    def behind(self, link: Link | None) -> Node | None:
        """The node at the other end; None if there is none."""
        return self.get(link.node) if link is not None else None

    def source(self, node: Node, name: str) -> Node | None:
        """The node that feeds an input."""
        return self.behind(node.link(name))

    def text(self, node: Node, name: str) -> str | None:
        """An input's text, also if it comes from a node that holds exactly one."""
        value = self._value(node, name, (str,))
        return value if isinstance(value, str) else None

    def number(self, node: Node, name: str) -> int | float | None:
        """An input's number, also if it comes from a node that holds exactly one; None for NaN and beyond `ABSURD`."""
        value = self._value(node, name, (int, float))
        return value if isinstance(value, int | float) and abs(value) < ABSURD else None

    def _value(self, node: Node, name: str, kinds: tuple[type, ...]) -> object:
        value = node.inputs.get(name)
        # Links may run in a circle.
        for _ in range(MOST_HOPS):
            behind = self.behind(_link(value))
            if _is(value, kinds) or behind is None:
                return value if _is(value, kinds) else None
            value = _only(behind, kinds)
        return None


def _only(node: Node, kinds: tuple[type, ...]) -> object:
    """The one value of a kind that a node holds, else the one link that it passes on."""
    if len(node.inputs) > MOST_INPUTS:
        return None
    values = [value for value in node.inputs.values() if _is(value, kinds)]
    links = [value for value in node.inputs.values() if _link(value) is not None]
    if len(values) == 1:
        return values[0]
    return links[0] if not values and len(links) == 1 else None


def _is(value: object, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


def _link(value: object) -> Link | None:
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int) and type(value[1]) is int:
        return Link(str(value[0]), value[1])
    return None


def chain(graph: Graph, node: Node, names: tuple[str, ...]) -> Iterator[Node]:
    """The nodes that feed `node` along the inputs called `names`, nearest first, each once."""
    seen = {node.id}
    current: Node | None = node
    while current is not None:
        links = [link for name in names if (link := current.link(name)) is not None]
        current = graph.behind(links[0]) if links else None
        if current is None or current.id in seen:
            return
        seen.add(current.id)
        yield current


def graph_of(text: str, file: str) -> Graph:
    """The graph in a text, which may hold NaN. Raises `UnreadableImage` with one sentence about the picture `file`."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableImage(f"{file} carries a graph of ComfyUI's that is damaged") from None
    if not isinstance(values, dict) or len(values) > MOST_NODES:
        raise UnreadableImage(f"{file} carries no graph of ComfyUI's in API format, or one of over {MOST_NODES} nodes")
    return Graph((node.id, node) for node in _nodes(values))


def _nodes(values: Mapping[str, Any]) -> Iterator[Node]:
    for name, value in values.items():
        if isinstance(value, dict) and isinstance(value.get("class_type"), str):
            inputs = value.get("inputs")
            yield Node(name, value["class_type"], inputs if isinstance(inputs, dict) else {})
