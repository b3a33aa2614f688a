from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios import Secret
from nexios.exceptions import ConfigurationError
from nexios.keys import check_secrets, derive, weakness

GOOD = "9d1f3c5b7a2e4d6f8091a3b5c7d9e1f2"
logger = logging.getLogger("nexios.test")


def check(given: Secret | list[Secret] | None, debug: bool) -> list[bytes]:
    return check_secrets(given, debug, logger, "tokens", "ends every token")


@pytest.mark.parametrize(
    ("secret", "what"),
    [
        ("short", "has 5 bytes, it needs at least 32"),
        ("your-secret-key-your-secret-key-your", "is a placeholder"),
        ("CHANGEME-CHANGEME-CHANGEME-CHANGEME-", "is a placeholder"),
        ("a" * 64, "is a placeholder"),
        ("12341234" * 8, "is a placeholder"),
        (GOOD, ""),
        ("ein sehr langes Kennwort mit Umlauten äöü", ""),
    ],
)
def test_a_secret_that_could_be_guessed_is_told_by_what_is_wrong_with_it(secret: str, what: str) -> None:
    assert weakness(secret.encode()).startswith(what)
    assert bool(weakness(secret.encode())) is bool(what)


@pytest.mark.parametrize("given", [None, [], Secret("short"), [Secret(GOOD), Secret("a" * 40)]])
def test_a_weak_or_missing_secret_is_an_error_and_in_debug_one_warning(
    given: Secret | list[Secret] | None, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ConfigurationError, match=r"tokens .*make one with: python") as refusal:
        check(given, debug=False)
    assert "short" not in str(refusal.value)

    caplog.set_level(logging.WARNING)
    assert check(given, debug=True)
    assert [record.name for record in caplog.records] == ["nexios.test"]


def test_good_secrets_are_given_as_bytes_in_their_order() -> None:
    other = GOOD[::-1]

    assert check(Secret(GOOD), debug=False) == [GOOD.encode()]
    assert check([Secret(other), Secret(GOOD)], debug=False) == [other.encode(), GOOD.encode()]


def test_without_a_secret_each_start_has_its_own() -> None:
    assert check(None, debug=True) != check(None, debug=True)


purposes = st.lists(st.text(max_size=3), max_size=3)


@given(purposes, purposes)
def test_keys_of_two_purposes_are_alike_only_where_the_purposes_are(one: list[str], two: list[str]) -> None:
    assert (derive(b"s", *one) == derive(b"s", *two)) == (one == two)
