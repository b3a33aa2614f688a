from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import check_patterns
import workspace
from check_patterns import faults_of, patterns_in

SOURCES = [package.source for package in workspace.read_packages().values()]


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+b",
        r"(?:a*)*b",
        r"(?:a|a)*b",
        r"(?:ab|a.)*c",
        r"(?:\w|\d+x)*b",
        r"(?:a+|b)*c",
        r"a*a*b",
        r"\d+[0-9]*x",
        r"\s*,?\s*;",
        r"(?:\w+\d?)*x",
        r"(?:(?:a+))+b",
        r"(?:a?b?c+)*d",
        r"[^,]*.*x",
        r"(a+b?)+c",
        r"^(\d+\.?)+$",
        r"(?:[^\"\\]+|\\.)*\"",
        b"(?:[^;]+|x)*;",
        r"(.*)=(.*);",
        r"(?>(a+)+b)",
    ],
)
def test_what_can_backtrack_is_found(pattern: str | bytes) -> None:
    assert faults_of(pattern)


def test_the_case_of_letters_counts_where_it_counts() -> None:
    assert faults_of(r"a*A*b", re.IGNORECASE)
    assert not faults_of(r"a*A*b")


@pytest.mark.parametrize(
    "pattern",
    [
        r"a+",
        r"[^,]*,[^,]*",
        r"(?:[a-z]+-)*;",
        r"(?:a|ab)*c",
        r"(?:a|b)*c",
        r"(?:[^\"\\]++|\\.)*+\"",
        r"a*+a*+b",
        r"\d{1,4}\d{1,4}",
        r"(?:a{1,3})*+b",
        b"%([0-9A-Fa-f]{2})",
        r"[A-Z]+[a-z]+[0-9]+",
        r"(?:\.\d+)*-",
        r"\r\n|\r|\n",
    ],
)
def test_what_cannot_backtrack_is_left_alone(pattern: str | bytes) -> None:
    assert faults_of(pattern) == []


def test_every_use_of_a_pattern_is_found() -> None:
    source = (
        'import re\nA = re.compile("a", re.ASCII | re.I)\nre.sub(b"b", b"", x)\nre.match(f"{x}", y)\nre.escape("c")\n'
    )

    assert list(patterns_in(source)) == [(2, "a", re.ASCII | re.I), (3, b"b", 0), (4, None, 0)]


def uses_of_re() -> Iterator[str]:
    for source in SOURCES:
        for file in source.rglob("*.py"):
            text = file.read_text("utf-8")
            yield from re.findall(r"^\s*from re import.*|^\s*import re as.*|^\s*import regex.*", text, re.MULTILINE)


def test_nobody_hides_a_pattern_behind_another_name() -> None:
    assert list(uses_of_re()) == []


def test_no_pattern_of_the_packages_can_be_made_to_backtrack(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_patterns.main() == 0, capsys.readouterr().out


def test_a_pattern_is_shown_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "ROOT", tmp_path)
    file = tmp_path / "module.py"
    file.write_text('import re\nre.compile("(a+)+")\nre.compile(x)\n')

    first, *_, last = check_patterns.check_file(file)

    assert first == "module.py:2: '(a+)+': what repeats 'a' is followed by what repeats the same"
    assert last == "module.py:3: None: the pattern is not a literal"
