from __future__ import annotations

import pytest

from nexios.suggestion import did_you_mean


@pytest.mark.parametrize(
    ("word", "known", "sentence"),
    [
        ("debgu", ["cors", "debug"], "did you mean 'debug'?"),
        ("zzz", ["cors", "debug"], "known: cors, debug"),
        ("debug", [], "there are none"),
    ],
)
def test_an_unknown_word_is_answered_with_what_was_probably_meant(word: str, known: list[str], sentence: str) -> None:
    assert did_you_mean(word, known) == sentence
