from __future__ import annotations

from dataclasses import fields

import pytest

from nexios.config import CoreConfig, Limits, MakeConfig, Secret
from nexios.exceptions import ConfigurationError


def test_debug_is_off_and_there_is_no_secret_unless_somebody_says_so() -> None:
    assert MakeConfig(environ={}).section("", CoreConfig) == CoreConfig(debug=False, secret_key=None)


def test_the_top_level_is_read_from_the_environment() -> None:
    config = MakeConfig(environ={"NEXIOS_DEBUG": "true", "NEXIOS_SECRET_KEY": "hunter2", "NEXIOS_OTHER": "1"})

    assert config.section("", CoreConfig) == CoreConfig(debug=True, secret_key=Secret("hunter2"))


def test_a_secret_key_set_to_nothing_is_no_secret_key() -> None:
    assert MakeConfig(environ={"NEXIOS_SECRET_KEY": ""}).section("", CoreConfig).secret_key is None


def test_limits_hold_without_configuration() -> None:
    assert MakeConfig(environ={}).section("limits", Limits) == Limits()


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
@pytest.mark.parametrize("value", [0, -1])
def test_every_limit_must_be_more_than_0(name: str, value: int) -> None:
    config = MakeConfig(limits={name: value}, environ={})

    with pytest.raises(ConfigurationError, match=rf"^limits: {name} is {value}(\.0)?; a limit must be more than 0$"):
        config.section("limits", Limits)


def test_all_wrong_limits_are_named_at_once() -> None:
    with pytest.raises(ValueError, match="body is 0, headers is -1; a limit must be more than 0"):
        Limits(body=0, headers=-1)
