"""Passwords: hashed slowly, away from the event loop, and with the same work whether or not the user exists."""

from __future__ import annotations

import logging
import secrets
import threading
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol, TypeVar

import anyio
from anyio import to_thread

from nexios.auth.perloop import PerLoop
from nexios.exceptions import BadRequest, ConfigurationError

argon2: Any = None
with suppress(ImportError):  # the extra nexios-auth[passwords] is not installed
    import argon2

logger = logging.getLogger("nexios.auth")

T = TypeVar("T")
# Longer than any passphrase; hashing what is longer would be work that a stranger orders.
LONGEST: Final = 1_024


class Engine(Protocol):
    """What hashes: `argon2.PasswordHasher`, or anything that has its three methods."""

    def hash(self, password: str, /) -> str: ...

    def verify(self, hash: str, password: str, /) -> bool:
        """Whether they fit; an exception means that they do not."""
        ...

    def check_needs_rehash(self, hash: str, /) -> bool: ...


class PasswordHasher:
    """Argon2id with the parameters of RFC 9106 for machines with little memory: 64 MiB and some 50 ms for each hash.

    At most *threads* are hashed at a time; more of them wait. *engine* is something else that hashes.
    """

    def __init__(self, *, threads: int = 4, engine: Engine | None = None) -> None:
        if threads < 1:
            raise ConfigurationError(f"threads={threads!r}: at least one must hash")
        self._engine: Engine = _argon2() if engine is None else engine
        self._limiter = PerLoop(lambda: anyio.CapacityLimiter(threads))
        self._lock = threading.Lock()
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to keep, with salt and parameters in it. Raises BadRequest for more than 1 024 bytes."""
        checked = check_password(password)
        return await self._run(lambda: self._engine.hash(checked))

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether *hashed* is of *password*; None where there is no such user, which takes exactly as long.

        Raises BadRequest for more than 1 024 bytes, before anything is hashed.
        """
        checked = check_password(password)
        return await self._run(lambda: self._verify(checked, hashed))

    def needs_rehash(self, hashed: str) -> bool:
        """Whether *hashed* was made with other parameters: then hash the password anew, at the login that proves it."""
        return self._engine.check_needs_rehash(hashed)

    def _verify(self, password: str, hashed: str | None) -> bool:
        decoy = self._get_decoy()
        fits = self._fits(decoy if hashed is None else hashed, password)
        return fits and hashed is not None

    def _fits(self, hashed: str, password: str) -> bool:
        try:
            return self._engine.verify(hashed, password)
        except Exception as error:
            if not _is_mismatch(error):
                # It was not hashed with; do the work all the same, so that nobody can tell.
                logger.error("a stored password hash cannot be read: %s", type(error).__name__)
                with suppress(Exception):
                    self._engine.verify(self._get_decoy(), password)
            return False

    def _get_decoy(self) -> str:
        """A hash that no password fits, made before the first is verified, whoever asks."""
        with self._lock:
            if self._decoy is None:
                self._decoy = self._engine.hash(secrets.token_urlsafe(32))
            return self._decoy

    async def _run(self, work: Callable[[], T]) -> T:
        return await to_thread.run_sync(work, limiter=self._limiter.get())


def check_password(password: str) -> str:
    """*password* as it is hashed: in NFC, so that each keyboard writes the same (RFC 8265 section 4.2).

    Raises BadRequest for one that is empty or has more than 1 024 bytes.
    """
    try:
        size = len(password.encode("utf-8"))
    except UnicodeEncodeError:
        raise BadRequest("the password is not Unicode") from None
    if not 0 < size <= LONGEST:
        raise BadRequest(f"the password has {size} bytes; it must have 1 to {LONGEST}")
    return unicodedata.normalize("NFC", password)


def _argon2() -> Engine:
    if argon2 is None:
        raise ConfigurationError('PasswordHasher needs argon2-cffi: pip install "nexios-auth[passwords]"')
    engine: Engine = argon2.PasswordHasher()
    return engine


def _is_mismatch(error: Exception) -> bool:
    return argon2 is not None and isinstance(error, argon2.exceptions.VerifyMismatchError)
