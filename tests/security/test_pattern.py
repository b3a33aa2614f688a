"""Patterns say what ``re`` would say, and never take longer than a look at each character."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.security.pattern import OriginPattern

# What an author may write, put together from parts that mean the same here and in ``re``.
atoms = st.sampled_from(["a", "b", "-", r"\.", "[ab]", "[^a]", "[a-c]", "[-a]", r"\d", r"\w", ".", r"[\d-]", r"[\w.]"])
quantifiers = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,2}", "{,2}", "{0}", "{1,}", "*?"])
patterns = st.recursive(
    st.lists(st.builds(str.__add__, atoms, quantifiers), max_size=3).map("".join),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("|".join),
        st.builds(lambda part, quantifier: f"({part}){quantifier}", inner, quantifiers),
        st.builds(lambda part, more: f"(?:{part}){more}", inner, inner),
    ),
    max_leaves=6,
)


@given(patterns, st.text("ab-.1c", max_size=8))
def test_a_pattern_matches_what_the_whole_of_re_matches(pattern: str, text: str) -> None:
    assert OriginPattern(pattern).matches(text) is (re.fullmatch(pattern, text) is not None)


@pytest.mark.parametrize("pattern", [r"^https://[a-z]+\.example\.com$", r"https://[a-z]+\.example\.com"])
@pytest.mark.parametrize(
    ("origin", "matches"),
    [
        ("https://app.example.com", True),
        ("https://app.example.com.evil", False),
        ("evil-https://app.example.com", False),
        ("https://appXexample.com", False),
        ("https://app.example.com\n", False),
        ("https://.example.com", False),
        ("", False),
    ],
)
def test_a_pattern_means_all_of_an_origin(pattern: str, origin: str, matches: bool) -> None:
    assert OriginPattern(pattern).matches(origin) is matches


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        (r"(a)\1", r"\\1"),
        (r"(?=a)b", r"a group that begins with \(\?"),
        (r"(?P<x>a)", r"a group that begins with \(\?"),
        (r"a(b", r"a \( without its \)"),
        (r"a)b", r"a \) without its \("),
        (r"[a", "an end in the middle"),
        (r"*a", r"'\*' in this place"),
        (r"a++", "a quantifier behind another"),
        (r"a{x}", "a { that is not a number"),
        (r"a{3,1}", r"\{3,1\}"),
        (r"a{1000}", r"\{1000\}"),
        (r"(a{100}){100}", "more than 512 positions"),
        (r"[z-a]", "a range that has no beginning or no end"),
        (r"\bfoo", r"\\b"),
        ("a\\", "an end in the middle"),
        ("ä", "'ä' in this place"),
        ("a$b", r"'\$' in this place"),
    ],
)
def test_what_cannot_be_matched_in_linear_time_is_refused_with_its_place(pattern: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        OriginPattern(pattern)


def test_patterns_that_would_keep_re_busy_for_years_take_milliseconds() -> None:
    pattern = OriginPattern(r"https://([a-z0-9]+[a-z0-9-]*\.?)+\.example\.com")
    hostile = "https://" + "a" * 5_000 + "!"

    started = time.process_time()

    assert not pattern.matches(hostile)
    assert time.process_time() - started < 1
