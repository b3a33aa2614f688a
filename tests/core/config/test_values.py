from __future__ import annotations

import copy
from typing import Any

import pytest

from nexios.config import ConfigValues, MakeConfig


@pytest.fixture
def config() -> MakeConfig:
    return MakeConfig(
        {"name": "shop"}, debug=True, cors={"allowed_origins": ["https://a.example"], "headers": {"x": 1}}
    )


def test_a_value_is_an_attribute_and_an_item(config: MakeConfig) -> None:
    assert config.debug is True
    assert config["debug"] is True
    assert config.name == "shop"


def test_a_section_is_read_the_same_way_at_any_depth(config: MakeConfig) -> None:
    assert config.cors.allowed_origins == ["https://a.example"]
    assert config["cors"]["allowed_origins"] == ["https://a.example"]
    assert config.cors["headers"].x == 1
    assert config.cors == {"allowed_origins": ["https://a.example"], "headers": {"x": 1}}


def test_a_configuration_is_a_mapping(config: MakeConfig) -> None:
    assert "debug" in config
    assert "csrf" not in config
    assert config.get("csrf", "absent") == "absent"
    assert list(config) == ["name", "debug", "cors"]
    assert len(config) == 3


def test_keyword_arguments_win_over_the_mapping() -> None:
    assert MakeConfig({"debug": False}, debug=True).debug is True


def test_a_key_that_is_a_method_is_still_an_item() -> None:
    assert MakeConfig(items=[1])["items"] == [1]


def test_a_missing_attribute_is_an_error_with_a_suggestion(config: MakeConfig) -> None:
    with pytest.raises(AttributeError, match="the configuration has no 'debgu': did you mean 'debug'"):
        _ = config.debgu
    with pytest.raises(AttributeError, match="no 'allow_origins': did you mean 'allowed_origins'"):
        _ = config.cors.allow_origins


def test_a_missing_item_is_a_key_error(config: MakeConfig) -> None:
    with pytest.raises(KeyError, match="csrf"):
        config["csrf"]


@pytest.mark.parametrize("part", [MakeConfig(debug=True), ConfigValues({"debug": True})])
def test_a_configuration_is_read_only(part: Any) -> None:
    with pytest.raises(AttributeError, match=r"read-only: pass debug=\.\.\. where it is made"):
        part.debug = False


def test_copying_fails_with_an_answer_instead_of_endless_recursion(config: MakeConfig) -> None:
    with pytest.raises(AttributeError, match="read-only"):
        copy.copy(config)


def test_the_repr_shows_keys_and_no_values() -> None:
    config = MakeConfig(database="postgres://me:hunter2@db", session={"secret_key": "hunter2"})

    assert repr(config) == "MakeConfig(database, session)"
    assert repr(config.session) == "ConfigValues(secret_key)"
