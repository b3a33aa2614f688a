"""The table of routes: what serves a path, found in time that grows with the path and not with the table.

Patterns share a trie with a node for each segment they have in common. A walk takes at each node the most specific way
that fits (:mod:`nexios.routing.segment` has the order) and comes back for the next one where the first leads nowhere.
Only one way leads to a node, and what it has taken of the path is settled there: no walk visits a node twice.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any, Generic, TypeAlias, TypeVar

from nexios.exceptions import DuplicateRouteError, RouteError
from nexios.routing.path import DOT_SEGMENTS, PathPattern
from nexios.routing.segment import Composite, Literal, Parameter, Segment

T = TypeVar("T")

# The target, its parameters (None where its pattern has none), and the length of a mount's prefix (0 for a route).
Found: TypeAlias = tuple[T, dict[str, Any] | None, int]

# From the values of a walk, one for each segment with parameters, to the parameters by name.
_Bind: TypeAlias = Callable[[Sequence[Any]], dict[str, Any] | None]


class RouteTable(Generic[T]):
    """Patterns and what they lead to.

    *static* has the paths without parameters, ``{path: {method: target}}``: what serves those is one lookup away.
    """

    def __init__(self) -> None:
        self.static: dict[str, dict[str, T]] = {}
        self._root: _Node[T] = _Node()

    def add(self, pattern: PathPattern, methods: Iterable[str], target: T, where: str) -> None:
        """Serve *methods* at *pattern*, and HEAD with GET until it has a target of its own (RFC 9110 section 9.3.2).

        *where* names the place for the DuplicateRouteError that the second declaration of a method and path raises.
        """
        if not pattern.segments:
            raise RouteError(f"the path '' at {where} needs a prefix to stand below: write '/'")
        leaf = self._root.grown(pattern).own_leaf()
        leaf.add(methods, _Declared(target, pattern, where))
        if not pattern.parameters:
            self.static[pattern.text] = leaf.methods

    def mount(self, prefix: PathPattern, target: T, where: str) -> None:
        """Serve *prefix* and every path below it, whatever the method, where no route does.

        Raises RouteError for a prefix with a path parameter, DuplicateRouteError for a second mount at one prefix.
        """
        if any(segment.spans_segments for segment in prefix.segments):
            raise RouteError(f"mount at {prefix.text!r} ({where}): its path parameter leaves no path to the mount")
        prefix = prefix.without_trailing_slash()
        node = self._root.grown(prefix)
        declared = _Declared(target, prefix, where)
        if node.mount is not None:
            raise DuplicateRouteError(f"mount at {node.mount.repeated_by(declared)}")
        node.mount = declared

    def find(self, path: str, method: str) -> Found[T] | None:
        """What serves *method* at the percent-decoded *path*: the most specific pattern that has the method."""
        methods = self.static.get(path)
        if methods is not None and method in methods:
            return methods[method], None, 0
        segments = path.split("/")
        if "/." in path and not DOT_SEGMENTS.isdisjoint(segments):
            return None
        try:
            return self._root.follow(segments, method)
        except (ValueError, LookupError):
            return self._root.search(segments, 0, (), method, [])

    def matching(self, path: str) -> list[Leaf[T]]:
        """The leaves that fit *path*, the most specific first, down to the first mount: for 405 and OPTIONS."""
        leaves: list[Leaf[T]] = []
        segments = path.split("/")
        if DOT_SEGMENTS.isdisjoint(segments):
            # No method is empty (RFC 9110 section 9.1): the search goes on past every leaf.
            self._root.search(segments, 0, (), "", leaves)
        return leaves


class Leaf(Generic[T]):
    """Where patterns of one shape end: their targets by method, HEAD included where GET serves it."""

    __slots__ = ("bind", "declared", "methods")

    def __init__(self) -> None:
        self.methods: dict[str, T] = {}
        self.bind: dict[str, _Bind] = {}
        self.declared: dict[str, _Declared[T]] = {}

    def add(self, methods: Iterable[str], declared: _Declared[T]) -> None:
        methods = tuple(methods)
        for method in methods:
            if method in self.declared:
                raise DuplicateRouteError(f"{method} {self.declared[method].repeated_by(declared)}")
        for method in methods:
            self.declared[method] = declared
            self._serve(method, declared)
        if "GET" in methods and "HEAD" not in self.declared:
            self._serve("HEAD", declared)

    def _serve(self, method: str, declared: _Declared[T]) -> None:
        self.methods[method] = declared.target
        self.bind[method] = declared.bind


class _Declared(Generic[T]):
    __slots__ = ("bind", "pattern", "target", "where")

    def __init__(self, target: T, pattern: PathPattern, where: str) -> None:
        self.target = target
        self.pattern = pattern
        self.where = where
        self.bind = _binder(pattern)

    def repeated_by(self, other: _Declared[T]) -> str:
        return (
            f"{other.pattern.text} at {other.where} is already declared at {self.where}"
            + (f" as {self.pattern.text}" if self.pattern.text != other.pattern.text else "")
            + ": remove one of them"
        )


_NO_LEAF: Leaf[Any] = Leaf()


class _Node(Generic[T]):
    """What is known after some segments of a path: how it can go on, and what it leads to if it ends here."""

    __slots__ = ("edges", "leaf", "literals", "mount", "paths")

    def __init__(self) -> None:
        self.literals: dict[str, _Node[T]] = {}
        self.edges: list[_Edge[T]] = []
        self.paths: list[_Edge[T]] = []
        self.leaf: Leaf[T] = _NO_LEAF
        self.mount: _Declared[T] | None = None

    def follow(self, segments: list[str], method: str) -> Found[T]:
        """Take the first way at each node, which nearly always leads there; ValueError or LookupError where not."""
        node, values = self, []
        for segment in segments:
            if segment in node.literals:
                node = node.literals[segment]
            else:
                edge = node.edges[0]
                values.append(edge.fit(segment))
                node = edge.node
        leaf = node.leaf
        return leaf.methods[method], leaf.bind[method](values), 0

    def search(
        self, segments: list[str], start: int, values: tuple[Any, ...], method: str, without: list[Leaf[T]]
    ) -> Found[T] | None:
        """Take every way that fits *segments* from *start* on until a leaf has *method*; the others go to *without*."""
        if start == len(segments) and self.leaf is not _NO_LEAF:
            if method in self.leaf.methods:
                return self.leaf.methods[method], self.leaf.bind[method](values), 0
            without.append(self.leaf)
        for node, end, read in self._ways(segments, start):
            found = node.search(segments, end, values + read, method, without)
            if found is not None:
                return found
        if self.mount is not None:
            return self.mount.target, self.mount.bind(values), len("/".join(segments[:start]))
        return None

    def _ways(self, segments: list[str], start: int) -> Iterator[tuple[_Node[T], int, tuple[Any, ...]]]:
        """The nodes that fit next, most specific first, each with where it goes on and the value read on the way."""
        if start == len(segments):
            return
        segment = segments[start]
        if segment in self.literals:
            yield self.literals[segment], start + 1, ()
        if not segment:
            return
        for edge in (*self.edges, *self.paths):
            end = len(segments) - edge.following if edge.spans_segments else start + 1
            if end > start:
                try:
                    value = edge.fit("/".join(segments[start:end]))
                except ValueError:
                    continue
                yield edge.node, end, (value,)

    def grown(self, pattern: PathPattern) -> _Node[T]:
        """The node at the end of *pattern*, made if it is not there yet."""
        node = self._grown_by(Literal(""), 0)
        following = len(pattern.segments)
        for segment in pattern.segments:
            following -= 1
            node = node._grown_by(segment, following)
        return node

    def own_leaf(self) -> Leaf[T]:
        if self.leaf is _NO_LEAF:
            self.leaf = Leaf()
        return self.leaf

    def _grown_by(self, segment: Segment, following: int) -> _Node[T]:
        if isinstance(segment, Literal):
            if segment.text not in self.literals:
                self.literals[segment.text] = _Node()
            return self.literals[segment.text]
        edges = self.paths if segment.spans_segments else self.edges
        new = _Edge[T](segment, following)
        for edge in edges:
            if edge.key == new.key:
                return edge.node
        insort(edges, new, key=attrgetter("order"))
        return new.node


class _Edge(Generic[T]):
    """The way to a node through a segment with parameters; *following* segments come after one that spans others."""

    __slots__ = ("fit", "following", "key", "node", "order", "spans_segments")

    def __init__(self, segment: Parameter | Composite, following: int) -> None:
        self.fit: Callable[[str], Any] = segment.fit if isinstance(segment, Parameter) else segment.read
        self.spans_segments = segment.spans_segments
        self.following = following
        self.key = (segment.shape, following if segment.spans_segments else 0)
        self.order = segment.order(following)
        self.node: _Node[T] = _Node()


def _binder(pattern: PathPattern) -> _Bind:
    """How the values of a walk become parameters; the common cases build their dictionary in one step."""
    names = tuple(pattern.parameters)
    composite = [isinstance(segment, Composite) for segment in pattern.segments if segment.parameters]
    match names:
        case ():
            return lambda values: None
        case (name,) if not any(composite):
            return lambda values: {name: values[0]}
        case (first, second) if not any(composite):
            return lambda values: {first: values[0], second: values[1]}

    def bind(values: Sequence[Any]) -> dict[str, Any]:
        flat: list[Any] = []
        for value, several in zip(values, composite, strict=True):
            flat.extend(value if several else (value,))
        return dict(zip(names, flat, strict=True))

    return bind
