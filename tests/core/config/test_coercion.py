from __future__ import annotations

import collections.abc as abc
import json
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, make_dataclass
from os import PathLike
from pathlib import Path
from typing import Any, List, Literal, NewType, Optional, TypeVar, Union  # noqa: UP035  (what applications write)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.config import MakeConfig, Secret
from nexios.exceptions import ConfigurationError

T = TypeVar("T")
Seconds = NewType("Seconds", int)
Short = NewType("Short", Seconds)


@dataclass(frozen=True)
class Server:
    host: str
    port: int = 80


def section(annotation: Any, environ: dict[str, str], **values: object) -> object:
    shape = make_dataclass("Shape", [("field", annotation)])
    return MakeConfig(part=values, environ=environ).section("part", shape).field


def from_python(annotation: Any, value: object) -> object:
    return section(annotation, {}, field=value)


def from_environment(annotation: Any, text: str) -> object:
    return section(annotation, {"NEXIOS_PART__FIELD": text})


@pytest.mark.parametrize(
    ("annotation", "value", "result"),
    [
        (int | None, None, None),
        (Optional[int], 5, 5),  # noqa: UP045  (what applications write)
        (Union[int, str], "5", "5"),  # noqa: UP007  (what applications write)
        (str | list[str], ["a"], ["a"]),
        (Path | None, "x", Path("x")),
        (list[int], (1, 2), [1, 2]),
        (List[int], [1], [1]),  # noqa: UP006  (what applications write)
        (list, [1, "a"], [1, "a"]),
        (tuple[str, ...], ["a", "b"], ("a", "b")),
        (tuple[str, int], ["a", 1], ("a", 1)),
        (tuple, [1], (1,)),
        (set[str], ["a", "a"], {"a"}),
        (frozenset[str], ["a"], frozenset({"a"})),
        (abc.Sequence[str], ["a"], ("a",)),
        (abc.Collection[str], deque(["a"]), ("a",)),
        (abc.Iterable[str], {"a": 1}.keys(), ("a",)),
        (abc.MutableSequence[str], ["a"], ["a"]),
        (abc.Set[str], ["a"], frozenset({"a"})),
        (abc.MutableSet[str], ["a"], {"a"}),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (dict, {"a": 1}, {"a": 1}),
        (abc.Mapping[str, float], {"a": 1}, {"a": 1.0}),
        (list[Server], [{"host": "a"}, Server("b")], [Server("a"), Server("b")]),
        (dict[str, Server], {"x": {"host": "a", "port": 1}}, {"x": Server("a", 1)}),
        (Server, {"host": "a"}, Server("a")),
        (Server | None, Server("a"), Server("a")),
        (Literal["lax", "strict"], "lax", "lax"),
        (Literal[1, 2], 2, 2),
        (Short, 5, 5),
        (T, object, object),
        (Any, 5, 5),
        (Callable[[int], str], str, str),
        (type[Exception], ValueError, ValueError),
    ],
)
def test_values_of_python_become_what_the_field_declares(annotation: Any, value: object, result: object) -> None:
    built = from_python(annotation, value)

    assert built == result
    assert type(built) is type(result)


@pytest.mark.parametrize(
    ("annotation", "text", "result"),
    [
        (int | None, "", None),
        (int | None, "5", 5),
        (str | None, "", None),
        (int | str, "5", 5),
        (int | str, "x", "x"),
        (str | int, "", ""),
        (list[str], "a, b,,c ,", ["a", "b", "c"]),
        (list[str], '["a,b", ""]', ["a,b", ""]),
        (list[str], "", []),
        (list[int], "1,2", [1, 2]),
        (list[int], " [1, 2]", [1, 2]),
        (tuple[int, ...], "1,2", (1, 2)),
        (tuple[str, int], "a,1", ("a", 1)),
        (frozenset[str], "a,b", frozenset({"a", "b"})),
        (list[Secret], "a", [Secret("a")]),
        (list, "a,1", ["a", "1"]),
        (dict[str, int], '{"a": 1}', {"a": 1}),
        (dict[str, Any], '{"a": {"b": [1]}}', {"a": {"b": [1]}}),
        (list[Server], '[{"host": "a"}]', [Server("a")]),
        (Server, '{"host": "a", "port": 1}', Server("a", 1)),
        (Server | None, '{"host": "a"}', Server("a")),
        (Literal["lax", "strict"], "strict", "strict"),
        (Literal[1, "many"], "1", 1),
        (Literal[True], "yes", True),
        (Short, "5", 5),
        (Any, "5", "5"),
    ],
)
def test_texts_of_the_environment_become_what_the_field_declares(annotation: Any, text: str, result: object) -> None:
    built = from_environment(annotation, text)

    assert built == result
    assert type(built) is type(result)


@pytest.mark.parametrize(
    ("annotation", "value", "sentences"),
    [
        (list[str], "a,b", ["part.field: expected list[str], got 'a,b'"]),
        (list[str], b"ab", ["part.field: expected list[str], got a bytes"]),
        (list[str], {"a": 1}, ["part.field: expected list[str], got a mapping"]),
        (list[int], [1, "x", None], ["part.field[1]: expected int, got 'x'", "part.field[2]: expected int, got None"]),
        (tuple[str, int], ["a"], ["part.field: expected tuple[str, int], got a list"]),
        (dict[str, int], [], ["part.field: expected dict[str, int], got a list"]),
        (dict[str, int], {"a": "x"}, ["part.field['a']: expected int, got 'x'"]),
        (dict[str, int], {5: 1}, ["part.field[5]: expected str, got 5"]),
        (Server | None, 5, ["part.field: expected a mapping of Server's fields, got 5"]),
        (int | str, 1.5, ["part.field: expected int or str, got 1.5"]),
        (Literal["a", "b"], "c", ["part.field: expected one of 'a', 'b', got 'c'"]),
        (Literal[1], True, ["part.field: expected one of 1, got True"]),
        (float, 10**400, ["part.field: expected float, got 1000"]),
        (PathLike[str], "x", ["part.field: expected PathLike[str], got 'x'"]),
        (Callable[[int], str], "x", ["part.field: expected Callable"]),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(annotation: Any, value: object, sentences: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        from_python(annotation, value)

    lines = str(caught.value).splitlines()
    assert len(lines) == len(sentences)
    assert all(line.startswith(sentence) for line, sentence in zip(lines, sentences, strict=True))


def test_an_item_that_lacks_a_field_is_not_sent_to_a_variable_that_cannot_exist() -> None:
    with pytest.raises(ConfigurationError, match=r"^part\.field\[0\]\.host: required; give it in MakeConfig$"):
        from_python(list[Server], [{"port": 1}])


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (list[int], "1,x"),
        (list[int], '["1"]'),
        (list[int], "[1"),
        (list[int], "[" * 100_000),
        (dict[str, int], "a=1"),
        (dict[str, int], "[]"),
        (Server, "not json"),
        (Server, "[1]"),
        (Server, "{}"),
        (Literal["a"], "b"),
        (Callable[[int], str], "print"),
    ],
)
def test_a_text_that_does_not_fit_is_refused(annotation: Any, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^part\.field"):
        from_environment(annotation, text)


@given(st.lists(st.integers()))
def test_a_list_of_numbers_survives_both_spellings(numbers: list[int]) -> None:
    assert from_environment(list[int], json.dumps(numbers)) == numbers
    assert from_environment(list[int], ",".join(map(str, numbers))) == numbers


@given(st.text())
def test_no_text_breaks_the_reading_of_a_nested_field(text: str) -> None:
    annotation = dict[str, list[Server]] | tuple[int, ...] | Literal["x"] | None

    with suppress(ConfigurationError):
        from_environment(annotation, text)
