"""Would the tests notice? Change one thing at a time in a module, and run the module's tests: they must fail.

python tools/mutate.py [module ...]        such as http/cookies; without one, all that read what clients send

Each mutant is tried in a fork of this process, which has imported pytest and none of the framework: a second or less,
where the maintained tools start an interpreter for each and write the mutants into the source tree. It ends with 1
where a module's tests kill less than nine of ten.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.machinery
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType

import anyio  # noqa: F401  # what every fork would import anew
import pytest
from hypothesis import settings

import workspace

ENOUGH = 0.9
# The plugins of pytest are imported once for all forks, which it would warn of; times say nothing of a mutant.
OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
OPTIONS += ["-k", "not linear and not slow", "-p", "_hypothesis_pytestplugin", "-p", "anyio"]
SECONDS = 60  # a mutant that hangs is one that was noticed
SOURCE = workspace.ROOT / "packages" / "nexios-core" / "src" / "nexios"
TESTS = workspace.ROOT / "tests" / "core"
MODULES = [
    *(f"http/{name}" for name in ("headers", "hosts", "cookies", "media", "quoting", "ranges", "conditional")),
    *(f"http/{name}" for name in ("disposition", "urls", "codecs", "framing", "proxies")),
    *(f"routing/{name}" for name in ("segment", "path", "trie", "table", "leaf", "builtin_converters")),
    *(f"routing/{name}" for name in ("converters", "host", "sites")),
]
# What is proven through the application, or together with its neighbours.
FURTHER_TESTS = {
    "http/framing": ["hostile/test_table.py"],
    "routing/trie": ["routing/test_table.py"],
    "routing/leaf": ["routing/test_table.py"],
    "routing/segment": ["routing/test_path.py"],
}

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
}  # fmt: skip
CLEANERS = {"lower", "strip", "lstrip", "rstrip", "removesuffix", "removeprefix", "replace"}
Change = Callable[[ast.AST], ast.AST]


@dataclass(frozen=True)
class Mutant:
    """One changed module, and what was changed."""

    line: int
    before: str
    after: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"line {self.line}: {self.before} -> {self.after}"


def mutants_of(source: str) -> Iterator[Mutant]:
    """Every module that differs from *source* in one place."""
    tree = ast.parse(source)
    for position, (node, change) in enumerate(list(_places(tree))):
        twin = ast.parse(source)
        counterpart, _ = list(_places(twin))[position]
        after = change(copy.deepcopy(node))
        _Replace(counterpart, after).visit(twin)
        yield Mutant(getattr(node, "lineno", 0), _shown(node), _shown(after), ast.fix_missing_locations(twin))


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old = old
        self._new = new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else super().generic_visit(node)


def _shown(node: ast.AST) -> str:
    return ast.unparse(node).replace("\n", " ")[:80]


def _places(node: ast.AST, raising: bool = False) -> Iterator[tuple[ast.AST, Change]]:
    """Each node that can be changed, and how; never annotations, docstrings, and the words of an error."""
    raising = raising or isinstance(node, ast.Raise)
    for change in _changes(node, raising):
        yield node, change
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_comment") or _is_type(node, name):
            continue
        for child in value if isinstance(value, list) else [value]:
            is_docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if isinstance(child, ast.AST) and not is_docstring:
                yield from _places(child, raising)


def _is_type(node: ast.AST, field: str) -> bool:
    """Whether *field* of *node* is what `cast` tells checkers."""
    return field == "args" and isinstance(node, ast.Call) and getattr(node.func, "id", "") == "cast"


def _changes(node: ast.AST, raising: bool) -> Iterator[Change]:
    match node:
        case ast.Raise():
            yield lambda node: ast.Pass()
        case ast.Compare(ops=ops):
            yield from (_comparison(index) for index, operator in enumerate(ops) if type(operator) in COMPARISONS)
        case ast.BoolOp():
            yield lambda node: _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())  # type: ignore[attr-defined]  # a BoolOp
        case ast.UnaryOp(op=ast.Not()):
            yield lambda node: node.operand  # type: ignore[attr-defined]  # a UnaryOp
        case ast.BinOp(op=operator) if type(operator) in OPERATORS:
            yield lambda node: _with(node, op=OPERATORS[type(operator)]())
        case ast.Continue():
            yield lambda node: ast.Break()
        case ast.IfExp():
            yield lambda node: _with(node, body=node.orelse, orelse=node.body)  # type: ignore[attr-defined]  # an IfExp
        case ast.Call(func=ast.Attribute(attr=name, value=subject)) if name in CLEANERS:
            yield lambda node: subject
        case ast.Constant(value=value) if isinstance(value, bool) or not raising:
            if (other := _other(value)) is not None:
                yield lambda node: ast.Constant(other)
        case _:
            return


def _other(value: object) -> bool | float | str | bytes | None:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1 if value + 1 != value else value / 2  # a float may be too large to notice
    if isinstance(value, str):
        return "XX" + value
    return b"XX" + value if isinstance(value, bytes) else None


def _comparison(index: int) -> Change:
    def change(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Compare)  # noqa: S101  # only asked of these
        node.ops[index] = COMPARISONS[type(node.ops[index])]()
        return node

    return change


def _with(node: ast.AST, **fields: object) -> ast.AST:
    for name, value in fields.items():
        setattr(node, name, value)
    return node


class _Serve(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports *code* as the module *name*."""

    def __init__(self, name: str, file: Path, code: CodeType) -> None:
        self._name, self._file, self._code = name, file, code

    def find_spec(self, name: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if name != self._name:
            return None
        spec = importlib.machinery.ModuleSpec(name, self, origin=str(self._file))
        spec.has_location = True
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, vars(module))  # noqa: S102  # the module, changed


def passes(name: str, file: Path, tree: ast.Module, tests: Sequence[Path]) -> bool:
    """Whether *tests* pass, in a fork, where *name* is imported from *tree*."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # the others take a second to import
    child = os.fork()
    if child == 0:
        status = 70
        try:
            signal.alarm(SECONDS)
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            settings.register_profile("mutate", max_examples=50, derandomize=True, database=None, deadline=None)
            settings.load_profile("mutate")
            sys.meta_path.insert(0, _Serve(name, file, compile(tree, str(file), "exec")))
            status = int(pytest.main([*OPTIONS, *map(str, tests)]))
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(ended) == 0


def survivors(name: str, file: Path, tests: Sequence[Path]) -> tuple[list[Mutant], int]:
    """The mutants of *file* that *tests* let pass, and how many were tried."""
    source = file.read_text("utf-8")
    if not passes(name, file, ast.parse(source), tests):
        raise SystemExit(f"{name}: its tests fail as it is")
    mutants = list(mutants_of(source))
    return [mutant for mutant in mutants if passes(name, file, mutant.tree, tests)], len(mutants)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Change one thing at a time, and look whether the tests fail.")
    parser.add_argument("module", nargs="*", default=MODULES)
    status = 0
    for module in parser.parse_args(arguments).module:
        start = time.perf_counter()
        folder, _, last = module.rpartition("/")
        tests = [TESTS / folder / f"test_{last}.py", *(TESTS / each for each in FURTHER_TESTS.get(module, ()))]
        alive, tried = survivors(f"nexios.{module.replace('/', '.')}", SOURCE / f"{module}.py", tests)
        killed = tried - len(alive)
        print(f"{module}: {killed} of {tried} killed ({killed / tried:.0%}) in {time.perf_counter() - start:.0f} s")
        print("".join(f"    {mutant}\n" for mutant in alive), end="", flush=True)
        status |= killed < ENOUGH * tried
    return status


if __name__ == "__main__":
    sys.exit(main())
