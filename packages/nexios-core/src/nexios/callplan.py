"""Writes the Python that supplies a handler's arguments and calls it.

A list of closures that do the same costs half as much again as the request itself; straight-line code costs what the
calls in it cost. Each plan is a few lines such as

    async def endpoint(request, response):
        try:
            opened = []
            v0 = f0()
            g1 = f1(v0)
            v1 = await g1.__anext__()
            opened.append((g1, True))
            value = await handler(request, response, request._params[k0], v1)
            ...

Plans of one shape share their code object, and tracebacks show these lines (they are in `linecache`).
"""

from __future__ import annotations

import functools
import itertools
import linecache
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import anyio
import anyio.to_thread

from nexios.arguments import (
    PENDING,
    Argument,
    FromApp,
    FromConnection,
    FromNode,
    FromPath,
    FromResponse,
    FromSupply,
    Node,
    Supply,
)
from nexios.http.files import prepare_file
from nexios.signature import Kind, Signature
from nexios.unwinding import finish, unwind

Endpoint: TypeAlias = Callable[[Any, Any], Any]
# "answer": convert the value and let no Exception out. "call": give the value, raise what is raised.
Purpose: TypeAlias = Literal["answer", "call"]


class ThreadLimit:
    """The worker threads that handlers and dependencies share: at most *total* at a time."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._limiter: anyio.CapacityLimiter | None = None

    async def run(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Run a plain function in a worker thread; await what it returns, should it be a coroutine after all."""
        if self._limiter is None:  # made on first use: a limiter belongs to a running event loop
            self._limiter = anyio.CapacityLimiter(self._total)

        def work() -> list[Any]:
            return [call(*args, **kwargs)]  # in a list: trio refuses to bring a coroutine back from a thread

        (value,) = await anyio.to_thread.run_sync(work, limiter=self._limiter)
        return await value if hasattr(value, "__await__") else value

    def reset(self) -> None:
        self._limiter = None


class _Writer:
    """Collects the lines of one plan and the objects they name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.objects: list[Any] = []
        self.names: dict[int, str] = {}
        self.values: dict[int, str] = {}
        self.opens = False

    def name(self, thing: Any) -> str:
        """The local name under which the plan finds *thing*."""
        known = self.names.get(id(thing))
        if known is None:
            known = self.names[id(thing)] = f"o{len(self.objects)}"
            self.objects.append(thing)
        return known

    def call(self, call: Any, arguments: Sequence[Argument], thread: bool = False) -> str:
        written = [f"{each.keyword}={self.value(each)}" if each.keyword else self.value(each) for each in arguments]
        if thread:
            return f"threads.run({', '.join([self.name(call), *written])})"
        return f"{self.name(call)}({', '.join(written)})"

    def value(self, argument: Argument) -> str:
        """The expression for one argument, after the lines that make it."""
        match argument.way:
            case FromConnection():
                return "request"
            case FromResponse():
                return "response"
            case FromApp():
                return "request.app"
            case FromPath(name):
                return f"request._params[{self.name(name)}]"
            case FromSupply(supply, name):
                whole = self.supply(supply)
                return whole if name is None else f"{whole}[{self.name(name)}]"
            case FromNode(node):  # pragma: no branch  # there are no others
                return self.node(node)

    def supply(self, supply: Supply) -> str:
        variable = self.values.get(id(supply))
        if variable is None:
            variable = self.values[id(supply)] = f"v{len(self.values)}"
            self.lines += _supplying(variable, supply, self.name)
        return variable

    def node(self, node: Node) -> str:
        if node.singleton is not None:
            return f"{self.name(node.singleton)}.value"
        variable = self.values.get(id(node))
        if variable is None:
            variable = self._make(node)
            self.values[id(node)] = variable
        return variable

    def _make(self, node: Node) -> str:
        kind = node.signature.kind
        made = self.call(node.signature.call, node.arguments, node.thread and kind == "plain")
        number = len(self.values)
        variable = f"v{number}"
        if kind in ("generator", "async_generator"):
            self.opens = True
            self.lines.append(f"g{number} = {made}")
            step = f"await g{number}.__anext__()" if kind == "async_generator" else f"next(g{number})"
            self.lines.append(f"{variable} = {step}")
            self.lines.append(f"opened.append((g{number}, {node.shield}))")
        else:
            waits = kind == "coroutine" or (node.thread and kind == "plain")
            self.lines.append(f"{variable} = {'await ' if waits else ''}{made}")
        return variable


def _supplying(variable: str, supply: Supply, name: Callable[[Any], str]) -> list[str]:
    if supply.at_hand is None:
        return [f"{variable} = {'await ' if supply.is_async else ''}{name(supply.call)}(request)"]
    return [
        f"{variable} = {name(supply.at_hand)}(request)",
        f"if {variable} is PENDING:",
        f"    {variable} = await {name(supply.call)}(request)",
    ]


def compile_plan(
    signature: Signature,
    arguments: Sequence[Argument],
    before: Sequence[Node],
    purpose: Purpose,
    encoders: Mapping[type, Callable[..., Any]],
    convert: Callable[..., Any] | None,
    recover: Callable[..., Any],
    threads: ThreadLimit,
    threaded: bool = True,
    known: dict[Any, Callable[..., Endpoint]] | None = None,
) -> Endpoint:
    """The endpoint ``async (request, response)`` that runs *before*, supplies *arguments* and calls the handler.

    *encoders* write a value by its class, unless the route has its own *convert*: ``(request, response, value) ->
    Response``. *recover* is ``async (request, error) -> Response``. A
    plain handler runs in a worker thread unless *threaded* is False. *known* is where plans of one shape are shared, as
    long as all but *convert* and *recover* stays the same: most routes then cost one function.
    """
    writer = _Writer()
    for node in before:
        writer.node(node)
    in_thread = threaded and signature.kind == "plain"
    called = writer.call(signature.call, arguments, in_thread)
    value = f"await {called}" if in_thread or signature.kind == "coroutine" else called
    body = _answer(writer, value, convert is not None) if purpose == "answer" else _give(writer, value)
    code = _shared_code("\n".join(body), len(writer.objects))
    bind = None if known is None else known.get((code, convert, recover))
    if bind is None:
        namespace: dict[str, Any] = {
            "encoders": encoders, "convert": convert, "recover": recover, "threads": threads,
            "unwind": unwind, "finish": finish, "prepare_file": prepare_file, "PENDING": PENDING,
        }  # fmt: skip
        exec(code, namespace)  # noqa: S102  # lines of this file and names of the application's own parameters
        bind = namespace["bind"]
        if known is not None and convert is None:
            known[code, convert, recover] = bind
    return bind(*writer.objects)


def _answer(writer: _Writer, value: str, converts: bool) -> list[str]:
    lines = [
        *writer.lines,
        f"value = {value}",
        f"result = {'convert(request, response, value)' if converts else 'encoders[value.__class__](response, value)'}",
        "if not result.is_plain and result.file_path is not None:",
        "    await prepare_file(result, request)",
    ]
    if writer.opens:
        lines = [
            "opened = []",
            "try:",
            *_indent(lines),
            "except BaseException as error:",
            "    raise await unwind(opened, error)",
            "if result.chunks is None:",
            "    await finish(opened)",
            "else:",
            "    request.close_after(opened)",
        ]
    return [
        "try:",
        *_indent([*lines, "return result"]),
        "except Exception as error:",
        "    return await recover(request, error)",
    ]


def _give(writer: _Writer, value: str) -> list[str]:
    lines = [*writer.lines, f"value = {value}"]
    if writer.opens:
        lines = [
            "opened = []",
            "try:",
            *_indent(lines),
            "except BaseException as error:",
            "    raise await unwind(opened, error)",
            "await finish(opened)",
        ]
    return [*lines, "return value"]


def _indent(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


_numbers = itertools.count(1)


# Bounded in practice by the number of different shapes in the program; a shape is a few hundred bytes.
@functools.lru_cache(maxsize=4096)
def _shared_code(body: str, objects: int) -> Any:
    names = ", ".join(f"o{number}" for number in range(objects))
    lines = [f"def bind({names}):", "    async def endpoint(request, response):"]
    lines += [f"        {line}" for line in body.split("\n")]
    lines += ["    return endpoint", ""]
    source = "\n".join(lines)
    filename = f"<nexios call plan {next(_numbers)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return compile(source, filename, "exec")


__all__ = ["Endpoint", "Kind", "Purpose", "ThreadLimit", "compile_plan"]
