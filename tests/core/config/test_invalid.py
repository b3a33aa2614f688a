from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, TypeVar

import pytest

from nexios.config import MakeConfig, Secret
from nexios.config.invalid import described
from nexios.exceptions import ConfigurationError


class Level(Enum):
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True)
class Login:
    password: int = 0
    pepper: Secret | None = None
    peppers: tuple[Secret, ...] = ()
    database: int = 0
    store: int = 0
    parts: dict[str, int] = field(default_factory=dict)


def mistake(values: dict[str, object], environ: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        MakeConfig(login=values, environ=environ).section("login", Login)
    return str(caught.value)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"password": "hunter2"}, "login.password: expected int, got a value that is not shown"),
        ({"pepper": 12345}, "login.pepper: expected a Secret or str, got a value that is not shown"),
        ({"peppers": [12345]}, "login.peppers[0]: expected a Secret or str, got a value that is not shown"),
        ({"database": "pg://me:hunter2@db"}, "login.database: expected int, got a value that is not shown"),
        ({"database": Secret("hunter2")}, "login.database: expected int, got a Secret"),
        ({"database": {"password": "hunter2"}}, "login.database: expected int, got a mapping"),
        ({"database": ["hunter2"]}, "login.database: expected int, got a list"),
        ({"parts": {"token": "hunter2"}}, "login.parts['token']: expected int, got a value that is not shown"),
        ({"database": None}, "login.database: expected int, got None"),
        ({"database": "x" * 100}, f"login.database: expected int, got '{'x' * 59}…"),
        ({"database": "a\nb\x1b"}, r"login.database: expected int, got 'a\nb\x1b'"),
    ],
)
def test_a_mistake_shows_the_value_unless_it_may_be_secret(values: dict[str, object], sentence: str) -> None:
    assert mistake(values, {}) == sentence


@pytest.mark.parametrize(
    ("variable", "text", "sentence"),
    [
        ("STORE", "x", "login.store: expected int, got 'x' (NEXIOS_LOGIN__STORE)"),
        (
            "PARTS",
            '{"token": hunter2}',
            "login.parts: expected dict[str, int], got a value that is not shown (NEXIOS_LOGIN__PARTS)",
        ),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(variable: str, text: str, sentence: str) -> None:
    assert mistake({}, {f"NEXIOS_LOGIN__{variable}": text}) == sentence


T = TypeVar("T")


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int, "int"),
        (int | None, "int or None"),
        (dict[str, list[int]], "dict[str, list[int]]"),
        (tuple[int, ...], "tuple[int, ...]"),
        (Literal["a", 1], "one of 'a', 1"),
        (Level, "one of 'low', 'high'"),
        (Secret, "a Secret or str"),
        (Login, "a mapping of Login's fields"),
        (T, "~T"),
        (Any, "Any"),
    ],
)
def test_types_are_described_for_somebody_who_writes_a_value(annotation: Any, words: str) -> None:
    assert described(annotation) == words
