from __future__ import annotations

from itertools import product

import pytest

from nexios.routing.converters import Converters, path_converters
from nexios.routing.leaf import Declared
from nexios.routing.path import PathPattern
from nexios.routing.trie import Node
from tests.core.routing.counting import Counting


def grown(*patterns: str, converters: Converters = path_converters) -> Node[str]:
    trie: Node[str] = Node()
    for text in patterns:
        pattern = PathPattern.parse(text, converters)
        trie.grown(pattern.segments).own_leaf().add(Declared(pattern, ["GET"], text, "app.py:1"))
    return trie


def test_patterns_share_the_nodes_of_the_segments_they_have_in_common() -> None:
    trie = grown("/a/{x}/b", "/a/{y}/c", "/a/{z:int}")

    assert list(trie.literals) == ["a"]
    assert len(trie.literals["a"].edges) == 2


def test_a_walk_asks_each_edge_once_even_where_every_way_leads_nowhere() -> None:
    converters = Converters(path_converters)
    counting = [Counting(label) for label in "abc"]
    for each in counting:
        converters.register(each.label, each)
    trie = grown(
        *("".join(f"/{{p{at}:{kind}}}" for at, kind in enumerate(kinds)) for kinds in product("abc", repeat=4)),
        converters=converters,
    )

    assert trie.search(["1", "2", "3", "4"], 0, (), "POST", []) is None
    assert sum(len(each.seen) for each in counting) == 3 + 3**2 + 3**3 + 3**4


def test_a_search_finds_what_following_does_not() -> None:
    trie = grown("/{x:int}/a", "/{y}/b", "/{rest:path}/c", "/{rest:path}/d/c")

    assert trie.search(["1", "b"], 0, (), "GET", []) == ("/{y}/b", {"y": "1"}, 0)
    assert trie.search(["1", "x", "c"], 0, (), "GET", []) == ("/{rest:path}/c", {"rest": "1/x"}, 0)
    assert trie.search(["1", "d", "c"], 0, (), "GET", []) == ("/{rest:path}/d/c", {"rest": "1"}, 0)
    assert trie.search(["d", "c"], 0, (), "GET", []) == ("/{rest:path}/c", {"rest": "d"}, 0)
    assert trie.search(["c"], 0, (), "GET", []) is None


@pytest.mark.parametrize(
    ("path", "plain"),
    [("x", True), ("a", False), ("b", False), ("b/x", True), ("c/1", False), ("m/x", False)],
)
def test_it_is_plain_that_a_path_leads_nowhere_where_only_literals_could_lead_on(path: str, plain: bool) -> None:
    trie = grown("/a", "/b/c", "/c/{x}")
    prefix = PathPattern.parse("/m")
    trie.grown(prefix.segments).mount = Declared(prefix, (), "mounted", "app.py:2")

    assert trie.leads_nowhere(path.split("/")) is plain


def test_following_gives_up_where_the_first_way_does_not_arrive() -> None:
    trie = grown("/a/{x:bool}", "/{y}/b")

    assert trie.follow(["a", "true"], "GET") == ("/a/{x:bool}", {"x": True}, 0)
    assert trie.follow(["c", "d"], "GET") is None
    assert trie.follow(["a", "true"], "POST") is None
    assert trie.follow(["c"], "GET") is None


def test_a_search_passes_the_leaves_that_fit_but_have_another_method() -> None:
    trie = grown("/a", "/{x}", "/{p:path}")
    passed: list[object] = []

    assert trie.search(["a"], 0, (), "PUT", passed) is None  # type: ignore[arg-type]
    assert [each.methods["GET"] for each in passed] == ["/a", "/{x}", "/{p:path}"]  # type: ignore[attr-defined]


def test_an_ending_is_known_where_a_parameter_alone_decides_it() -> None:
    endings = grown("/{id:int}", "/{name}", "/{rest:path}").endings()

    fit, name, target = endings["GET"]
    assert (fit("7"), name, target) == (7, "id", "/{id:int}")


def test_an_ending_is_left_to_the_walk_where_a_composite_comes_first() -> None:
    assert grown("/{id:int}", "/{name}.{kind}").endings() == {}
