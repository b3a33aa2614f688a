from __future__ import annotations

import pytest

from nexios.exceptions import DuplicateRouteError
from nexios.routing.leaf import Declared, Leaf
from nexios.routing.path import PathPattern


def declared(path: str, *methods: str, where: str = "app.py:1") -> Declared[str]:
    return Declared(PathPattern.parse(path), methods, f"{where} {path}", where)


@pytest.mark.parametrize(
    ("path", "values", "parameters"),
    [
        ("/a", [], None),
        ("/{a}", [1], {"a": 1}),
        ("/{a}/x/{b}", [1, 2], {"a": 1, "b": 2}),
        ("/{a}/{b}/{c}", [1, 2, 3], {"a": 1, "b": 2, "c": 3}),
        ("/{a}.{b}", [(1, 2)], {"a": 1, "b": 2}),
        ("/{a}/v{b}", [1, (2,)], {"a": 1, "b": 2}),
    ],
)
def test_the_values_of_a_walk_get_the_names_of_the_pattern(
    path: str, values: list[object], parameters: dict[str, object] | None
) -> None:
    assert declared(path).bind(values) == parameters


@pytest.mark.parametrize(
    ("path", "values"),
    [("/{a}/{b}/{c}", [1, 2]), ("/{a}/v{b}", [1]), ("/{a}.{b}", [(1,)]), ("/{a}/v{b}", [1, (2,), (3,)])],
)
def test_a_walk_that_read_another_number_of_values_is_an_error(path: str, values: list[object]) -> None:
    with pytest.raises(ValueError, match=r"^zip\(\) argument 2"):
        declared(path).bind(values)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/{a}", "/{a} at b.py:2 is already declared at a.py:1: remove one of them"),
        ("/{b}", "/{b} at b.py:2 is already declared at a.py:1 as /{a}: remove one of them"),
    ],
)
def test_a_repeated_pattern_is_told_with_both_places_and_the_other_spelling(path: str, told: str) -> None:
    known = declared("/{a}", "GET", where="a.py:1")

    assert known.repeated_at("b.py:2", PathPattern.parse(path)) == told


def test_a_declaration_that_repeats_one_method_adds_none_of_its_others() -> None:
    leaf: Leaf[str] = Leaf()
    leaf.add(declared("/a", "GET"))

    with pytest.raises(DuplicateRouteError, match=r"GET /a at app\.py:2 is already declared at app\.py:1: remove one"):
        leaf.add(declared("/a", "POST", "GET", where="app.py:2"))

    assert sorted(leaf.methods) == ["GET", "HEAD"]


def test_get_and_head_declared_together_are_both_taken() -> None:
    leaf: Leaf[str] = Leaf()
    leaf.add(declared("/a", "GET", "HEAD"))

    with pytest.raises(DuplicateRouteError, match="HEAD /a"):
        leaf.add(declared("/a", "HEAD"))
