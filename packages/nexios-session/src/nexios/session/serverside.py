"""Sessions that live in a store; the cookie holds nothing but their id."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from nexios.session.config import SessionConfig
from nexios.session.exceptions import StoreUnavailable
from nexios.session.record import Record, decode, merge
from nexios.session.session import Session
from nexios.session.stores.protocol import ReadsAtOnce, Store

logger = logging.getLogger("nexios.session")

# What `new_id` makes; everything else is answered without asking the store.
_ID = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
# Of writers that meet, one is done in each round.
_MOST_ROUNDS = 100


class Fetched(NamedTuple):
    """What the store answered."""

    raw: bytes | None
    error: StoreUnavailable | None = None


class StoreKeeper:
    """Loads records, finds out what changed, and lets two requests that changed one session both be kept."""

    def __init__(self, name: str, store: Store, config: SessionConfig, now: Callable[[], float]) -> None:
        self.name = name
        self.now = now
        self.store: Any = store
        self.reads_at_once = isinstance(self.store, ReadsAtOnce)
        self.is_local = isinstance(self.store, ReadsAtOnce) and self.store.is_local
        self._idle = config.idle_timeout
        self._absolute = config.absolute_timeout
        self._may_be_empty = config.on_error == "empty"

    def open(self, session: Session) -> Record | None:
        name = self._id_of(session)
        if name is None:
            return None
        if session.fetched is None:
            session.fetched = self._fetch_now(name)
        fetched: Fetched = session.fetched
        if fetched.error is not None:
            if self._may_be_empty:
                return None
            raise fetched.error
        record = decode(fetched.raw) if fetched.raw is not None else None
        now = int(self.now())
        # The idle timeout is the store's: every use of the session begins it anew there.
        if record is None or record.id != name or record.is_over(now, self._absolute):
            return None
        record.forget_expired(now)
        return record

    async def load(self, session: Session) -> None:
        name = self._id_of(session)
        if name is None or session.fetched is not None:
            return
        try:
            session.fetched = Fetched(await self.store.load(key_of(name), self._idle))
        except StoreUnavailable as error:
            session.fetched = self._failed(error)

    def _fetch_now(self, name: str) -> Fetched:
        try:
            return Fetched(self.store.load_now(key_of(name), self._idle))
        except StoreUnavailable as error:
            return self._failed(error)

    @staticmethod
    def _failed(error: StoreUnavailable) -> Fetched:
        logger.warning("the session store cannot be read: %r", error.__cause__)
        return Fetched(None, error)

    def _id_of(self, session: Session) -> str | None:
        cookie = session.connection.cookies.get(self.name)
        return cookie if cookie is not None and _ID.fullmatch(cookie) else None

    # -- keeping ---------------------------------------------------------------------------------------------------

    async def keep(self, session: Session) -> str | None:
        if session.fetched is not None and session.fetched.error is not None:
            return None  # empty because the store was away: what is in it now must not replace what is in the store
        try:
            return await self._keep(session)
        except StoreUnavailable as error:
            logger.warning("the session store cannot be written: %r", error.__cause__)
            if self._may_be_empty:
                return None
            raise

    async def _keep(self, session: Session) -> str | None:
        record = session.record
        raw = None if session.is_new else session.fetched.raw
        value: str | None = None
        if session.is_empty:
            if session.written and raw is not None:
                await self.store.delete(key_of(record.id))
            value = "" if session.written and self.name in session.connection.cookies else None
        elif session.is_new or session.former is not None:
            await self._save(record, None)
            value = record.id
        elif session.written or record.encode() != raw:
            await self._save(record, raw)
        if session.former is not None:
            await self.store.delete(key_of(session.former))
        return value

    async def _save(self, mine: Record, replaces: bytes | None) -> None:
        """Write *mine*; where another request was faster, what both have changed."""
        base = decode(replaces) if replaces is not None else None
        record = mine
        for _ in range(_MOST_ROUNDS):
            record.seen = int(self.now())
            # Never longer than the absolute timeout, which reading does not know of.
            seconds = max(1, min(self._idle, record.created + self._absolute - record.seen))
            conflict = await self.store.save(key_of(record.id), record.encode(), seconds, replaces)
            if conflict is None:
                return
            theirs = decode(conflict.current) if conflict.current is not None else None
            if theirs is None or base is None:
                logger.info("a session ended while a request was changing it; the change is dropped")
                return
            replaces = conflict.current
            record = merge(base, mine, theirs)
        raise StoreUnavailable


def key_of(name: str) -> str:
    """What the store knows a session by: whoever reads the store cannot make a cookie of it."""
    return hashlib.sha256(name.encode()).hexdigest()
