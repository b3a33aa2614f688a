"""Pairs of tokens, of which one is good once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio
import pytest

from nexios.auth.exceptions import InvalidToken, StoreUnavailable
from nexios.auth.jwt import Key, MemoryTokenStore, TokenIssuer, TokenPair, TokenPairs, Verifier
from nexios.exceptions import ConfigurationError
from tests.auth.jwt.forging import NOW, SECRET

pytestmark = pytest.mark.anyio

DAY = 86_400


class World:
    """An issuer with pairs, a verifier of access tokens, and the clock that all of them read."""

    def __init__(self, **settings: Any) -> None:
        self.time = NOW
        self.store = MemoryTokenStore(now=self.now)
        issuer = TokenIssuer(Key.hmac(SECRET), issuer="https://here", audience="api", now=self.now)
        self.verifier = Verifier(Key.hmac(SECRET), issuer="https://here", audience="api", now=self.now)
        self.pairs = TokenPairs(issuer, self.store, **settings)

    def now(self) -> float:
        return self.time

    async def refusal(self, token: str) -> str:
        with pytest.raises(InvalidToken) as refused:
            await self.pairs.refresh(token)
        return refused.value.reason

    async def is_revoked(self, pair: TokenPair) -> bool:
        return await self.store.is_revoked((await self.verifier.verify(pair.access_token))["sid"])


@pytest.fixture
def world() -> World:
    return World()


async def test_a_pair_is_renewed_with_the_same_subject_scopes_and_claims(world: World) -> None:
    first = await world.pairs.issue("7", scopes=["read", "write"], tenant="acme")

    second = await world.pairs.refresh(first.refresh_token)

    old, new = [await world.verifier.verify(pair.access_token) for pair in (first, second)]
    assert {**old, "jti": ""} == {**new, "jti": ""}
    assert (new["sub"], new["scope"], new["tenant"]) == ("7", "read write", "acme")
    assert second.document() == {
        "access_token": second.access_token,
        "token_type": "Bearer",
        "expires_in": 600,
        "refresh_token": second.refresh_token,
        "scope": "read write",
    }


async def test_a_refresh_token_that_comes_twice_ends_the_login_for_whoever_has_it(world: World) -> None:
    stolen = await world.pairs.issue("7")
    used = await world.pairs.refresh(stolen.refresh_token)
    other = await world.pairs.issue("7")

    assert await world.refusal(stolen.refresh_token) == "it was used before"

    assert await world.refusal(used.refresh_token) == "the login has ended"
    assert await world.is_revoked(stolen)
    assert await world.is_revoked(used)
    assert not await world.is_revoked(other)
    assert await world.pairs.refresh(other.refresh_token)


async def test_of_many_at_once_one_is_renewed_and_the_login_ends(world: World) -> None:
    pair = await world.pairs.issue("7")
    outcomes: list[str] = []

    async def refresh() -> None:
        try:
            await world.pairs.refresh(pair.refresh_token)
            outcomes.append("renewed")
        except InvalidToken as refused:
            outcomes.append(refused.reason)

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(refresh)

    assert outcomes.count("renewed") == 1
    assert await world.is_revoked(pair)


async def test_each_renewal_lasts_and_the_login_as_a_whole_ends(world: World) -> None:
    pair = await world.pairs.issue("7")

    for _ in range(3):
        world.time += 29 * DAY
        pair = await world.pairs.refresh(pair.refresh_token)
    world.time += 3 * DAY

    assert await world.refusal(pair.refresh_token) == "it has expired"


async def test_a_refresh_token_that_is_not_used_expires(world: World) -> None:
    pair = await world.pairs.issue("7")
    world.time += 30 * DAY

    assert await world.refusal(pair.refresh_token) == "it has expired"


async def test_logging_out_ends_both_tokens(world: World) -> None:
    pair = await world.pairs.issue("7")

    await world.pairs.revoke(pair.refresh_token)

    assert await world.refusal(pair.refresh_token) == "the login has ended"
    assert await world.is_revoked(pair)


async def test_no_token_is_taken_for_one_of_the_other_kind(world: World) -> None:
    pair = await world.pairs.issue("7")

    assert await world.refusal(pair.access_token) == "it is of another kind, as its typ says"
    with pytest.raises(InvalidToken):
        await world.verifier.verify(pair.refresh_token)
    with pytest.raises(InvalidToken, match="for another audience"):
        # A verifier that is not ours may know nothing of typ; it knows its audience.
        await Verifier(Key.hmac(SECRET), audience="api", typ="rt+jwt", now=world.now).verify(pair.refresh_token)


async def test_the_application_may_change_claims_or_end_the_login_when_a_pair_is_renewed() -> None:
    seen: list[tuple[str, Mapping[str, Any]]] = []
    answers: list[Mapping[str, Any] | None] = [{"role": "reader"}, None]

    async def renew(subject: str, claims: Mapping[str, Any]) -> Mapping[str, Any] | None:
        seen.append((subject, claims))
        return answers.pop(0)

    world = World(renew=renew)
    first = await world.pairs.issue("7", role="admin")

    second = await world.pairs.refresh(first.refresh_token)

    assert (await world.verifier.verify(second.access_token))["role"] == "reader"
    assert await world.refusal(second.refresh_token) == "the login has ended"
    assert await world.is_revoked(second)
    assert seen == [("7", {"role": "admin"}), ("7", {"role": "reader"})]


async def test_a_store_that_is_full_of_logins_forgets_the_oldest() -> None:
    world = World()
    world.pairs.store = MemoryTokenStore(most=2, now=world.now)
    pairs = [await world.pairs.issue("7") for _ in range(3)]

    assert await world.refusal(pairs[0].refresh_token) == "the login has ended"
    assert await world.pairs.refresh(pairs[2].refresh_token)


async def test_a_key_that_no_longer_signs_may_still_renew() -> None:
    old, new = Key.hmac(SECRET, kid="old"), Key.generate(kid="new")
    store = MemoryTokenStore()
    pair = await TokenPairs(TokenIssuer(old), store).issue("7")

    renewed = await TokenPairs(TokenIssuer(new), store, former=[old]).refresh(pair.refresh_token)

    assert (await Verifier(new).verify(renewed.access_token))["sub"] == "7"


async def test_a_pair_shows_neither_token(world: World) -> None:
    pair = await world.pairs.issue("7", scopes="read")

    assert repr(pair) == "TokenPair(expires_in=600, scope='read')"


async def test_what_would_make_no_sense_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="claims sid"):
        await world.pairs.issue("7", sid="mine")
    with pytest.raises(ConfigurationError, match="lifetime=0"):
        World(lifetime=0)
    with pytest.raises(ConfigurationError, match="longest=5"):
        World(lifetime=10, longest=5)


# -- the store in memory --------------------------------------------------------------------------------------------


async def test_a_revocation_is_forgotten_once_the_token_has_expired_anyway() -> None:
    now = 0.0
    store = MemoryTokenStore(now=lambda: now)
    await store.revoke("a", 10)

    assert await store.is_revoked("b", "a")
    now = 10
    assert not await store.is_revoked("b", "a")


async def test_a_store_full_of_revocations_refuses_to_forget_one() -> None:
    now = 0.0
    store = MemoryTokenStore(most=100, now=lambda: now)
    for number in range(100):
        await store.revoke(f"token {number}", 10)

    await store.revoke("token 7", 20)
    with pytest.raises(StoreUnavailable):
        await store.revoke("one more", 10)
    now = 10
    await store.revoke("one more", 10)

    assert await store.is_revoked("token 7")
    assert len(store) == 2


async def test_a_store_must_hold_something() -> None:
    with pytest.raises(ValueError, match="most is 0"):
        MemoryTokenStore(most=0)
