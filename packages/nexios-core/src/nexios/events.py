"""Events: what happened, told to whoever asked to hear of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any, NamedTuple, TypeAlias, TypeVar, overload

Listener: TypeAlias = Callable[..., object]
Event: TypeAlias = str | type[Any]
ListenerT = TypeVar("ListenerT", bound=Listener)

_log = logging.getLogger("nexios.events")


class _Subscription(NamedTuple):
    listener: Listener
    priority: int
    once: bool


class EventEmitter:
    """Listeners by event: a name (``"user.created"``) or a class, whose instances are then what is emitted.

    An event has exactly the listeners of its own name or class: there are no wildcards and no inheritance.
    Listeners run one after the other, higher *priority* first, then in the order they were added; a plain function
    runs in the event loop, a coroutine is awaited. Whoever is added or removed during an emission counts from the next.
    """

    __slots__ = ("subscriptions",)

    def __init__(self) -> None:
        # Tuples are replaced, never changed: an emission walks the one it started with.
        self.subscriptions: dict[Event, tuple[_Subscription, ...]] = {}

    @overload
    def on(self, event: Event, listener: ListenerT, *, priority: int = 0) -> ListenerT: ...
    @overload
    def on(self, event: Event, *, priority: int = 0) -> Callable[[ListenerT], ListenerT]: ...
    def on(self, event: Event, listener: Listener | None = None, *, priority: int = 0) -> Any:
        """Call *listener* at each *event*; without one, decorate it. Added twice, it is called twice."""
        return self._subscribe(event, listener, priority=priority, once=False)

    @overload
    def once(self, event: Event, listener: ListenerT, *, priority: int = 0) -> ListenerT: ...
    @overload
    def once(self, event: Event, *, priority: int = 0) -> Callable[[ListenerT], ListenerT]: ...
    def once(self, event: Event, listener: Listener | None = None, *, priority: int = 0) -> Any:
        """Like ``on``, for the next emission only."""
        return self._subscribe(event, listener, priority=priority, once=True)

    def off(self, event: Event, listener: Listener) -> bool:
        """Remove *listener* from *event*, however often it was added; False when it was not there."""
        _check_event(event)
        before = self.subscriptions.get(event, ())
        after = tuple(subscription for subscription in before if subscription.listener != listener)
        self._replace(event, after)
        return len(after) < len(before)

    def has(self, event: Event) -> bool:
        return event in self.subscriptions

    def listeners(self, event: Event) -> tuple[Listener, ...]:
        """Who would be called, in that order."""
        _check_event(event)
        return tuple(subscription.listener for subscription in self.subscriptions.get(event, ()))

    async def emit(self, event: object, /, *args: Any, strict: bool = False, **kwargs: Any) -> None:
        """Call the listeners of *event*: a name with its arguments, or an instance, which is then the first argument.

        A listener that raises does not stop the others. What it raised is logged; with *strict* it is raised instead,
        as one ExceptionGroup when all have run.
        """
        key = _key_of(event)
        if key is not event:
            args = (event, *args)
        failures: list[Exception] = []
        for listener in self._due(key):
            try:
                answer = listener(*args, **kwargs)
                if isinstance(answer, Awaitable):
                    await answer
            except Exception as failure:
                if not strict:
                    _log.exception("listener %s of %s failed", _name(listener), _name(key))
                    continue
                failure.add_note(f"raised by the listener {_name(listener)}")
                failures.append(failure)
        if failures:
            raise ExceptionGroup(f"{len(failures)} of the listeners of {_name(key)} failed", failures)

    def _due(self, event: Event) -> Iterator[Listener]:
        for subscription in self.subscriptions.get(event, ()):
            if not subscription.once or self._take(event, subscription):
                yield subscription.listener

    def _subscribe(self, event: Event, listener: Listener | None, *, priority: int, once: bool) -> Any:
        _check_event(event)
        if listener is None:
            return partial(self._subscribe, event, priority=priority, once=once)
        if not callable(listener):
            raise TypeError(f"a listener of {_name(event)} must be callable, {listener!r} is not")
        everyone = (*self.subscriptions.get(event, ()), _Subscription(listener, priority, once))
        self._replace(event, tuple(sorted(everyone, key=lambda subscription: -subscription.priority)))
        return listener

    def _take(self, event: Event, taken: _Subscription) -> bool:
        """Remove *taken*; False when an emission that runs at the same time was faster."""
        before = self.subscriptions.get(event, ())
        after = tuple(subscription for subscription in before if subscription is not taken)
        self._replace(event, after)
        return len(after) < len(before)

    def _replace(self, event: Event, subscriptions: tuple[_Subscription, ...]) -> None:
        # An event without listeners is not kept, so that has() is one look into the dict.
        if subscriptions:
            self.subscriptions[event] = subscriptions
        else:
            self.subscriptions.pop(event, None)


def _check_event(event: object) -> None:
    if not isinstance(event, str | type):
        raise TypeError(f"an event is a name or a class, not {event!r}: listen to type(event) to hear of its instances")
    if isinstance(event, str) and "*" in event:
        raise ValueError(f"{event!r} would match nothing: there are no wildcards, listen to each event by its name")


def _key_of(event: object) -> Event:
    if isinstance(event, type):
        raise TypeError(f"{event.__qualname__} is a class: emit an instance of it, {event.__qualname__}(...)")
    return event if isinstance(event, str) else type(event)


def _name(thing: object) -> str:
    """An event's or listener's name, escaped: it ends up in log lines."""
    return repr(thing) if isinstance(thing, str) else getattr(thing, "__qualname__", None) or repr(thing)
