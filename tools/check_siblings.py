"""Packages know the core and what their pyproject.toml requires, and nothing else of each other.

The layers inside the core are in .importlinter; this rule follows from the metadata instead of a list. It reads the
tree of tools/join_packages.py.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

import grimp

import workspace


def owner(module: str, packages: Mapping[str, workspace.Package]) -> str:
    """The distribution that ships *module*; what no other part claims belongs to the core."""
    for package in packages.values():
        if package.name != workspace.CORE and package.module and f"{module}.".startswith(f"{package.module}."):
            return package.name
    return workspace.CORE


def undeclared_imports(graph: grimp.ImportGraph, packages: Mapping[str, workspace.Package]) -> Iterator[str]:
    """One sentence for each import of a package that the importing one does not require, not even by an extra."""
    for importer in sorted(graph.modules):
        package = packages[owner(importer, packages)]
        allowed = {package.name, *workspace.siblings(package.all_requirements, packages)}
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            if (stranger := owner(imported, packages)) not in allowed:
                yield f"{importer} imports {imported}, and {package.name} does not require {stranger}"


def main() -> int:
    sys.path.insert(0, str(workspace.ROOT / "joined"))
    # What only a type checker follows needs nothing installed.
    graph = grimp.build_graph("nexios", cache_dir=None, exclude_type_checking_imports=True)
    faults = list(undeclared_imports(graph, workspace.read_packages()))
    print("\n".join(faults) or "packages import only what they require")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
