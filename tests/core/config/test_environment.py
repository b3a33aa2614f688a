from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from nexios.config import MakeConfig
from nexios.exceptions import ConfigurationError


@dataclass(frozen=True)
class Redis:
    url: str = "redis://localhost"
    pool: int = 5


@dataclass(frozen=True)
class Session:
    lifetime: int = 60
    redis: Redis = field(default_factory=Redis)
    options: Any = None


def session(environ: dict[str, str], **values: object) -> Session:
    return MakeConfig(session=values, environ=environ).section("session", Session)


def test_a_variable_sets_a_field_of_its_section() -> None:
    assert session({"NEXIOS_SESSION__LIFETIME": "5", "NEXIOS_CORS__LIFETIME": "6", "LIFETIME": "7"}).lifetime == 5


def test_a_variable_reaches_into_a_nested_dataclass_and_leaves_its_other_fields() -> None:
    built = session({"NEXIOS_SESSION__REDIS__POOL": "9"}, redis={"url": "redis://cache"})

    assert built.redis == Redis("redis://cache", 9)


def test_a_variable_may_hold_a_nested_dataclass_as_json_which_then_replaces_it() -> None:
    built = session({"NEXIOS_SESSION__REDIS": '{"pool": 9}'}, redis={"url": "redis://cache"})

    assert built.redis == Redis("redis://localhost", 9)


def test_variables_below_an_open_ended_field_make_a_mapping_of_texts() -> None:
    environ = {"NEXIOS_SESSION__OPTIONS__A": "1", "NEXIOS_SESSION__OPTIONS__B__C": "2"}

    assert session(environ).options == {"a": "1", "b": {"c": "2"}}


def test_two_variables_that_set_the_same_thing_are_an_error() -> None:
    environ = {"NEXIOS_SESSION__REDIS": "{}", "NEXIOS_SESSION__REDIS__POOL": "9"}

    with pytest.raises(
        ConfigurationError,
        match=r"^NEXIOS_SESSION__REDIS__POOL: NEXIOS_SESSION__REDIS sets the whole of it already; keep one of the two$",
    ):
        session(environ)


def test_an_unknown_variable_of_a_known_section_is_an_error_that_names_it() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^session\.lifetim: unknown key \(NEXIOS_SESSION__LIFETIM\); did you mean 'lifetime'\?$",
    ):
        session({"NEXIOS_SESSION__LIFETIM": "5"})


def test_variables_below_a_single_value_are_an_error() -> None:
    with pytest.raises(ConfigurationError, match=r"^session\.lifetime: expected int, got a mapping$"):
        session({"NEXIOS_SESSION__LIFETIME__MAX": "5"})


def test_a_section_with_a_dash_is_reached_with_an_underscore() -> None:
    config = MakeConfig(environ={"NEXIOS_MY_PLUGIN__POOL": "9"})

    assert config.section("my-plugin", Redis).pool == 9


def test_the_process_environment_is_read_when_a_section_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    config = MakeConfig()
    monkeypatch.setenv("NEXIOS_SESSION__LIFETIME", "5")

    assert config.section("session", Session).lifetime == 5
