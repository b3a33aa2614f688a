"""Writes the tables of a measurement into docs/design/performance.md, between two marks that stand there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks import table
from benchmarks.environments import ROOT
from benchmarks.results import Results

PAGE = ROOT / "docs/design/performance.md"
BEGIN, END = "<!-- python -m benchmarks report: begin -->", "<!-- python -m benchmarks report: end -->"


def write(files: Sequence[Path], page: Path = PAGE) -> None:
    """Replace the tables of *page* with those of the JSON in *files*; what the first has not, the next may have."""
    results, *others = (Results.from_json(file.read_text("utf-8")) for file in files)
    for other in others:
        results = results.completed_by(other)
    page.write_text(insert(page.read_text("utf-8"), results), "utf-8")


def insert(page: str, results: Results) -> str:
    """*page* with the tables of *results* between its marks. Raises ValueError where there are none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no place for tables: put {BEGIN} and {END} around one")
    source = f"Commit `{results.commit}`, Python {results.python.split()[0]}, {results.machine}."
    return "".join([before, begin, "\n\n", source, "\n\n", table.render(results), "\n", end, after])
