from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from nexios.cli import main

APPLICATION = """
from pydantic import BaseModel
from nexios import MakeConfig, NexiosApp

app = NexiosApp(MakeConfig(openapi={"visible": "never"}), plugins=["validation", "openapi"])

class Product(BaseModel):
    name: str

@app.query("/search")
async def search(product: Product) -> Product: ...
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "documented_application.py").write_text(APPLICATION)
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["openapi", *arguments])
    return result.exit_code, result.output


def test_export_writes_the_document_even_where_it_is_not_served(folder: Path) -> None:
    code, output = run("export", "documented_application:app")

    assert (code, json.loads(output)["openapi"]) == (0, "3.1.1")


def test_export_writes_other_versions_and_formats_and_files(folder: Path) -> None:
    code, output = run("export", "documented_application:app", "--version", "3.2", "--format", "yaml", "-o", "api.yaml")

    assert (code, output) == (0, "")
    text = (folder / "api.yaml").read_text()
    assert text.startswith('openapi: "3.2.0"\n')
    assert "    query:\n" in text


def test_export_names_what_cannot_be_documented(folder: Path) -> None:
    (folder / "undocumented_application.py").write_text(
        APPLICATION + "from collections.abc import Callable\nclass Job(BaseModel):\n    run: Callable[[], None]\n"
        "@app.post('/jobs')\nasync def create(job: Job) -> None: ...\n"
    )

    code, output = run("export", "undocumented_application:app")

    assert code == 2
    assert "POST /jobs, create (" in output
    checked = CliRunner().invoke(main, ["check", "undocumented_application:app"])
    assert (checked.exit_code, "openapi: POST /jobs, create (" in checked.output) == (1, True)


@pytest.mark.parametrize("suffix", ["json", "yaml"])
@pytest.mark.parametrize(("fail_on", "code"), [("breaking", 1), ("any", 1), ("none", 0)])
def test_diff_lists_changes_and_fails_where_it_is_told_to(folder: Path, suffix: str, fail_on: str, code: int) -> None:
    pytest.importorskip("yaml")
    old, new = f"old.{suffix}", f"new.{suffix}"
    run("export", "documented_application:app", "--version", "3.2", "--format", suffix, "-o", old)
    run("export", "documented_application:app", "--version", "3.1", "--format", suffix, "-o", new)

    assert run("diff", old, new, "--fail-on", fail_on) == (code, "breaking  QUERY /search: is no longer served\n")


def test_diff_of_a_document_with_itself_is_empty(folder: Path) -> None:
    run("export", "documented_application:app", "-o", "old.json")

    assert run("diff", "old.json", "old.json", "--fail-on", "any") == (0, "The two documents say the same.\n")


@pytest.mark.parametrize(("name", "text"), [("a.json", "{"), ("a.json", "[]"), ("a.yaml", "a: [")])
def test_diff_says_which_file_is_no_document(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)

    code, output = run("diff", name, name)

    assert (code, f"{name} is not" in output) == (2, True)
