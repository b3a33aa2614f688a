from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import pytest

from nexios.config import MakeConfig
from nexios.exceptions import ConfigurationError

if TYPE_CHECKING:
    from decimal import Decimal


@dataclass(frozen=True)
class CORS:
    kind: ClassVar[str] = "browser"
    allowed_origins: list[str] = field(default_factory=list, metadata={"aliases": ("allow_origins",)})
    max_age: int = 600
    seen: int = field(default=0, init=False)


@dataclass(frozen=True)
class Signed:
    secret_key: str


@dataclass(frozen=True)
class Unreadable:
    price: Decimal | None = None


def cors(**values: object) -> CORS:
    return MakeConfig(cors=values, environ={}).section("cors", CORS)


def test_a_field_may_have_another_spelling() -> None:
    assert cors(allow_origins=["a"]) == cors(allowed_origins=["a"])


def test_a_stronger_layer_wins_whatever_the_spelling() -> None:
    config = MakeConfig(cors={"allowed_origins": ["a"]}, environ={"NEXIOS_CORS__ALLOW_ORIGINS": "b"})

    assert config.section("cors", CORS).allowed_origins == ["b"]


def test_both_spellings_at_once_are_an_error() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^cors\.allow_origins: another spelling of allowed_origins, which is given too; keep one of them$",
    ):
        cors(allowed_origins=["a"], allow_origins=["b"])


@pytest.mark.parametrize(
    ("key", "cure"),
    [
        ("alowed_origins", "did you mean 'allowed_origins'?"),
        ("zzz", "known: allowed_origins, max_age, allow_origins"),
        ("seen", "known: allowed_origins, max_age, allow_origins"),
        ("kind", "known: allowed_origins, max_age, allow_origins"),
    ],
)
def test_an_unknown_key_is_an_error_with_a_suggestion(key: str, cure: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        cors(**{key: 1})

    assert str(caught.value) == f"cors.{key}: unknown key; {cure}"


def test_a_required_field_says_where_to_set_it() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^signed\.secret_key: required; give it in MakeConfig or set NEXIOS_SIGNED__SECRET_KEY$",
    ):
        MakeConfig(environ={}).section("signed", Signed)


def test_an_unknown_key_does_not_hide_the_other_mistakes() -> None:
    with pytest.raises(ConfigurationError) as caught:
        cors(alowed_origins=["a"], max_age="ten")

    assert str(caught.value).splitlines() == [
        "cors.alowed_origins: unknown key; did you mean 'allowed_origins'?",
        "cors.max_age: expected int, got 'ten'",
    ]


def test_annotations_that_cannot_be_read_are_explained() -> None:
    with pytest.raises(
        ConfigurationError, match=r"annotations of Unreadable cannot be read: name 'Decimal'.*TYPE_CHECKING"
    ):
        MakeConfig(environ={}).section("any", Unreadable)
