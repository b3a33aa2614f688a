from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.config import Secret
from nexios.config.secret import looks_secret


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789", min_size=12))
def test_a_secret_is_shown_by_nothing_but_reveal(value: str) -> None:
    secret = Secret(value)

    assert value not in f"{secret} {secret!r} {secret!s} {[secret]}"
    assert str(secret) == "Secret('**********')"
    assert secret.reveal() == value


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="a Secret cannot be empty: give it a value, or use None"):
        Secret("")


@given(st.text(min_size=1), st.text(min_size=1))
def test_secrets_are_equal_when_what_they_hide_is_equal(one: str, other: str) -> None:
    assert (Secret(one) == Secret(other)) == (one == other)
    assert hash(Secret(one)) == hash(Secret(one))


def test_a_secret_never_equals_the_text_it_hides() -> None:
    assert Secret("hunter2") != "hunter2"


def test_a_secret_from_an_environment_that_is_not_utf_8_can_be_compared() -> None:
    assert Secret("\udcff") == Secret("\udcff")


def test_a_secret_can_be_copied() -> None:
    assert copy.deepcopy(Secret("hunter2")) == Secret("hunter2")


@pytest.mark.parametrize(
    "name", ["secret_key", "session.PASSWORD", "access_token", "api_key", "providers[0].client_secret"]
)
def test_names_that_tell_of_a_secret(name: str) -> None:
    assert looks_secret(name)


def test_other_names_do_not() -> None:
    assert not looks_secret("cors.max_age")
