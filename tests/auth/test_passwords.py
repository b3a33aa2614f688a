"""Hashing passwords: off the event loop, bounded, and with the same work for everybody."""

from __future__ import annotations

import logging
import threading

import anyio
import pytest

from nexios.auth.passwords import PasswordHasher
from nexios.exceptions import BadRequest, ConfigurationError

pytestmark = pytest.mark.anyio


class Counting:
    """An engine that does nothing but count, and remember on which threads."""

    def __init__(self) -> None:
        self.work: list[str] = []
        self.threads: set[int] = set()
        self.running = self.most = 0
        self.gate: threading.Event | None = None
        self.two = threading.Event()
        self._lock = threading.Lock()

    def hash(self, password: str) -> str:
        self._note("hash")
        return f"hash of {password}"

    def verify(self, hash: str, password: str) -> bool:
        self._note("verify")
        if not hash.startswith("hash of "):
            raise ValueError(hash)
        return hash == f"hash of {password}"

    def check_needs_rehash(self, hash: str) -> bool:
        return hash != "hash of new"

    def _note(self, what: str) -> None:
        with self._lock:
            self.work.append(what)
            self.threads.add(threading.get_ident())
            self.running += 1
            self.most = max(self.most, self.running)
            if self.running == 2:
                self.two.set()
        if self.gate is not None:
            self.gate.wait(10)
        with self._lock:
            self.running -= 1


async def test_a_password_fits_its_own_hash_only() -> None:
    argon2 = pytest.importorskip("argon2", reason="nexios-auth[passwords] is not installed")
    hasher = PasswordHasher(engine=argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))

    hashed = await hasher.hash("correct horse")

    assert hashed.startswith("$argon2id$v=19$")
    assert (await PasswordHasher().hash("correct horse")).startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await hasher.verify("correct horse", hashed)
    assert not await hasher.verify("wrong horse", hashed)
    assert not await hasher.verify("correct horse", None)
    assert not await hasher.verify("correct horse", "not a hash")
    assert not hasher.needs_rehash(hashed)
    assert hasher.needs_rehash("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$" + "A" * 43)


@pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])
async def test_an_unknown_user_takes_the_same_work_as_a_wrong_password(is_first: bool) -> None:
    """Counted, not measured: whoever can tell the two apart can list the users."""
    work: dict[str, list[str]] = {}
    for case, hashed in {"right": "hash of a", "wrong": "hash of b", "unknown": None, "broken": "$2b$x"}.items():
        engine = Counting()
        hasher = PasswordHasher(engine=engine)
        if not is_first:
            await hasher.verify("x", "hash of x")
            engine.work.clear()
        assert await hasher.verify("a", hashed) is (case == "right")
        work[case] = engine.work

    expected = ["hash", "verify"] if is_first else ["verify"]
    assert work["right"] == work["wrong"] == work["unknown"] == expected
    # An engine refuses a hash that it cannot read at once, so the work is done with another one.
    assert work["broken"] == [*expected, "verify"]


async def test_a_hash_that_cannot_be_read_is_logged_without_being_shown(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "nexios.auth"):
        await PasswordHasher(engine=Counting()).verify("tr0ub4dor", "$2b$hash")

    assert caplog.messages == ["a stored password hash cannot be read: ValueError"]


@pytest.mark.parametrize("password", ["x" * 1_025, "é" * 513, "", "\ud800"])
async def test_what_is_no_password_is_refused_before_anything_is_hashed(password: str) -> None:
    engine = Counting()
    hasher = PasswordHasher(engine=engine)

    for attempt in (hasher.hash(password), hasher.verify(password, None), hasher.verify(password, "hash of x")):
        with pytest.raises(BadRequest) as refused:
            await attempt
        assert refused.value.status == 400
        assert len(password) < 2 or password not in str(refused.value)

    assert engine.work == []


async def test_the_longest_password_is_hashed_whole() -> None:
    hasher = PasswordHasher(engine=Counting())

    assert await hasher.hash("x" * 1_024) == "hash of " + "x" * 1_024


async def test_a_password_is_the_same_however_the_keyboard_composes_it() -> None:
    hasher = PasswordHasher(engine=Counting())

    assert await hasher.verify("cafe\u0301", await hasher.hash("caf\u00e9"))


async def test_hashing_leaves_the_event_loop_free_and_is_bounded() -> None:
    engine = Counting()
    engine.gate = threading.Event()
    hasher = PasswordHasher(threads=2, engine=engine)
    ticks = 0

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(hasher.hash, "x")
        assert await anyio.to_thread.run_sync(engine.two.wait, 10)
        for _ in range(100):
            await anyio.lowlevel.checkpoint()
            ticks += 1
        engine.gate.set()

    assert (ticks, engine.most, len(engine.work)) == (100, 2, 8)
    assert threading.get_ident() not in engine.threads


async def test_what_cannot_hash_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nexios.auth.passwords.argon2", None)

    with pytest.raises(ConfigurationError, match=r'needs argon2-cffi: pip install "nexios-auth\[passwords\]"'):
        PasswordHasher()
    with pytest.raises(ConfigurationError, match="threads=0"):
        PasswordHasher(threads=0, engine=Counting())
