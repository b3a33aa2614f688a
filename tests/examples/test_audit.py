"""`nexios audit` on each example: no route is open by mistake, and debug is the only error of those that have it on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nexios.cli import main

ROOT = Path(__file__).parents[2]


def audit(name: str, *options: str) -> tuple[int, list[dict[str, Any]]]:
    result = CliRunner().invoke(main, ["audit", name, "--json", *options])
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.parametrize(
    ("name", "errors"),
    [
        ("examples.hello.app:app", []),
        ("examples.products.app:app", []),
        ("examples.chat.app:app", []),
        ("examples.visits.app:cookie", ["debug"]),
        ("examples.accounts.app:app", ["debug"]),
    ],
)
def test_an_example_has_no_error_but_that_it_is_for_development(
    name: str, errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)

    code, found = audit(name)

    assert [each["subject"] for each in found if each["level"] == "error"] == errors
    assert code == bool(errors)
    assert "headers" in {each["subject"] for each in found}
