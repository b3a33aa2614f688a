"""Run the Python of a page as its reader would: from top to bottom, each snippet continuing the one before.

A snippet that begins with the comment ``# app.py`` opens a module of that name, which later snippets may import. The
``test_`` functions that a snippet defines are called, async ones on asyncio. Code that the reader need not see stands
in ``<!-- invisible-code-block: python ... -->``; a fence below ``<!-- not run: reason -->`` is left out.
"""

from __future__ import annotations

import doctest
import inspect
import re
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from types import ModuleType

import anyio
from sybil import Document, Example
from sybil.document import PythonDocStringDocument
from sybil.parsers.markdown import CodeBlockParser

_MODULE_NAME = re.compile(r"# (\w+)\.py\n")
_NOT_RUN = re.compile(r"<!-- not run: .+? -->\s*\Z")
_OTHER_SPELLING = re.compile(r"^[ \t]*(?:```|~~~)(?!python$)([Pp][Yy].*)$", re.MULTILINE)


class SnippetError(Exception):
    """A snippet is written in a way that would keep it from being run."""


class Page:
    """The modules that the snippets of one page make."""

    def __init__(self) -> None:
        self._modules: list[ModuleType] = []
        self._current = self._open("page")

    def run(self, example: Example) -> None:
        """Execute one snippet and the tests it defines; what it raises has the page's own line numbers."""
        source: str = example.parsed
        if source.startswith(">>>"):
            session = doctest.DocTestParser()
            run_session(session.get_doctest(source, vars(self._current), "snippet", example.path, example.line))
            return
        if named := _MODULE_NAME.match(source):
            self._current = self._open(named[1])
        padding = "\n" * (example.line + example.parsed.line_offset)
        before = _tests_of(self._current)
        exec(compile(padding + source, example.path, "exec", dont_inherit=True), vars(self._current))  # noqa: S102
        for name, test in _tests_of(self._current).items():
            if before.get(name) is not test:
                _call(test)

    def close(self) -> None:
        for module in self._modules:
            sys.modules.pop(module.__name__, None)

    def _open(self, name: str) -> ModuleType:
        # Dataclasses and type hints look for their module in sys.modules.
        module = sys.modules[name] = ModuleType(name)
        self._modules.append(module)
        return module


def run_page(path: Path, folder: Path) -> int:
    """Run the snippets of a Markdown page, in *folder*, where they may write; return how many there were."""
    text = path.read_text("utf-8")
    if odd := _OTHER_SPELLING.search(text):
        raise SnippetError(f"{path}: a fence that begins with {odd[1]!r} would not be run; write ```python")
    return _run(Document(text, str(path)), folder)


def run_docstrings(path: Path, folder: Path) -> int:
    """Run the fenced snippets in the docstrings of a module, each docstring by itself."""
    text = path.read_text("utf-8")
    count = 0
    for start, _, docstring in PythonDocStringDocument.extract_docstrings(text):
        padding = "\n" * text.count("\n", 0, start)
        count += _run(Document(padding + docstring, str(path)), folder)
    return count


def run_session(session: doctest.DocTest) -> None:
    """Run ``>>>`` lines; AssertionError with the expected and the actual output where they differ."""
    output: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(session, out=output.append, clear_globs=False)
    if result.failed:
        raise AssertionError("".join(output))


def _run(document: Document, folder: Path) -> int:
    page = Page()
    for region in CodeBlockParser("python", page.run)(document):
        document.add(region)
    examples = [example for example in document if not _is_left_out(example)]
    try:
        with chdir(folder):
            for example in examples:
                example.evaluate()
    finally:
        page.close()
    return len(examples)


def _is_left_out(example: Example) -> bool:
    return _NOT_RUN.search(example.document.text[: example.region.start]) is not None


def _tests_of(module: ModuleType) -> dict[str, Callable[[], object]]:
    return {name: value for name, value in vars(module).items() if name.startswith("test_") and callable(value)}


def _call(test: Callable[[], object]) -> None:
    if inspect.iscoroutinefunction(test):
        anyio.run(test)
    else:
        test()
