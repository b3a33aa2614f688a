"""What applications import has a type that every checker sees alike.

pyright verifies each module of the packages, joined by tools/join_packages.py. No name may have an unknown type. What
stands in the ``__all__`` of a package is promised, so there types must be written down, not left to be inferred.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import workspace


def untyped(symbols: Sequence[Mapping[str, Any]], promised: Collection[str]) -> Iterator[str]:
    """One sentence for each of pyright's *symbols* that breaks a rule; *promised* are full names of definitions."""
    for symbol in symbols:
        if symbol["isTypeKnown"] or not symbol["diagnostics"]:
            continue
        if not symbol["isTypeAmbiguous"]:
            yield f"{symbol['name']}: its type is unknown: {_reasons(symbol)}"
        elif any(f"{symbol['name']}.".startswith(f"{one}.") for one in promised):
            yield f"{symbol['name']}: write down its type: {_reasons(symbol)}"


def _reasons(symbol: Mapping[str, Any]) -> str:
    return "; ".join(one["message"].replace("\n", ",") for one in symbol["diagnostics"])


def promised_names(module_name: str) -> Iterator[str]:
    """Where the names in the module's ``__all__`` are defined."""
    module = importlib.import_module(module_name)
    for name in module.__all__:
        value = getattr(module, name)
        yield f"{getattr(value, '__module__', module_name)}.{getattr(value, '__qualname__', name)}"


def verify() -> list[dict[str, Any]]:
    """What pyright says about each public symbol of ``nexios`` and everything below it."""
    command = ["pyright", "--project", "pyproject.toml", "--verifytypes", "nexios", "--ignoreexternal", "--outputjson"]
    environment = os.environ | {"PYTHONPATH": str(workspace.ROOT / "joined")}
    done = subprocess.run(command, cwd=workspace.ROOT, env=environment, capture_output=True, text=True, check=False)
    symbols: list[dict[str, Any]] = json.loads(done.stdout)["typeCompleteness"]["symbols"]
    if not symbols:
        raise RuntimeError(f"pyright found nothing to verify: {done.stdout}{done.stderr}")
    return symbols


def main() -> int:
    modules = [package.module for package in workspace.read_packages().values() if package.module]
    promised = {name for module in modules for name in promised_names(module)}
    symbols = verify()
    faults = sorted(untyped(symbols, promised))
    print("\n".join(faults) or f"{len(symbols)} symbols have their types")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
