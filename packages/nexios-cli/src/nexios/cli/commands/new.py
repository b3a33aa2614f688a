"""``nexios new``: a project, or a plugin, that runs and passes its tests."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

import click

from nexios.cli.errors import CommandError

# PEP 508: what a distribution may be called.
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


@click.command()
@click.argument("words", metavar="[plugin] NAME", nargs=-1, required=True)
def new(words: tuple[str, ...]) -> None:
    """Write a project into the new folder NAME; with "plugin" before it, a package that adds to applications."""
    is_plugin = len(words) == 2 and words[0] == "plugin"
    if len(words) != 1 and not is_plugin:
        raise CommandError(f"{' '.join(words)!r} is not one name: nexios new NAME, or nexios new plugin NAME")
    folder = Path(words[-1])
    name = folder.name
    if not _NAME.fullmatch(name):
        raise CommandError(f"{name!r} is no name for a project: use letters, digits, '-', '_' and '.'")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(f"{folder} exists already: choose another name or remove it")
    if is_plugin:
        _write(folder, "scaffold_plugin", plugin_names(name))
        click.echo(f"{folder} is ready. Next:\n\n    cd {folder}\n    pip install -e '.[test]'\n    pytest && mypy")
    else:
        _write(folder, "scaffold", {"name": name})
        click.echo(
            f"{folder} is ready. Next:\n\n    cd {folder}\n    pip install -e '.[test]'\n    nexios run --reload"
        )


def plugin_names(name: str) -> dict[str, str]:
    """What the parts of the plugin in the distribution *name* are called. Raises CommandError where one cannot be."""
    module = re.sub(r"[-.]+", "_", name).lower()
    slot = module.removeprefix("nexios_")
    if not slot.isidentifier() or keyword.iskeyword(slot) or module == "nexios":
        raise CommandError(f"{name!r} is no name for a plugin: a Python module is called so, as in nexios-weather")
    kind = "".join(part.capitalize() for part in slot.split("_"))
    return {"name": name, "module": module, "plugin": slot.replace("_", "-"), "slot": slot, "class": kind}


def _write(folder: Path, scaffold: str, names: Mapping[str, str]) -> None:
    for path, text in _templates(files("nexios.cli") / scaffold, PurePosixPath()):
        parts = [names.get("module", part) if part == "module" else part for part in path.parts]
        target = folder.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        for name, value in names.items():
            text = text.replace(f"{{{{{name}}}}}", value)
        target.write_text(text, encoding="utf-8")


def _templates(folder: Traversable, below: PurePosixPath) -> Iterator[tuple[PurePosixPath, str]]:
    """Yield path and text; ``.txt`` hides the templates from tools, and a missing dot from git and from builds."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _templates(entry, below / entry.name)
        else:
            name = entry.name.removesuffix(".txt")
            yield below / (".gitignore" if name == "gitignore" else name), entry.read_text(encoding="utf-8")
