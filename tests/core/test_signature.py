"""Reading signatures: annotations as written, wherever they are written."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import pytest

from nexios.signature import MISSING, Parameter, Unresolved, describe, kind_of, may_wait, read_signature, where


def simple(request, response, id: int, *, flag: bool = False, **rest: Any) -> str:  # type: ignore[no-untyped-def]
    return ""


def test_parameters_are_read_as_written() -> None:
    signature = read_signature(simple)

    assert [(each.name, each.annotation, each.default, each.positional) for each in signature.parameters] == [
        ("request", MISSING, MISSING, True),
        ("response", MISSING, MISSING, True),
        ("id", int, MISSING, True),
        ("flag", bool, False, False),
    ]
    assert signature.takes_keywords
    assert signature.returns is str
    assert signature.name == "simple"
    assert [str(each) for each in signature.parameters[1:3]] == ["response", "id: int"]
    assert repr(MISSING) == "MISSING"
    assert not MISSING


def test_annotated_is_an_annotation_and_metadata() -> None:
    def handler(it: Annotated[int, "first", 2]) -> None: ...

    (parameter,) = read_signature(handler).parameters

    assert (parameter.annotation, parameter.metadata) == (int, ("first", 2))
    assert parameter.marker(str) == "first"
    assert parameter.marker(float) is None


def test_names_of_the_declaring_function_may_be_used() -> None:
    class Local: ...

    def handler(it: Local) -> None: ...

    assert read_signature(handler, {"Local": Local}).parameters[0].annotation is Local


def test_an_annotation_that_cannot_be_found_leaves_the_others_readable() -> None:
    def handler(a: NoSuchThing, b: int) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    a, b = read_signature(handler).parameters

    assert a.annotation == Unresolved("NoSuchThing")
    assert describe(a.annotation) == "NoSuchThing"
    assert b.annotation is int


def test_classes_instances_partials_and_wrapped_functions_are_read() -> None:
    class Item:
        def __init__(self, id: int) -> None: ...

    class Call:
        async def __call__(self, name: str) -> None: ...

    @functools.wraps(simple)
    def wrapper(*args: Any, **kwargs: Any) -> Any: ...

    assert [each.annotation for each in read_signature(Item).parameters] == [int]
    assert [each.annotation for each in read_signature(Call()).parameters] == [str]
    assert [each.name for each in read_signature(functools.partial(simple, None)).parameters][:2] == ["response", "id"]
    assert [each.name for each in read_signature(wrapper).parameters][:3] == ["request", "response", "id"]


def test_a_decorator_without_wraps_is_given_request_and_response() -> None:
    def wrapper(*args: Any, **kwargs: Any) -> Any: ...

    assert [each.name for each in read_signature(wrapper).parameters] == ["request", "response"]

    def more(first: int, *args: Any) -> Any: ...

    assert [each.name for each in read_signature(more).parameters] == ["first"]


def test_what_has_no_signature_is_told() -> None:
    with pytest.raises(TypeError, match="has no signature that Python can read"):
        read_signature(type)


async def coroutine() -> None: ...
def generator() -> Iterator[None]:
    yield


async def async_generator() -> AsyncIterator[None]:
    yield


async def waiting() -> AsyncIterator[None]:
    try:
        yield
    finally:
        await coroutine()


class Awaits:
    async def __call__(self) -> None: ...


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (simple, "plain"),
        (coroutine, "coroutine"),
        (generator, "generator"),
        (async_generator, "async_generator"),
        (Awaits, "plain"),
        (Awaits(), "coroutine"),
        (functools.partial(coroutine), "coroutine"),
        (functools.partial(functools.partial(async_generator)), "async_generator"),
        (len, "plain"),
    ],
)
def test_the_kind_is_what_a_call_gives(call: Any, kind: str) -> None:
    assert kind_of(call) == kind


class Unseen:
    """Like a compiled function: an async generator function whose code is not Python's."""

    async def __call__(self) -> AsyncIterator[None]:
        yield


@pytest.mark.parametrize(
    ("call", "waits"),
    [(generator, False), (async_generator, False), (waiting, True), (functools.partial(waiting), True)],
)
def test_a_generator_without_an_await_never_waits(call: Any, waits: bool) -> None:
    assert may_wait(read_signature(call)) is waits
    assert not may_wait(read_signature(Unseen()))


def test_things_are_described_as_their_author_calls_them() -> None:
    def local() -> None: ...

    assert describe(functools.partial(simple)) == "simple"
    assert describe(local).endswith("as_their_author_calls_them.local")
    assert "<locals>" not in describe(local)
    assert describe(5) == "5"


def test_the_place_is_a_file_and_a_line_where_there_is_one() -> None:
    class Plain: ...

    assert where(simple).endswith(f"test_signature.py:{simple.__code__.co_firstlineno}")
    assert where(Plain) == f"{__name__}.{Plain.__qualname__}"
    assert where(len) == "len"
    assert where(5) == "5"


def test_a_parameter_is_data() -> None:
    parameter = Parameter("it", int, (), MISSING, True, True)

    assert not parameter.has_default
    assert parameter == Parameter("it", int, (), MISSING, True, True)
