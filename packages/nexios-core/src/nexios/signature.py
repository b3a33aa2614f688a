"""Reading a callable's signature, once: the only place that inspects."""

from __future__ import annotations

import dis
import functools
import inspect
import sys
import typing
from collections.abc import Callable, Mapping
from types import CodeType, FunctionType
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, TypeGuard

Kind: TypeAlias = Literal["plain", "coroutine", "generator", "async_generator"]


# What `await`, `async with` and `async for` compile to; the `yield` of an async generator does not.
AWAITING = frozenset({"GET_AWAITABLE", "GET_ANEXT"})


_COLLECTS = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
# With one of these on it, a function has the signature of something else.
_WRITTEN_ELSEWHERE = ("__wrapped__", "__signature__")


class Missing:
    """The type of MISSING: no annotation, or no default."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING = Missing()


class Unresolved(NamedTuple):
    """An annotation that names something which cannot be found from where it stands."""

    text: str


class Parameter(NamedTuple):
    """One parameter as written: *annotation* without its ``Annotated`` shell, whose contents are *metadata*."""

    name: str
    annotation: Any
    metadata: tuple[Any, ...]
    default: Any
    positional: bool
    keyword: bool

    @property
    def has_default(self) -> bool:
        return self.default is not MISSING

    def marker(self, kind: type[Any]) -> Any:
        """The first instance of *kind* in the metadata or the default; None when there is none."""
        for candidate in (*self.metadata, self.default):
            if isinstance(candidate, kind):
                return candidate
        return None

    def __str__(self) -> str:
        if self.annotation is MISSING:
            return self.name
        return f"{self.name}: {describe(self.annotation)}"


class Signature(NamedTuple):
    """What a callable asks for and what it is."""

    call: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    takes_keywords: bool
    returns: Any
    kind: Kind

    @property
    def name(self) -> str:
        return describe(self.call)


def read_signature(call: Callable[..., Any], names: Mapping[str, Any] | None = None) -> Signature:
    """Read *call*; *names* are further names its annotations may use, such as the locals of the declaring function.

    Raises TypeError when *call* has no signature.
    """
    target = call
    if _is_simple(call):
        return _read_function(call, names or {})
    try:
        signature = inspect.signature(target)
    except ValueError as unreadable:
        raise TypeError(f"{call!r} has no signature that Python can read") from unreadable
    hints = _annotations(target, signature, names or {})
    parameters = []
    takes_keywords = False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            takes_keywords = True
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            parameters.append(_read_parameter(parameter, hints.get(parameter.name, MISSING)))
        elif not parameters:
            # ``def wrapper(*args, **kwargs)``, a decorator without functools.wraps: it passes on what it gets.
            parameters += [Parameter(name, MISSING, (), MISSING, True, False) for name in ("request", "response")]
    return Signature(call, tuple(parameters), takes_keywords, hints.get("return", MISSING), kind_of(call))


def _is_simple(call: Any) -> TypeGuard[FunctionType]:
    """Whether *call* is a function as nearly all are: not decorated, and each parameter to be passed by its name."""
    if type(call) is not FunctionType or not call.__dict__.keys().isdisjoint(_WRITTEN_ELSEWHERE):
        return False
    return not (call.__code__.co_flags & _COLLECTS or call.__code__.co_posonlyargcount)


def _read_function(function: FunctionType, names: Mapping[str, Any]) -> Signature:
    """As `inspect.signature` would, which takes as long as all the rest of declaring a route."""
    code = function.__code__
    hints = {name: _evaluate(hint, function.__globals__, names) for name, hint in function.__annotations__.items()}
    written = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    by_position = function.__defaults__ or ()
    defaults = dict(zip(written[code.co_argcount - len(by_position) :], by_position, strict=False))
    defaults |= function.__kwdefaults__ or {}
    parameters = [
        _parameter(name, hints.get(name, MISSING), defaults.get(name, MISSING), index < code.co_argcount, True)
        for index, name in enumerate(written)
    ]
    return Signature(function, tuple(parameters), False, hints.get("return", MISSING), kind_of(function))


def _read_parameter(parameter: inspect.Parameter, hint: Any) -> Parameter:
    default = MISSING if parameter.default is parameter.empty else parameter.default
    positional = parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    return _parameter(parameter.name, hint, default, positional, parameter.kind is not parameter.POSITIONAL_ONLY)


def _parameter(name: str, hint: Any, default: Any, positional: bool, keyword: bool) -> Parameter:
    metadata: tuple[Any, ...] = ()
    if typing.get_origin(hint) is Annotated:
        hint, *rest = typing.get_args(hint)
        metadata = tuple(rest)
    return Parameter(name, hint, metadata, default, positional, keyword)


def _annotations(target: Any, signature: inspect.Signature, names: Mapping[str, Any]) -> dict[str, Any]:
    """Evaluate annotations one by one, so that one that cannot be resolved leaves the others readable."""
    written = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    written["return"] = signature.return_annotation
    function = _defined(target)
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    scope = getattr(function, "__globals__", None) or vars(module or typing)
    return {
        name: _evaluate(annotation, scope, names)
        for name, annotation in written.items()
        if annotation is not inspect.Parameter.empty
    }


def _defined(target: Any) -> Any:
    """The function that somebody wrote, behind partials, classes, instances and decorators."""
    if type(target) is FunctionType and "__wrapped__" not in target.__dict__:
        return target
    return inspect.unwrap(_function_behind(target))


def _function_behind(target: Any) -> Any:
    while isinstance(target, functools.partial):
        target = target.func
    if inspect.isclass(target):
        return target.__init__
    if not inspect.isroutine(target):
        return type(target).__call__
    return target


def _evaluate(annotation: Any, scope: dict[str, Any], names: Mapping[str, Any]) -> Any:
    if not isinstance(annotation, str):
        return annotation
    try:
        # The text is the application's own source, as in typing.get_type_hints.
        return eval(_compiled(annotation), scope, names)  # noqa: S307
    except Exception:
        return Unresolved(annotation)


@functools.lru_cache(maxsize=1024)  # "int" and "str" are written again and again
def _compiled(annotation: str) -> CodeType:
    return compile(annotation, "<annotation>", "eval")


def kind_of(call: Any) -> Kind:
    """What calling *call* gives: a value, a coroutine, or a generator of one of the two sorts."""
    if type(call) is FunctionType and call.__code__.co_flags & inspect.CO_COROUTINE:  # as nearly all of them are
        return "coroutine"
    while isinstance(call, functools.partial):
        call = call.func
    if inspect.isclass(call):
        return "plain"
    if not inspect.isroutine(call):
        call = type(call).__call__
    if inspect.isasyncgenfunction(call):
        return "async_generator"
    if inspect.iscoroutinefunction(call):
        return "coroutine"
    if inspect.isgeneratorfunction(call):
        return "generator"
    return "plain"


def may_wait(signature: Signature) -> bool:
    """Whether an async generator ever awaits; it may, where its code cannot be looked at."""
    if signature.kind != "async_generator":
        return False
    code = getattr(_defined(signature.call), "__code__", None)
    return code is None or awaits(code)


@functools.lru_cache(maxsize=1024)
def awaits(code: CodeType) -> bool:
    """Whether *code*, of an async function or generator, has a place where it could be suspended by waiting."""
    return any(step.opname in AWAITING for step in dis.get_instructions(code))


def describe(thing: Any) -> str:
    """*thing* as its author would call it."""
    if isinstance(thing, functools.partial):
        return describe(thing.func)
    if isinstance(thing, Unresolved):
        return thing.text
    name = getattr(thing, "__qualname__", None)
    return name.replace("<locals>.", "") if isinstance(name, str) else repr(thing)


def where(call: Any) -> str:
    """``file.py:12`` of *call*'s definition, or its name when it has no source."""
    function = _defined(call) if callable(call) else call
    code = getattr(function, "__code__", None)
    if code is None and inspect.isclass(call):
        return f"{call.__module__}.{call.__qualname__}"
    return f"{code.co_filename}:{code.co_firstlineno}" if code is not None else describe(call)
