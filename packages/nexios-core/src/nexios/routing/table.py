"""The table of routes: what serves a path, found in time that grows with the path and not with the table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from nexios.exceptions import DuplicateRouteError, RouteError
from nexios.routing.leaf import Declared, Leaf
from nexios.routing.path import DOT_SEGMENTS, PathPattern
from nexios.routing.segment import Literal
from nexios.routing.trie import Ending, Found, Node

T = TypeVar("T")

# A path begins with a slash, so the first of its segments is empty.
_START = Literal("")


class RouteTable(Generic[T]):
    """Patterns and what they lead to, most specific first as :mod:`nexios.routing.segment` orders them.

    The trie has every pattern. Two dictionaries answer for the most common ones before it: *static* for a path without
    parameters, ``{path: {method: target}}``, and another for a literal path with one parameter at its end.
    """

    def __init__(self) -> None:
        self.static: dict[str, dict[str, T]] = {}
        self._endings: dict[str, dict[str, Ending[T]]] = {}
        self._trie: Node[T] = Node()

    def add(self, pattern: PathPattern, methods: Iterable[str], target: T, where: str) -> None:
        """Serve *methods* at *pattern*, and HEAD with GET until it has a target of its own.

        *where* names the place for the DuplicateRouteError that the second declaration of a method and path raises.
        """
        if not pattern.segments:
            raise RouteError(f"the path '' at {where} needs a prefix to stand below: write '/'")
        *above, last = (_START, *pattern.segments)
        parent = self._trie.grown(above, 1)
        leaf = parent.grown((last,)).own_leaf()
        leaf.add(Declared(pattern, methods, target, where))
        if pattern.parameters:
            self._update_endings(pattern, parent)
        else:
            self.static[pattern.text] = leaf.methods

    def mount(self, prefix: PathPattern, target: T, where: str) -> None:
        """Serve *prefix* and every path below it that no route below it fits, whatever the method.

        Raises RouteError for a prefix with a path parameter, DuplicateRouteError for a second mount at one prefix.
        """
        if any(segment.spans_segments for segment in prefix.segments):
            raise RouteError(f"mount at {prefix.text} ({where}): its path parameter leaves no path to the mount")
        prefix = prefix.without_trailing_slash()
        *above, last = (_START, *prefix.segments)
        parent = self._trie.grown(above, 1)
        node = parent.grown((last,))
        if node.mount is not None:
            raise DuplicateRouteError(f"mount at {node.mount.repeated_at(where, prefix)}")
        node.mount = Declared(prefix, (), target, where)
        if prefix.segments:
            self._update_endings(prefix, parent)

    def find(self, path: str, method: str) -> Found[T] | None:
        """What serves *method* at the percent-decoded *path*: the most specific pattern that has the method."""
        methods = self.static.get(path)
        if methods is not None and method in methods:
            return methods[method], None, 0
        if "/." in path and not DOT_SEGMENTS.isdisjoint(path.split("/")):
            return None
        above, _, last = path.rpartition("/")
        endings = self._endings.get(above)
        if endings is not None and method in endings:
            fit, name, target = endings[method]
            try:
                return target, {name: fit(last)}, 0
            except ValueError:
                pass
        return self._walk(path.split("/"), method)

    def matching(self, path: str) -> list[Leaf[T]]:
        """The leaves that fit *path*, the most specific first, down to the first mount: for 405 and OPTIONS."""
        leaves: list[Leaf[T]] = []
        segments = path.split("/")
        if DOT_SEGMENTS.isdisjoint(segments):
            # No method is empty (RFC 9110 section 9.1): the search goes on past every leaf.
            self._trie.search(segments, 0, (), "", leaves)
        return leaves

    def leads_nowhere(self, path: str) -> bool:
        """Whether it is plain to see that nothing fits *path*, with or without a slash at its end."""
        return self._trie.leads_nowhere(path.removesuffix("/").split("/"))

    def _update_endings(self, changed: PathPattern, parent: Node[T]) -> None:
        """What the last segment of *changed* may be has changed: *parent* is the node before it."""
        if not any(segment.parameters for segment in changed.segments[:-1]):
            self._endings[changed.text.rpartition("/")[0]] = parent.endings()

    def _walk(self, segments: list[str], method: str) -> Found[T] | None:
        try:
            found = self._trie.follow(segments, method)
        except ValueError:
            found = None
        if found is None and not self._trie.leads_nowhere(segments):
            found = self._trie.search(segments, 0, (), method, [])
        return found
