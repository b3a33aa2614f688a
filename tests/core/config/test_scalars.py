from __future__ import annotations

import math
from contextlib import suppress
from decimal import Decimal
from enum import Enum, IntEnum
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.config import Secret
from nexios.config.scalars import Text, scalar


class Level(Enum):
    LOW = "low"
    HIGH = "high"


class Rank(IntEnum):
    FIRST = 1


class Store(Protocol):
    def load(self) -> str: ...


class Shape(TypedDict):
    size: int


def text(value: str) -> Text:
    return Text(value, "NEXIOS_X")


@pytest.mark.parametrize(
    ("value", "kind", "result"),
    [
        (True, bool, True),
        (5, int, 5),
        (5, float, 5.0),
        (2.5, float, 2.5),
        ("x", str, "x"),
        ("x", Secret, Secret("x")),
        ("x", Path, Path("x")),
        ("low", Level, Level.LOW),
        ("LOW", Level, Level.LOW),
        (Level.LOW, Level, Level.LOW),
        (1, Rank, Rank.FIRST),
        (Rank.FIRST, int, Rank.FIRST),
        (Decimal(1), Decimal, Decimal(1)),
        (True, object, True),
    ],
)
def test_a_value_of_python_is_taken_as_the_declared_type(value: object, kind: type, result: object) -> None:
    built = scalar(value, kind)

    assert built == result
    assert type(built) is type(result)


@pytest.mark.parametrize(
    ("value", "kind", "result"),
    [
        ("true", bool, True),
        (" Off ", bool, False),
        ("1", bool, True),
        ("0", bool, False),
        ("-5", int, -5),
        ("1_000", int, 1000),
        ("2.5", float, 2.5),
        ("5", float, 5.0),
        ("inf", float, math.inf),
        ("", str, ""),
        (" x ", str, " x "),
        ("x", Secret, Secret("x")),
        ("/srv", PurePosixPath, PurePosixPath("/srv")),
        ("high", Level, Level.HIGH),
        ("1", Rank, Rank.FIRST),
        ("5", object, "5"),
    ],
)
def test_a_text_of_the_environment_is_read_as_the_declared_type(value: str, kind: type, result: object) -> None:
    built = scalar(text(value), kind)

    assert built == result
    assert type(built) is type(result)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, bool),
        (True, int),
        (True, float),
        (2.0, int),
        ("5", int),
        ("true", bool),
        (5, str),
        (5, Secret),
        (5, Path),
        ("none", Level),
        (7, Rank),
        (math.nan, float),
        ("x", Decimal),
        (None, int),
        ("", Secret),
        ("", Path),
        (text("maybe"), bool),
        (text(""), int),
        (text("1.5"), int),
        (text("\u0665"), int),
        (text("\u0665"), float),
        (text("nan"), float),
        (text("9" * 5000), int),
        (text("1"), Decimal),
        (text("x"), Store),
        (text(""), Path),
        (text(""), Secret),
    ],
)
def test_what_does_not_fit_is_refused(value: object, kind: type) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (the sentence is made by the caller)
        scalar(value, kind)


@pytest.mark.parametrize("kind", [Store, Shape])
def test_what_python_cannot_check_is_passed_on(kind: Any) -> None:
    value = object()

    assert scalar(value, kind) is value


def test_an_object_that_is_a_path_already_is_kept() -> None:
    assert scalar(Path("x"), PathLike) == Path("x")


@given(st.text(), st.sampled_from([bool, int, float, str, Secret, Path, Level, object]))
def test_any_text_is_read_or_refused_and_never_anything_else(value: str, kind: type) -> None:
    with suppress(ValueError):
        assert isinstance(scalar(text(value), kind), kind)
