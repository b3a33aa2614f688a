from __future__ import annotations

from pathlib import Path

import pytest

import mutate

SOURCE = '''
"""A docstring."""

LIMIT: int = 5


def check(number: int, name: str = "a") -> bool:
    """Another."""
    if number > LIMIT and not name.strip():
        raise ValueError("too large")
    return number + 1 in (1, 2)
'''


def test_everything_is_changed_once_and_nothing_that_says_nothing() -> None:
    changes = {f"{mutant.before} -> {mutant.after}" for mutant in mutate.mutants_of(SOURCE)}

    assert changes == {
        "5 -> 6",
        "'a' -> 'XXa'",
        "number > LIMIT and (not name.strip()) -> number > LIMIT or not name.strip()",
        "number > LIMIT -> number >= LIMIT",
        "not name.strip() -> name.strip()",
        "name.strip() -> name",
        "raise ValueError('too large') -> pass",
        "number + 1 in (1, 2) -> number + 1 not in (1, 2)",
        "number + 1 -> number - 1",
        "1 -> 2",
        "2 -> 3",
    }


@pytest.mark.slow
def test_what_no_test_asks_for_survives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "small_module.py"
    module.write_text("def larger(a, b):\n    return a if a > b else b\n\n\nUNUSED = 1\n")
    test = tmp_path / "test_small_module.py"
    test.write_text(
        "from small_module import larger\n\n\ndef test_it():\n    assert larger(1, 2) == larger(2, 1) == 2\n"
    )
    monkeypatch.chdir(tmp_path)

    alive, tried = mutate.survivors("small_module", module, [test])

    assert tried == 3
    assert [str(mutant) for mutant in alive] == ["line 2: a > b -> a >= b", "line 5: 1 -> 2"]
