"""The machinery that runs the documentation, with pages written here."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from tests.docs.snippets import SnippetError, run_docstrings, run_page


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_a_snippet_continues_the_one_before(tmp_path: Path) -> None:
    page = write(tmp_path / "page.md", "```python\nnumber = 1\n```\n\nthen\n\n```python\nassert number == 1\n```\n")

    assert run_page(page, tmp_path) == 2


def test_a_failing_snippet_is_shown_with_the_line_of_the_page(tmp_path: Path) -> None:
    page = write(tmp_path / "page.md", "# Title\n\n```python\nfine = 1\nassert not fine\n```\n")

    with pytest.raises(AssertionError) as failure:
        run_page(page, tmp_path)

    last = traceback.extract_tb(failure.value.__traceback__)[-1]
    assert (last.filename, last.lineno) == (str(page), 5)


def test_a_named_snippet_is_a_module_for_those_below_it(tmp_path: Path) -> None:
    shop = "```python\n# shop.py\nprice = 3\n```\n"
    test = "```python\n# test_shop.py\nfrom shop import price\nassert price == 3\n```\n"
    page = write(tmp_path / "page.md", shop + test)

    assert run_page(page, tmp_path) == 2


@pytest.mark.parametrize("definition", ["def", "async def"])
def test_tests_in_a_snippet_are_called(definition: str, tmp_path: Path) -> None:
    page = write(tmp_path / "page.md", f"```python\n{definition} test_it():\n    raise LookupError('called')\n```\n")

    with pytest.raises(LookupError, match="called"):
        run_page(page, tmp_path)


def test_a_session_must_print_what_the_page_says(tmp_path: Path) -> None:
    page = write(tmp_path / "page.md", "```python\n>>> 1 + 1\n3\n```\n")

    with pytest.raises(AssertionError, match="1 \\+ 1"):
        run_page(page, tmp_path)


def test_code_that_the_reader_does_not_see_runs_too(tmp_path: Path) -> None:
    page = write(tmp_path / "page.md", "<!-- invisible-code-block: python\nnumber = 1\n-->\n\n```python\nnumber\n```\n")

    assert run_page(page, tmp_path) == 2


def test_a_fence_may_be_left_out_with_a_reason(tmp_path: Path) -> None:
    page = write(tmp_path / "page.md", "<!-- not run: it needs a cluster -->\n```python\nraise SystemExit\n```\n")

    assert run_page(page, tmp_path) == 0


@pytest.mark.parametrize("spelling", ["py", "Python", "python3", "pycon", 'python title="app.py"'])
def test_a_fence_that_would_be_overlooked_is_refused(spelling: str, tmp_path: Path) -> None:
    page = write(tmp_path / "page.md", f"```{spelling}\nnumber = 1\n```\n")

    with pytest.raises(SnippetError, match="would not be run; write ```python"):
        run_page(page, tmp_path)


def test_a_snippet_in_a_docstring_runs_by_itself(tmp_path: Path) -> None:
    module = write(
        tmp_path / "module.py",
        'def first():\n    """First.\n\n    ```python\n    number = 1\n    ```\n    """\n\n\n'
        'def second():\n    """Second.\n\n    ```python\n    number\n    ```\n    """\n',
    )

    with pytest.raises(NameError, match="number") as failure:
        run_docstrings(module, tmp_path)

    assert traceback.extract_tb(failure.value.__traceback__)[-1].lineno == 14
