"""A lock of the installed plugins: names, versions and contents, so that nothing else is ever loaded."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from nexios.discovery import Installed
from nexios.exceptions import PluginError

_FORMAT = 1
_CURE = "if that is intended, write it anew with: nexios plugins lock"
# What an installer writes beside the files of a distribution, and differs from one installation to the next.
_UNSTABLE = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")


class Locked(NamedTuple):
    """One plugin as it was when the lock was written."""

    distribution: str
    version: str
    hash: str


def lock_plugins(entries: Iterable[Installed]) -> str:
    """The text of a lock of *entries*."""
    plugins = {
        entry.name: {"distribution": entry.distribution, "version": entry.version, "hash": hash_distribution(entry)}
        for entry in entries
    }
    return json.dumps({"format": _FORMAT, "plugins": plugins}, indent=2, sort_keys=True) + "\n"


def read_lock(path: str | os.PathLike[str]) -> dict[str, Locked]:
    """Read a lock. Raises PluginError for one that cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        if content["format"] != _FORMAT:
            raise ValueError(f"its format is {content['format']!r}, this version reads {_FORMAT}")
        return {name: Locked(**plugin) for name, plugin in content["plugins"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PluginError(
            f"plugins_lock {os.fspath(path)!r} cannot be read: {type(error).__name__}: {error}; {_CURE}"
        ) from error


def check_lock(path: str | os.PathLike[str], entries: Iterable[Installed], wanted: Iterable[str] | None = None) -> None:
    """Raise PluginError where *entries* are not what the lock says, or, without *wanted*, lack what it names."""
    locked = read_lock(path)
    found = {entry.name: entry for entry in entries}
    problems = [problem for entry in found.values() for problem in _differences(entry, locked)]
    absent = sorted(locked.keys() - found.keys()) if wanted is None else []
    problems += [f"plugin {name!r} of {locked[name].distribution} is locked and not installed" for name in absent]
    if problems:
        raise PluginError(
            f"{os.fspath(path)} does not hold: " + "; ".join(problems) + f". {_CURE[0].upper()}{_CURE[1:]}"
        )


def _differences(entry: Installed, locked: Mapping[str, Locked]) -> Iterator[str]:
    known = locked.get(entry.name)
    if known is None:
        yield f"plugin {entry.name!r} of {entry.distribution} {entry.version} is not locked"
    elif (known.distribution, known.version) != (entry.distribution, entry.version):
        yield (
            f"plugin {entry.name!r} is of {entry.distribution} {entry.version}, "
            f"locked is {known.distribution} {known.version}"
        )
    elif known.hash != hash_distribution(entry):
        yield f"the files of {entry.distribution} {entry.version} are not those that were locked"


def hash_distribution(entry: Installed) -> str:
    """A digest of the names and contents of every file that the distribution has installed.

    Raises PluginError for an editable install, whose files are elsewhere and change at any time.
    """
    # Needed for applications that have a lock, and together as dear as half of importing nexios.
    import hashlib
    from importlib.metadata import distribution

    found = distribution(entry.distribution)
    # What `pip install -e` writes (PEP 660, PEP 610).
    about = json.loads(found.read_text("direct_url.json") or "{}")
    if about.get("dir_info", {}).get("editable"):
        raise PluginError(
            f"{entry.distribution} {entry.version} is installed editable, so there is nothing to lock: install it as "
            f"it is deployed, or leave its plugin {entry.name!r} out with NEXIOS_PLUGINS"
        )
    whole = hashlib.sha256()
    files: list[Any] = sorted(found.files or (), key=str)
    for file in files:
        if file.name in _UNSTABLE or file.suffix == ".pyc" or "bin" in file.parts[:-1]:
            continue
        content = hashlib.sha256(file.locate().read_bytes()).hexdigest()
        whole.update(f"{file}\0{content}\n".encode())
    return f"sha256:{whole.hexdigest()}"
