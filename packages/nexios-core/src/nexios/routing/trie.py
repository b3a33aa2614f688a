"""The trie that patterns share: a node for each run of segments they have in common.

A walk takes at each node the most specific way that fits (:mod:`nexios.routing.segment` has the order) and comes back
for the next one where the first leads nowhere. Only one way leads to a node, and what was read before it is settled by
its place: no walk visits a node twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Generic, TypeAlias, TypeVar

from nexios.routing.leaf import Declared, Leaf
from nexios.routing.segment import Composite, Literal, Parameter, Segment

T = TypeVar("T")

# The target, its parameters (None where its pattern has none), and the length of a mount's prefix (0 for a route).
Found: TypeAlias = tuple[T, dict[str, Any] | None, int]

# How the last segment is read, the name of its value, and the target.
Ending: TypeAlias = tuple[Callable[[str], Any], str, T]

# Shared by the nodes that have none, which nearly all have of one or the other.
_NO_LEAF: Leaf[Any] = Leaf()
_NO_LITERALS: dict[str, Any] = {}


class Node(Generic[T]):
    """What is known after some segments of a path: how it may go on, and what it leads to if it ends here."""

    __slots__ = ("edges", "first", "leaf", "literals", "mount")

    def __init__(self) -> None:
        self.literals: dict[str, Node[T]] = _NO_LITERALS
        self.edges: Sequence[Edge[T]] = ()
        self.first: Edge[T] | None = None
        self.leaf: Leaf[T] = _NO_LEAF
        self.mount: Declared[T] | None = None

    def follow(self, segments: Sequence[str], method: str) -> Found[T] | None:
        """Take only the first way at each node, which nearly always arrives; None or ValueError where it does not."""
        node = self
        values: list[Any] = []
        for segment in segments:
            if segment in node.literals:
                node = node.literals[segment]
            elif node.first is not None:
                values.append(node.first.fit(segment))
                node = node.first.node
            else:
                return None
        declared = node.leaf.served.get(method)
        return None if declared is None else (declared.target, declared.bind(values), 0)

    def leads_nowhere(self, segments: Sequence[str]) -> bool:
        """Whether literals alone tell that nothing fits *segments*, as they mostly do, at a tenth of a search."""
        node = self
        for segment in segments:
            if node.edges or node.mount is not None:
                return False
            if segment not in node.literals:
                return True
            node = node.literals[segment]
        return False

    def search(
        self, segments: Sequence[str], start: int, values: tuple[Any, ...], method: str, passed: list[Leaf[T]]
    ) -> Found[T] | None:
        """Take every way that fits *segments* from *start* on, until one arrives at *method*.

        The leaves that fit but do not have it are added to *passed*.
        """
        if start < len(segments):
            found = self._search_below(segments, start, values, method, passed)
            if found is not None:
                return found
        elif method in self.leaf.served:
            declared = self.leaf.served[method]
            return declared.target, declared.bind(values), 0
        elif self.leaf is not _NO_LEAF:
            passed.append(self.leaf)
        if self.mount is not None:
            return self.mount.target, self.mount.bind(values), len("/".join(segments[:start]))
        return None

    def _search_below(
        self, segments: Sequence[str], start: int, values: tuple[Any, ...], method: str, passed: list[Leaf[T]]
    ) -> Found[T] | None:
        segment = segments[start]
        if segment in self.literals:
            found = self.literals[segment].search(segments, start + 1, values, method, passed)
            if found is not None:
                return found
        # Empty segments never fit a parameter, nor the beginning of a path.
        for edge in self.edges if segment else ():
            end = len(segments) - edge.following if edge.spans_segments else start + 1
            if end <= start:
                continue
            try:
                value = edge.fit("/".join(segments[start:end]))
            except ValueError:
                continue
            found = edge.node.search(segments, end, (*values, value), method, passed)
            if found is not None:
                return found
        return None

    def endings(self) -> dict[str, Ending[T]]:
        """What a path with one more segment leads to by method, as far as a parameter alone decides it."""
        endings: dict[str, Ending[T]] = {}
        edges = [edge for edge in self.edges if not edge.spans_segments]
        if any(node.mount is not None for node in (*self.literals.values(), *(edge.node for edge in edges))):
            return endings
        for edge in reversed(edges):
            for method, declared in edge.node.leaf.served.items():
                if edge.is_composite:
                    endings.pop(method, None)
                else:
                    *_, name = declared.pattern.parameters
                    endings[method] = edge.fit, name, declared.target
        return endings

    def grown(self, segments: Sequence[Segment], following: int = 0) -> Node[T]:
        """The node behind *segments*, made if it is not there yet; the pattern has *following* more behind it."""
        node = self
        following += len(segments)
        for segment in segments:
            following -= 1
            node = node._grown_by(segment, following)
        return node

    def own_leaf(self) -> Leaf[T]:
        if self.leaf is _NO_LEAF:
            self.leaf = Leaf()
        return self.leaf

    def _grown_by(self, segment: Segment, following: int) -> Node[T]:
        if isinstance(segment, Literal):
            if segment.text not in self.literals:
                if self.literals is _NO_LITERALS:
                    self.literals = {}
                self.literals[segment.text] = Node()
            return self.literals[segment.text]
        new: Edge[T] = Edge(segment, following)
        for edge in self.edges:
            if edge.key == new.key:
                return edge.node
        self.edges = sorted((*self.edges, new), key=attrgetter("order"))
        self.first = None if self.edges[0].spans_segments else self.edges[0]
        return new.node


class Edge(Generic[T]):
    """The way to a node through a segment with parameters.

    One that spans segments leaves the last *following* to those behind it, and has a node for each such number.
    """

    __slots__ = ("fit", "following", "is_composite", "key", "node", "order", "spans_segments")

    def __init__(self, segment: Parameter | Composite, following: int) -> None:
        self.is_composite = isinstance(segment, Composite)
        self.fit: Callable[[str], Any] = segment.read if isinstance(segment, Composite) else segment.fit
        self.spans_segments = segment.spans_segments
        self.following = following
        self.key = (segment.shape, following if segment.spans_segments else 0)
        self.order = segment.order(following)
        self.node: Node[T] = Node()
