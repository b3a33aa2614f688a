from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.config import CoreConfig, MakeConfig
from nexios.exceptions import ConfigurationError


@dataclass(frozen=True)
class Redis:
    url: str = "redis://localhost"
    pool: int = 5


@dataclass(frozen=True)
class Session:
    lifetime: int = 60
    redis: Redis = field(default_factory=Redis)
    cache: Redis | None = None

    def __post_init__(self) -> None:
        if self.lifetime < 1:
            raise ValueError(f"lifetime is {self.lifetime} seconds, it must be at least 1")


@dataclass(frozen=True)
class Strict:
    name: str = "x"

    def __post_init__(self) -> None:
        if self.name == "bad":
            raise ConfigurationError("the name is bad")


maybe = st.none() | st.integers(1, 9)


@given(argument=maybe, variable=maybe, value=maybe)
def test_arguments_go_before_the_environment_before_the_section_before_the_default(
    argument: int | None, variable: int | None, value: int | None
) -> None:
    config = MakeConfig(
        session={} if value is None else {"lifetime": value},
        environ={} if variable is None else {"NEXIOS_SESSION__LIFETIME": str(variable)},
    )

    built = config.section("session", Session, **({} if argument is None else {"lifetime": argument}))

    assert built.lifetime == next(given for given in (argument, variable, value, 60) if given is not None)


def test_a_section_that_nobody_configures_is_made_of_defaults() -> None:
    assert MakeConfig(environ={}).section("session", Session) == Session()


def test_a_section_may_be_given_as_its_dataclass_and_the_environment_still_wins() -> None:
    config = MakeConfig(session=Session(lifetime=5), environ={"NEXIOS_SESSION__REDIS__POOL": "9"})

    assert config.section("session", Session) == Session(lifetime=5, redis=Redis(pool=9))
    assert config.session.lifetime == 5


def test_nested_parts_are_filled_from_every_layer() -> None:
    config = MakeConfig(
        session={"cache": {"pool": 1, "url": "redis://a"}}, environ={"NEXIOS_SESSION__CACHE__POOL": "2"}
    )

    built = config.section("session", Session, cache={"url": "redis://b"})

    assert built.cache == Redis("redis://b", 2)


def test_a_nested_part_may_be_switched_off_or_given_whole() -> None:
    config = MakeConfig(session={"cache": {"pool": 1}}, environ={})

    assert config.section("session", Session, cache=None).cache is None
    assert config.section("session", Session, cache=Redis(pool=3)).cache == Redis(pool=3)


def test_a_weaker_layer_that_is_no_mapping_is_not_looked_into() -> None:
    config = MakeConfig(session={"cache": None}, environ={"NEXIOS_SESSION__CACHE__POOL": "2"})

    assert config.section("session", Session).cache == Redis(pool=2)


@pytest.mark.parametrize("value", [True, None, "on"])
def test_a_section_that_is_no_mapping_is_an_error(value: object) -> None:
    with pytest.raises(ConfigurationError, match=rf"^session: expected a mapping of Session's fields, got {value!r}$"):
        MakeConfig(session=value, environ={}).section("session", Session)


def test_what_the_dataclass_itself_refuses_is_reported_with_the_section() -> None:
    with pytest.raises(ConfigurationError, match=r"^session: lifetime is 0 seconds, it must be at least 1$"):
        MakeConfig(environ={}).section("session", Session, lifetime=0)
    with pytest.raises(ConfigurationError, match=r"^Strict: the name is bad$"):
        MakeConfig(environ={}).section("", Strict, name="bad")


def test_every_mistake_of_every_section_is_reported_at_once() -> None:
    config = MakeConfig(
        session={"lifetime": "long", "redis": {"pol": 1}},
        debug="maybe",
        environ={"NEXIOS_SESSION__CACHE__POOL": "many"},
    )

    with pytest.raises(ConfigurationError) as caught:
        config.sections({"": CoreConfig, "session": Session, "other": Redis}, {"other": {"pool": 1.5}})

    assert str(caught.value).splitlines() == [
        "debug: expected bool, got 'maybe'",
        "session.lifetime: expected int, got 'long'",
        "session.redis.pol: unknown key; did you mean 'pool'?",
        "session.cache.pool: expected int, got 'many' (NEXIOS_SESSION__CACHE__POOL)",
        "other.pool: expected int, got 1.5",
    ]


def test_several_sections_are_built_together() -> None:
    config = MakeConfig(debug=True, session={"lifetime": 5}, mine={"any": "thing"}, environ={})

    built = config.sections({"": CoreConfig, "session": Session}, {"session": {"redis": {"pool": 2}}})

    assert built == {"": CoreConfig(debug=True), "session": replace(Session(lifetime=5), redis=Redis(pool=2))}


@pytest.mark.parametrize("shape", [int, Redis()])
def test_a_section_is_declared_by_a_dataclass(shape: type) -> None:
    with pytest.raises(TypeError, match="a section is declared by a dataclass, not by"):
        MakeConfig(environ={}).section("session", shape)
