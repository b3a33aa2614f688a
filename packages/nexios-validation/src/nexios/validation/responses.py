"""How the values that a handler returns are written: by the type that its route declares, and nothing beyond it."""

from __future__ import annotations

import inspect
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Final, TypeAlias, Union, get_args, get_origin

from nexios.answers import Encoder
from nexios.binding import BindingContext
from nexios.exceptions import BindingError
from nexios.http.media import JSON
from nexios.http.response import Response
from nexios.http.sse import ServerSentEvent
from nexios.signature import MISSING, Unresolved, describe
from nexios.validation.adapters import UNFIT, Adapter, adapter_for
from nexios.validation.problems import ResponseMismatch

Write: TypeAlias = Callable[[Any], bytes]

# Options of routes, and what pydantic's serializer calls them.
WRITE_OPTIONS: Final = {
    "response_by_alias": "by_alias",
    "response_exclude_unset": "exclude_unset",
    "response_exclude_defaults": "exclude_defaults",
    "response_exclude_none": "exclude_none",
}
_STREAMS: Final = frozenset(
    {AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator}
)  # fmt: skip
# What the core writes in its own way, whoever declares it.
_LEFT_ALONE: Final = frozenset({str, bytes, bytearray, memoryview, Any, object, ServerSentEvent})


@dataclass(frozen=True, slots=True)
class Output:
    """What a route declares to answer with: *stream* where the type is that of the items of a stream."""

    adapter: Adapter | None
    stream: bool = False
    nothing: bool = False


def output_of(context: BindingContext) -> Output | None:
    """What the route answers with by its ``response_model=`` or its return annotation; None when it does not say.

    Raises BindingError for a ``response_model=`` that cannot be written.
    """
    if "response_model" in context.options:
        model = context.options["response_model"]
        return None if model is None else Output(declared_adapter(model, context))
    annotation = _body_of(_without_response(context.signature.returns))
    if annotation is NoneType or annotation is None:
        return Output(None, nothing=True)
    if get_origin(annotation) in _STREAMS:
        item = _body_of((get_args(annotation) or (Any,))[0])
        adapter = _inferred_adapter(item)
        return None if adapter is None else Output(adapter, stream=True)
    adapter = _inferred_adapter(annotation)
    return None if adapter is None else Output(adapter)


def declared_adapter(model: Any, context: BindingContext) -> Adapter:
    """The adapter of a type that somebody has named for answers. Raises BindingError naming it and the handler."""
    try:
        return adapter_for(model)
    except UNFIT as unfit:
        raise BindingError(
            f"{describe(context.signature.call)} declares to answer with {_name_of(model)}, which cannot be written as "
            f"JSON: {unfit}"
        ) from unfit


def _inferred_adapter(annotation: Any) -> Adapter | None:
    if annotation is MISSING or isinstance(annotation, Unresolved) or _is_left_alone(annotation):
        return None
    try:
        return adapter_for(annotation)
    except UNFIT:
        return None


def _is_left_alone(annotation: Any) -> bool:
    plain = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    if get_origin(plain) in (Union, UnionType):
        return all(_is_left_alone(part) or part is NoneType for part in get_args(plain))
    return plain in _LEFT_ALONE or (inspect.isclass(plain) and issubclass(plain, Response | str | bytes))


def _without_response(annotation: Any) -> Any:
    """``Product | Response`` declares Product: a Response is written as it is."""
    if get_origin(annotation) not in (Union, UnionType):
        return annotation
    parts = [part for part in get_args(annotation) if not (inspect.isclass(part) and issubclass(part, Response))]
    return Union[tuple(parts)] if parts else Response  # noqa: UP007  # the parts are known only here


def _body_of(annotation: Any) -> Any:
    """``tuple[Product, int]`` declares Product, with its status; so with headers."""
    parts = get_args(annotation)
    if get_origin(annotation) is tuple and len(parts) in (2, 3) and parts[1] is int:
        return parts[0]
    return annotation


def shape_response(context: BindingContext, *, thorough: bool) -> Encoder | None:
    """How the values of one handler are written; None leaves them to the encoders of their types.

    *thorough* validates instances of the declared type anew. Raises BindingError for options that do not fit.
    """
    output = output_of(context)
    if output is None or output.adapter is None or context.protocol != "http":
        return None
    adapter = output.adapter
    if output.stream:
        return _stream_writer(_guarded(adapter, context, thorough))
    write, refused = _writer(adapter, context, thorough), adapter.refused
    guarded, others = _guarded(adapter, context, thorough), _writers_by_status(context, thorough)

    def shape(response: Response, value: Any) -> Response:
        if value.__class__ is tuple:
            return _with_status(response, value, guarded, others)
        if value is None and response.is_written:
            return response
        try:
            content = write(value)
        except refused as error:
            raise _mismatch(adapter, context, value, error) from None
        response.write(content, JSON)
        return response

    return shape


def _writer(adapter: Adapter, context: BindingContext, thorough: bool) -> Write:
    options = {name: context.options[option] for option, name in WRITE_OPTIONS.items() if option in context.options}
    try:
        return adapter.writer(options, thorough=thorough)
    except TypeError as unfit:
        raise BindingError(f"{describe(context.signature.call)}: {unfit}") from unfit


def _guarded(adapter: Adapter, context: BindingContext, thorough: bool) -> Write:
    """What writes, and raises ResponseMismatch naming the handler for a value that breaks its type."""
    write_json, refused = _writer(adapter, context, thorough), adapter.refused

    def write(value: Any) -> bytes:
        try:
            return write_json(value)
        except refused as error:
            raise _mismatch(adapter, context, value, error) from None

    return write


def _mismatch(adapter: Adapter, context: BindingContext, value: Any, error: Exception) -> ResponseMismatch:
    return ResponseMismatch(
        f"{describe(context.signature.call)} returned {type(value).__qualname__}, which does not fit the type it "
        f"declares, {_name_of(adapter.annotation)}: {_without_values(error)}"
    )


def _name_of(annotation: Any) -> str:
    return str(annotation) if get_args(annotation) else describe(annotation)


def _without_values(error: Exception) -> str:
    """What did not fit, without the values: the message goes into logs."""
    errors = getattr(error, "errors", None)
    if errors is None:
        return str(error).partition("[")[0].strip()
    found = errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'value'}: {each['msg']}" for each in found[:10])


def _writers_by_status(context: BindingContext, thorough: bool) -> dict[int, Write]:
    """Those of the other answers that the route declares with ``responses={404: Problem}``."""
    declared: Mapping[Any, Any] = context.options.get("responses") or {}
    models = {int(status): model for status, model in declared.items() if str(status).isdecimal()}
    return {
        status: _guarded(declared_adapter(model, context), context, thorough)
        for status, model in models.items()
        if not isinstance(model, str | Mapping) and model is not None
    }


def _with_status(response: Response, value: tuple[Any, ...], write: Write, others: Mapping[int, Write]) -> Response:
    """``(body, status)`` and ``(body, status, headers)``."""
    match value:
        case (body, int(status)):
            headers: dict[str, str] = {}
        case (body, int(status), dict(headers)):
            pass
        case _:
            response.write(write(value), JSON)
            return response
    if body is None:
        response.empty(status)
    else:
        response.write(others.get(status, write)(body), JSON)
        response.status_code = status
    for name, content in headers.items():
        response.headers[name] = content
    return response


def _stream_writer(write: Write) -> Encoder:
    """Items as JSON Lines, each of the declared type (https://jsonlines.org)."""

    def shape(response: Response, value: Any) -> Response:
        lines = _lines_async(value, write) if isinstance(value, AsyncIterable) else _lines(value, write)
        return response.stream(lines, content_type="application/jsonl")

    return shape


async def _lines_async(items: AsyncIterable[Any], write: Write) -> AsyncIterator[bytes]:
    try:
        async for item in items:
            yield write(item) + b"\n"
    finally:
        if isinstance(items, AsyncGenerator):
            await items.aclose()


def _lines(items: Iterable[Any], write: Write) -> Iterator[bytes]:
    for item in items:
        yield write(item) + b"\n"
