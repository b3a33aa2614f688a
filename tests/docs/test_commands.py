"""The commands that pages tell their readers to type exist, and CI runs the two of the README."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest

import workspace
from check_links import find_pages
from nexios.cli import main as nexios

ROOT = workspace.ROOT
HATCH = tomllib.loads((ROOT / "hatch.toml").read_text("utf-8"))["envs"]
PAGES = find_pages(ROOT)
SET_UP = "python3 -m venv .venv && . .venv/bin/activate && pip install hatch"


def commands_on(page: Path, program: str) -> set[str]:
    """What follows *program* in prose, tables and console blocks, like ``run app:app``."""
    text = page.read_text("utf-8")
    typed = re.findall(rf"^[ \t]*\$ {program} (.+)$", text, re.MULTILINE)
    return {*typed, *re.findall(rf"`{program} ([^`\n]+)`", text)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_hatch_script_that_is_named_exists(page: Path) -> None:
    for command in commands_on(page, "hatch run"):
        environment, _, script = command.split()[0].rpartition(":")
        environment = environment.partition(".py")[0] or "default"
        scripts = HATCH["default"]["scripts"] | HATCH[environment].get("scripts", {})
        assert script in scripts, f"{page}: hatch run {command}"


def own_commands(page: Path) -> set[str]:
    """The commands of the distribution that *page* describes, should it be one that is not installed here."""
    project = page.parent / "pyproject.toml"
    if not project.is_file():
        return set()
    entry_points = tomllib.loads(project.read_text("utf-8")).get("project", {}).get("entry-points", {})
    return set(entry_points.get("nexios.commands", {}))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_nexios_command_that_is_named_exists(page: Path) -> None:
    known = {*nexios.list_commands(click.Context(nexios)), *own_commands(page)}
    for command in commands_on(page, "nexios"):
        name = command.split()[0]
        assert name in known or name.startswith("-"), f"{page}: nexios {command}"


def test_the_readme_says_what_ci_runs() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    ci = (ROOT / ".ci" / "run").read_text("utf-8")

    assert f"$ {SET_UP}\n$ hatch run demo\n$ hatch run test\n" in readme
    assert "hatch run demo" in ci
    assert '"tests: hatch run test" hatch run test ' in ci
