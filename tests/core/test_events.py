from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.events import EventEmitter

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class UserCreated:
    name: str


class Topic(StrEnum):
    PAID = "order.paid"


@pytest.fixture
def emitter() -> EventEmitter:
    return EventEmitter()


@pytest.fixture
def heard() -> list[Any]:
    return []


async def test_listeners_receive_what_was_emitted(emitter: EventEmitter, heard: list[Any]) -> None:
    @emitter.on("paid")
    def plain(amount: int, *, currency: str) -> None:
        heard.append((amount, currency))

    @emitter.on("paid")
    async def awaited(amount: int, *, currency: str) -> None:
        await anyio.lowlevel.checkpoint()
        heard.append((currency, amount))

    await emitter.emit("paid", 5, currency="EUR")

    assert heard == [(5, "EUR"), ("EUR", 5)]


async def test_an_instance_is_delivered_to_the_listeners_of_its_class(emitter: EventEmitter, heard: list[Any]) -> None:
    emitter.on(UserCreated, heard.append)
    emitter.on(object, heard.append)

    await emitter.emit(UserCreated("ada"))

    assert heard == [UserCreated("ada")]


async def test_a_string_enum_is_the_event_of_its_value(emitter: EventEmitter, heard: list[Any]) -> None:
    emitter.on(Topic.PAID, heard.append)

    await emitter.emit("order.paid", 1)
    await emitter.emit(Topic.PAID, 2)

    assert heard == [1, 2]


async def test_an_event_nobody_listens_to_is_no_error(emitter: EventEmitter) -> None:
    await emitter.emit("silence")


async def test_arguments_may_have_the_names_of_our_own(emitter: EventEmitter, heard: list[Any]) -> None:
    emitter.on("x", lambda **given: heard.append(given))

    await emitter.emit("x", event=1, self=2)

    assert heard == [{"event": 1, "self": 2}]


@given(st.lists(st.integers(-2, 2)))
def test_listeners_are_called_by_priority_and_then_in_the_order_they_were_added(priorities: list[int]) -> None:
    emitter = EventEmitter()
    added = [partial(print, index) for index in range(len(priorities))]
    for listener, priority in zip(added, priorities, strict=True):
        emitter.on("x", listener, priority=priority)

    order = sorted(range(len(priorities)), key=lambda index: (-priorities[index], index))

    assert emitter.listeners("x") == tuple(added[index] for index in order)


async def test_once_is_for_the_next_emission_only(emitter: EventEmitter, heard: list[Any]) -> None:
    @emitter.once("x", priority=1)
    def first(value: int) -> None:
        heard.append(value)

    emitter.once("x", heard.append)

    await emitter.emit("x", 1)
    await emitter.emit("x", 2)

    assert heard == [1, 1]
    assert not emitter.has("x")


async def test_once_holds_for_emissions_that_overlap(emitter: EventEmitter, heard: list[Any]) -> None:
    async def emit_again(value: int) -> None:
        if value == 1:
            await emitter.emit("x", 2)

    emitter.on("x", emit_again, priority=1)
    emitter.once("x", heard.append)

    await emitter.emit("x", 1)

    assert heard == [2]


async def test_a_listener_added_twice_is_called_twice_and_removed_at_once(
    emitter: EventEmitter, heard: list[Any]
) -> None:
    emitter.on("x", heard.append)
    emitter.once("x", heard.append)
    await emitter.emit("x", 1)

    assert emitter.off("x", heard.append) is True
    assert emitter.off("x", heard.append) is False
    assert heard == [1, 1]
    assert emitter.listeners("x") == ()


async def test_one_of_two_equal_single_subscriptions_does_not_use_up_the_other(
    emitter: EventEmitter, heard: list[Any]
) -> None:
    emitter.once("x", heard.append)
    emitter.once("x", heard.append)

    await emitter.emit("x", 1)

    assert heard == [1, 1]


async def test_changes_during_an_emission_count_from_the_next(emitter: EventEmitter, heard: list[Any]) -> None:
    @emitter.on("x")
    def rearrange(value: int) -> None:
        emitter.off("x", heard.append)
        emitter.off("x", rearrange)
        emitter.on("x", lambda value: heard.append(-value))

    emitter.on("x", heard.append)

    await emitter.emit("x", 1)
    await emitter.emit("x", 2)

    assert heard == [1, -2]


async def test_a_failing_listener_is_logged_and_does_not_stop_the_others(
    emitter: EventEmitter, heard: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    @emitter.on("paid\n")
    async def fails(value: int) -> None:
        raise ValueError("no")

    emitter.on("paid\n", heard.append)

    with caplog.at_level(logging.ERROR, "nexios.events"):
        await emitter.emit("paid\n", 1)

    assert heard == [1]
    [record] = caplog.records
    assert record.getMessage().endswith(r"fails of 'paid\n' failed")
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "no"


async def test_failures_are_raised_together_when_the_emission_is_strict(
    emitter: EventEmitter, heard: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    def fails(event: UserCreated) -> None:
        raise ValueError(event.name)

    class Failing:
        async def __call__(self, event: UserCreated) -> None:
            raise KeyError(event.name)

        def __repr__(self) -> str:
            return "Failing()"

    emitter.on(UserCreated, fails)
    emitter.on(UserCreated, Failing())
    emitter.on(UserCreated, heard.append)

    with pytest.raises(ExceptionGroup, match="2 of the listeners of UserCreated failed") as caught:
        await emitter.emit(UserCreated("ada"), strict=True)

    assert [type(failure) for failure in caught.value.exceptions] == [ValueError, KeyError]
    assert caught.value.exceptions[1].__notes__ == ["raised by the listener Failing()"]
    assert heard == [UserCreated("ada")]
    assert not caplog.records


async def test_a_strict_emission_without_failures_raises_nothing(emitter: EventEmitter, heard: list[Any]) -> None:
    emitter.on("x", heard.append)

    await emitter.emit("x", 1, strict=True)

    assert heard == [1]


async def test_cancellation_is_not_a_failure_of_the_listener(emitter: EventEmitter, heard: list[Any]) -> None:
    emitter.on("x", anyio.sleep_forever)
    emitter.on("x", lambda: heard.append("after"))

    with anyio.CancelScope() as scope:
        scope.cancel()
        await emitter.emit("x")

    assert scope.cancelled_caught
    assert heard == []


def test_has_says_whether_anybody_listens(emitter: EventEmitter) -> None:
    emitter.on(UserCreated, print)

    assert emitter.has(UserCreated)
    assert not emitter.has("UserCreated")


def test_decorators_return_the_function(emitter: EventEmitter) -> None:
    def listener() -> None: ...

    assert emitter.on("x")(listener) is listener
    assert emitter.once("x")(listener) is listener
    assert emitter.on("x", listener) is listener


@pytest.mark.parametrize("event", [b"x", None, UserCreated("ada")])
def test_an_event_is_a_name_or_a_class(emitter: EventEmitter, event: Any) -> None:
    for use in (emitter.listeners, lambda event: emitter.on(event, print), lambda event: emitter.off(event, print)):
        with pytest.raises(TypeError, match="an event is a name or a class, not"):
            use(event)


async def test_a_class_cannot_be_emitted(emitter: EventEmitter) -> None:
    with pytest.raises(TypeError, match=r"UserCreated is a class: emit an instance of it, UserCreated\(\.\.\.\)"):
        await emitter.emit(UserCreated)


def test_a_wildcard_is_refused_because_it_would_match_nothing(emitter: EventEmitter) -> None:
    with pytest.raises(ValueError, match=r"'user\.\*' would match nothing: there are no wildcards"):
        emitter.on("user.*", print)


def test_a_listener_must_be_callable(emitter: EventEmitter) -> None:
    with pytest.raises(TypeError, match="a listener of 'x' must be callable, 5 is not"):
        emitter.on("x", 5)  # type: ignore[call-overload]
