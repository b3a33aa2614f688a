"""Slowing down whoever guesses passwords."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from nexios import NexiosApp, Request
from nexios.auth.exceptions import AuthenticationFailed, StoreUnavailable
from nexios.auth.throttle import AttemptStore, Limit, LoginThrottle, MemoryAttemptStore, account_key, address_key
from nexios.exceptions import ConfigurationError
from nexios.testing import TestClient
from tests.auth.clock import Clock

pytestmark = pytest.mark.anyio


def site(throttle: LoginThrottle) -> NexiosApp:
    """An application in which every password is "right"."""
    app = NexiosApp(plugins=["auth"])

    @app.post("/login")
    async def log_in(request: Request) -> dict[str, str]:
        given = await request.json()
        async with throttle.attempt(request, given["name"]):
            if given["password"] != "right":
                raise AuthenticationFailed
        return {"hello": given["name"]}

    return app


async def try_password(
    client: TestClient, name: str = "zoe", password: str | None = None, **headers: str
) -> tuple[int, str | None]:
    given = {"name": name, "password": password or "wrong"}
    answer = await client.post("/login", json=given, headers=headers)
    return answer.status_code, answer.headers.get("retry-after")


async def test_after_a_few_wrong_passwords_an_account_is_closed_for_a_while() -> None:
    clock = Clock()
    throttle = LoginThrottle(account=Limit(3, 60), store=MemoryAttemptStore(now=clock))
    async with TestClient(site(throttle)) as client:
        assert [await try_password(client) for _ in range(3)] == [(401, None)] * 3

        clock.time += 20.5
        assert await try_password(client) == (429, "40")
        assert await try_password(client, password="right") == (429, "40")
        assert await try_password(client, name="other") == (401, None)
        clock.time += 39.5
        assert await try_password(client, password="right") == (200, None)


async def test_the_right_password_forgives_the_wrong_ones() -> None:
    async with TestClient(site(LoginThrottle(account=Limit(3, 60)))) as client:
        for _ in range(5):
            for password, status in (("wrong", 401), ("wrong", 401), ("right", 200)):
                assert (await try_password(client, password=password))[0] == status


async def test_one_client_cannot_try_one_password_at_every_account() -> None:
    throttle = LoginThrottle(address=Limit(5, 60))
    async with TestClient(site(throttle)) as client:
        statuses = [(await try_password(client, name=f"user {number}"))[0] for number in range(8)]

    assert statuses == [401] * 5 + [429] * 3


async def test_knowing_one_password_does_not_open_the_way_to_guess_others() -> None:
    throttle = LoginThrottle(address=Limit(5, 60))
    statuses = []
    async with TestClient(site(throttle)) as client:
        for number in range(10):
            statuses.append((await try_password(client, name=f"user {number}"))[0])
            await try_password(client, name="mine", password="right")

    assert statuses == [401] * 5 + [429] * 5


async def test_an_address_that_a_client_makes_up_changes_nothing() -> None:
    throttle = LoginThrottle(address=Limit(3, 60))
    async with TestClient(site(throttle)) as client:
        statuses = [
            (await try_password(client, name=f"{number}", **{"x-forwarded-for": f"10.0.0.{number}"}))[0]
            for number in range(6)
        ]

    assert statuses == [401] * 3 + [429] * 3


async def test_a_hundred_at_once_are_no_more_than_one_after_the_other() -> None:
    throttle = LoginThrottle(account=Limit(10, 60), address=None)
    statuses: list[int] = []

    async with TestClient(site(throttle)) as client, anyio.create_task_group() as group:

        async def guess() -> None:
            statuses.append((await try_password(client))[0])

        for _ in range(100):
            group.start_soon(guess)

    assert sorted(statuses) == [401] * 10 + [429] * 90


class Down:
    """A store that cannot be reached."""

    async def count(self, key: str, limit: Limit) -> float:
        raise StoreUnavailable

    uncount = forget = count


async def test_while_the_store_is_down_nobody_gets_in() -> None:
    async with TestClient(site(LoginThrottle(store=Down()))) as client:  # type: ignore[arg-type]  # it only raises
        assert (await try_password(client, password="right"))[0] == 503


@pytest.mark.parametrize("name", ["ZOE", "zoe ", "\tzoe", "\uff5a\uff4f\uff45", "Zoe\u00a0"])
async def test_an_account_is_the_same_however_it_is_written(name: str) -> None:
    assert account_key(name) == account_key("zoe")


@pytest.mark.parametrize("name", ["", "x" * 1_000_000, "\ud800", "a:b\r\n*", "\0"])
async def test_whatever_is_called_an_account_has_a_short_key(name: str) -> None:
    assert len(account_key(name)) == len("account:") + 64


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("1.2.3.4", "::ffff:1.2.3.4", True),
        ("1.2.3.4", "1.2.3.5", False),
        ("2001:db8::1", "2001:db8::ffff:1:2:3", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::1%eth1", True),
        ("2001:DB8:0:0::1", "2001:db8::1", True),
        (None, "testclient", True),
        ("", "999.1.1.1", True),
    ],
)
async def test_a_client_is_the_same_however_its_address_is_written(
    one: str | None, other: str | None, is_same: bool
) -> None:
    assert (address_key(one) == address_key(other)) is is_same


async def test_the_store_in_memory_is_bounded() -> None:
    store = MemoryAttemptStore(most=100)
    for number in range(1_000):
        await store.count(f"account {number}", Limit(1, 60))

    assert len(store) == 100
    assert await store.count("account 999", Limit(1, 60)) > 0
    assert isinstance(store, AttemptStore)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: LoginThrottle(account=None, address=None), "would throttle nothing"),
        (lambda: Limit(0, 60), "at least one attempt"),
        (lambda: Limit(5, 0), "one second"),
    ],
)
async def test_what_would_throttle_nothing_is_refused(make: Any, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        make()
    with pytest.raises(ValueError, match="most is 0"):
        MemoryAttemptStore(most=0)
