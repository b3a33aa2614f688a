"""What a store must do, and how one is found by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple, Protocol, runtime_checkable

from nexios import NexiosApp
from nexios.discovery import installed
from nexios.exceptions import ConfigurationError
from nexios.suggestion import did_you_mean

GROUP = "nexios.session.stores"
_OURS = ("file", "memory", "redis")

OpenStore = Callable[[NexiosApp, Mapping[str, Any]], "Store"]


class Conflict(NamedTuple):
    """Another record stands where one was to be replaced; None where it is gone."""

    current: bytes | None


@runtime_checkable
class Store(Protocol):
    """Keeps records, which are bytes, by keys, which are 64 hexadecimal digits and never what a client sent.

    Each method raises StoreUnavailable when it cannot do its work, having done nothing.
    """

    async def load(self, key: str, seconds: int) -> bytes | None:
        """The record, which from now on is kept for *seconds* more; None where there is none."""
        ...

    async def save(self, key: str, record: bytes, seconds: int, replaces: bytes | None) -> Conflict | None:
        """Keep *record* for *seconds*, in one step, if what stands there is still *replaces* (None: nothing)."""
        ...

    async def delete(self, key: str) -> None:
        """Forget the record, if there is one."""
        ...


@runtime_checkable
class ReadsAtOnce(Protocol):
    """A store that can also read without awaiting. Without it, sessions are loaded before every handler.

    *is_local* says that this takes microseconds, and not a network.
    """

    is_local: bool

    def load_now(self, key: str, seconds: int) -> bytes | None:
        """As `Store.load`."""
        ...


def open_named(name: str, app: NexiosApp, options: Mapping[str, Any]) -> Store:
    """The store called *name*. Raises ConfigurationError for one that is not installed, or for wrong *options*."""
    open_store = _find(name)
    try:
        store = open_store(app, options)
    except TypeError as error:
        raise ConfigurationError(f"session.options does not fit the store {name!r}: {error}") from error
    if not isinstance(store, Store):
        raise ConfigurationError(
            f"the session store {name!r} is a {type(store).__name__} without load, save and delete"
        )
    return store


def _find(name: str) -> OpenStore:
    if name in _OURS:
        found: OpenStore = import_module(f"nexios.session.stores.{name}").open_store
        return found
    others = {entry.name: entry for entry in installed(GROUP)}
    if name not in others:
        known = ["cookie", *_OURS, *others]
        raise ConfigurationError(
            f"session.store is {name!r}; {did_you_mean(name, known)} There are: {', '.join(known)}"
        )
    loaded: OpenStore = others[name].load()
    return loaded
