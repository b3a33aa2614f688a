from __future__ import annotations

from pathlib import Path

import pytest

from check_links import anchors, dead_links, find_pages, links


def write(file: Path, text: str = "") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def test_links_are_found_with_their_lines() -> None:
    text = 'See [one](a.md)\nand [two](<b.md#x> "title"), and [ref][r].\n\n[r]: c.md\n'

    assert list(links(text)) == [(1, "a.md"), (2, "b.md#x"), (4, "c.md")]


def test_what_looks_like_a_link_in_code_is_none() -> None:
    text = "`handlers[0](request)`\n\n```python\nhandlers[0](request)\n```\n"

    assert list(links(text)) == []


def test_headings_are_anchors_as_github_makes_them() -> None:
    text = "# Two words\n\n## `nexios run` & more\n\n## Again\n\n## Again\n\n```text\n# none\n```\n"

    assert anchors(text) == {"two-words", "nexios-run--more", "again", "again-1"}


@pytest.mark.parametrize(
    "target", ["other.md", "other.md#a-heading", "#here", "../", "https://example.com/x", "mailto:a@example.com"]
)
def test_a_link_that_leads_somewhere_is_fine(target: str, tmp_path: Path) -> None:
    write(tmp_path / "docs" / "other.md", "# A heading\n")
    page = write(tmp_path / "docs" / "page.md", f"# Here\n\n[link]({target})\n")

    assert list(dead_links(page)) == []


@pytest.mark.parametrize(
    ("target", "fault"),
    [("gone.md", "gone.md does not exist"), ("#gone", "#gone names no heading of page.md")],
)
def test_a_dead_link_is_named_with_its_line(target: str, fault: str, tmp_path: Path) -> None:
    page = write(tmp_path / "page.md", f"# Here\n\n[link]({target})\n")

    assert list(dead_links(page)) == [f"{page}:3: {fault}"]


def test_pages_of_every_folder_that_has_some_are_found(tmp_path: Path) -> None:
    names = ["README.md", "docs/tutorial/first.md", "examples/hello/README.md", "packages/nexios-core/CHANGELOG.md"]
    pages = [write(tmp_path / name) for name in names]
    write(tmp_path / ".venv" / "README.md")

    assert find_pages(tmp_path) == sorted(pages)
