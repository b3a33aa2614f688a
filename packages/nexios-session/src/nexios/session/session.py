"""``request.session``: a mapping that opens itself when it is first touched, and knows what happened to it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, Protocol
from weakref import ref

from nexios import Connection
from nexios.session.exceptions import SessionError
from nexios.session.record import Record


class Keeper(Protocol):
    """Where the records behind sessions come from, and where they go."""

    now: Callable[[], float]

    def open(self, session: Session) -> Record | None:
        """The record that the request's cookie stands for, without awaiting; None for a new session."""
        ...

    async def load(self, session: Session) -> None:
        """Fetch the record, so that `open` need not wait for it."""
        ...

    async def keep(self, session: Session) -> str | None:
        """Keep what has changed. The cookie's new value, "" to delete it, None to leave it."""
        ...


class Session(MutableMapping[str, Any]):
    """The session of one request. Keys are strings, values what JSON can hold.

    Nothing is read before it is touched. *accessed* says whether it was, by any operation; `modified` whether it was
    written to. Changes inside of a value (``session["cart"].append(item)``) are found when the answer is sent.
    """

    __slots__ = ("_closed", "_connection", "_former", "_keeper", "_opened", "accessed", "fetched", "is_new", "written")

    def __init__(self, keeper: Keeper, connection: Connection) -> None:
        self._keeper = keeper
        # The connection has the session, too: two that held each other would wait for the garbage collector.
        self._connection = ref(connection)
        self._opened: Record | None = None
        self._former: str | None = None
        self._closed = False
        self.fetched: Any = None
        self.accessed: bool = False
        self.written: bool = False
        self.is_new: bool = False

    @property
    def connection(self) -> Connection:
        """The request, or the socket. Raises SessionError once nobody has it any more."""
        connection = self._connection()
        if connection is None:
            raise SessionError("the request of this session is over: touch the session, or keep the request, before")
        return connection

    # -- opening ---------------------------------------------------------------------------------------------------

    @property
    def record(self) -> Record:
        """What is kept. Opens the session. Raises StoreUnavailable when the store cannot be read."""
        opened = self._opened
        if opened is None:
            self.accessed = True
            opened = self._keeper.open(self)
            if opened is None:
                opened = self._fresh()
            self._opened = opened
        return opened

    async def load(self) -> Session:
        """Fetch the session without blocking the event loop; where it is not called, the first use fetches it."""
        if self._opened is None:
            await self._keeper.load(self)
        return self

    def _fresh(self) -> Record:
        self.is_new = True
        now = int(self._keeper.now())
        return Record(new_id(), now, now)

    # -- the mapping -----------------------------------------------------------------------------------------------

    def __getitem__(self, key: str) -> Any:
        return self.record.data[key]

    def get(self, key: str, default: Any = None) -> Any:  # not the mixin's, which raises and catches
        return self.record.data.get(key, default)

    def __setitem__(self, key: str, value: Any) -> None:
        if type(key) is not str:
            raise TypeError(f"session[{key!r}]: the keys of a session are strings")
        record = self._changing()
        record.data[key] = value
        if record.expiries:
            record.expiries.pop(key, None)

    def __delitem__(self, key: str) -> None:
        data = self.record.data
        if key not in data:
            raise KeyError(key)
        self._changing()
        del data[key]
        self.record.expiries.pop(key, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self.record.data)

    def __len__(self) -> int:
        return len(self.record.data)

    def __contains__(self, key: object) -> bool:
        return key in self.record.data

    def __or__(self, other: Any) -> dict[str, Any]:
        return {**self.record.data, **other}

    def __ior__(self, other: Any) -> Session:
        self.update(other)
        return self

    def __eq__(self, other: object) -> bool:
        return self.record.data == (other.record.data if isinstance(other, Session) else other)

    __hash__ = None  # type: ignore[assignment]  # as every mutable mapping

    def __repr__(self) -> str:  # neither opens the session nor shows what is in it
        return f"<Session {'untouched' if self._opened is None else 'open'}>"

    # -- more than a mapping ---------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """Names the session, the same in each of its requests until `regenerate`. Whoever has it has the session."""
        return self.record.id

    @property
    def new(self) -> bool:
        """Whether the client came without a session that still holds."""
        self.record  # noqa: B018  # opening it is what tells
        return self.is_new

    @property
    def modified(self) -> bool:
        """Whether a key was written or removed, or more than that was done to the session."""
        return self.written

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep."""
        return not self.record.data and not self.record.flashes

    def set(self, key: str, value: Any, *, expires_in: float) -> None:
        """Keep *value* for *expires_in* seconds at most."""
        self[key] = value
        self.record.expiries[key] = self._after(expires_in)

    def expire_in(self, seconds: float) -> None:
        """End the whole session in *seconds*, or at its timeouts, whichever comes first."""
        self._changing().ends = self._after(seconds)

    def flash(self, message: Any) -> None:
        """Keep *message* until a later request takes it with `flashed`."""
        self._changing().flashes.append(message)

    def flashed(self) -> list[Any]:
        """Take the messages left by `flash`, in order."""
        messages = self.record.flashes
        if messages:
            self._changing().flashes = []
        return messages

    def regenerate(self) -> None:
        """Go on under a new id, with the same data; the old id is dead. Call it when a user logs in."""
        record = self._changing()
        self._bury(record.id)
        record.id = new_id()

    def invalidate(self) -> None:
        """Forget everything, here and in the store; what is written afterwards begins a new session."""
        self._bury(self._changing().id)
        self._opened = self._fresh()

    @property
    def former(self) -> str | None:
        """The id that `regenerate` or `invalidate` has ended, if the store may know it."""
        return self._former

    @property
    def is_invalidated(self) -> bool:
        return self._former is not None and self.is_new

    def close(self) -> None:
        """The answer's headers are written: what is changed from now on could not be kept."""
        self._closed = True

    def _bury(self, name: str) -> None:
        if self._former is None and not self.is_new:
            self._former = name

    def _changing(self) -> Record:
        if self._closed:  # or a WebSocket, which has no answer that could set a cookie
            raise SessionError("the session is written with the answer's headers, which are sent: change it before")
        self.written = True
        return self.record

    def _after(self, seconds: float) -> int:
        if not seconds > 0:
            raise ValueError(f"a session cannot expire in {seconds!r} seconds: use a number above 0, or invalidate()")
        return int(self._keeper.now() + seconds)


def new_id() -> str:
    """256 random bits, as 43 characters."""
    return secrets.token_urlsafe(32)
