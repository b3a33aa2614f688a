"""The keys of another issuer, from a real server that is slow, broken, hostile, or changes its mind."""

from __future__ import annotations

import gzip
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import anyio
import pytest

from nexios.auth.exceptions import InvalidToken, StoreUnavailable
from nexios.auth.fetch import FetchError, fetch
from nexios.auth.jwt import Key, RemoteKeys, TokenIssuer, Verifier
from nexios.auth.jwt.jwks import read_key_set
from nexios.exceptions import ConfigurationError
from tests.auth.jwt.forging import segment
from tests.auth.publisher import Publisher, publish, write

pytest.importorskip("cryptography", reason="nexios-auth[oauth] is not installed")
pytest.importorskip("httpx", reason="nexios-auth[oauth] is not installed")

pytestmark = pytest.mark.anyio


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publish() as server:
        yield server


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


ONE, TWO = Key.generate("ES256", kid="one"), Key.generate("ES256", kid="two")


def key_set(*keys: Key) -> dict[str, Any]:
    return {"keys": [key.public_jwk() for key in keys]}


def remote(publisher: Publisher, time: Time, **settings: Any) -> Verifier:
    publisher.answers.setdefault("/keys", key_set(ONE))
    return Verifier(RemoteKeys(f"{publisher.url}/keys", algorithms=["ES256"], now=time, **settings))


async def subject(verifier: Verifier, key: Key) -> str:
    return str((await verifier.verify(TokenIssuer(key).access_token("7")))["sub"])


async def refusal(verifier: Verifier, key: Key) -> str:
    with pytest.raises(InvalidToken) as refused:
        await subject(verifier, key)
    return refused.value.reason


# -- fetching -------------------------------------------------------------------------------------------------------


async def test_keys_are_fetched_once_when_they_are_first_needed(publisher: Publisher) -> None:
    verifier = remote(publisher, Time())
    assert publisher.asked == []

    for _ in range(3):
        assert await subject(verifier, ONE) == "7"

    assert publisher.asked == ["/keys"]


async def test_who_comes_while_they_are_fetched_waits_for_the_same_answer(publisher: Publisher) -> None:
    gate = threading.Event()
    found: list[str] = []

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        gate.wait(10)
        write(handler, 200, key_set(ONE))

    publisher.answers["/keys"] = slowly
    verifier = remote(publisher, Time())

    async def verify() -> None:
        found.append(await subject(verifier, ONE))

    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(verify)
        await anyio.wait_all_tasks_blocked()
        gate.set()

    assert found == ["7"] * 50
    assert publisher.asked == ["/keys"]


async def test_a_client_that_leaves_does_not_end_what_all_others_wait_for(publisher: Publisher) -> None:
    gate = threading.Event()
    arrived = threading.Event()

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        arrived.set()
        gate.wait(10)
        write(handler, 200, key_set(ONE))

    publisher.answers["/keys"] = slowly
    verifier = remote(publisher, Time())

    async with anyio.create_task_group() as group:
        group.start_soon(subject, verifier, ONE)
        await anyio.to_thread.run_sync(arrived.wait, 10)
        group.cancel_scope.cancel()
        gate.set()

    assert await subject(verifier, ONE) == "7"
    assert publisher.asked == ["/keys"]


async def test_the_discovery_document_of_an_issuer_names_its_keys(publisher: Publisher) -> None:
    well_known = "/tenant/.well-known/openid-configuration"
    publisher.answers["/keys"] = key_set(ONE)
    publisher.answers[well_known] = {"issuer": f"{publisher.url}/tenant", "jwks_uri": f"{publisher.url}/keys"}

    verifier = Verifier(RemoteKeys(issuer=f"{publisher.url}/tenant", algorithms=["ES256"]))

    assert await subject(verifier, ONE) == "7"
    assert publisher.asked == [well_known, "/keys"]


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://elsewhere.example", "jwks_uri": "@/keys"},
        {"issuer": "@/", "jwks_uri": "@/keys"},
        {"issuer": ["@"], "jwks_uri": "@/keys"},
        {"jwks_uri": "@/keys"},
        {"issuer": "@"},
        {"issuer": "@", "jwks_uri": "http://attacker.example/keys"},
        {"issuer": "@", "jwks_uri": "file:///etc/passwd"},
        {"issuer": "@", "jwks_uri": "http://127.0.0.1.attacker.example/keys"},
        {"issuer": "@", "jwks_uri": ["@/keys"]},
        {"issuer": "@", "jwks_uri": "@/keys", "token_endpoint": "javascript:alert(1)"},
        ["@"],
    ],
    ids=repr,
)
async def test_a_discovery_document_that_leads_elsewhere_is_not_followed(publisher: Publisher, document: Any) -> None:
    text = repr(document).replace("@", publisher.url).replace("'", '"')
    publisher.answers["/.well-known/openid-configuration"] = text.encode()
    publisher.answers["/keys"] = key_set(ONE)

    with pytest.raises(StoreUnavailable):
        await subject(Verifier(RemoteKeys(issuer=publisher.url, algorithms=["ES256"])), ONE)

    assert "/keys" not in publisher.asked


# -- keys that nobody knows -----------------------------------------------------------------------------------------


async def test_a_key_that_is_new_is_found_and_one_that_is_gone_is_not(publisher: Publisher) -> None:
    time = Time()
    verifier = remote(publisher, time)
    await subject(verifier, ONE)
    publisher.answers["/keys"] = key_set(TWO)

    assert await refusal(verifier, TWO) == "no known key has signed it"
    time.now = 60
    assert await subject(verifier, TWO) == "7"
    assert await refusal(verifier, ONE) == "no known key has signed it"


async def test_a_thousand_keys_that_nobody_knows_are_one_request_a_minute(publisher: Publisher) -> None:
    time = Time()
    verifier = remote(publisher, time)
    await subject(verifier, ONE)
    time.now = 60
    header = TokenIssuer(ONE).access_token("7").split(".", 1)[1]
    refused = 0

    async def try_kid(number: int) -> None:
        nonlocal refused
        unknown = Key.jwk(ONE.public_jwk(), kid=f"unknown {number}")
        token = f"{forged_header(unknown)}.{header}"
        with pytest.raises(InvalidToken):
            await verifier.verify(token)
        refused += 1

    async with anyio.create_task_group() as group:
        for number in range(1_000):
            group.start_soon(try_kid, number)

    assert refused == 1_000
    assert publisher.asked == ["/keys", "/keys"]


def forged_header(key: Key) -> str:
    return segment(f'{{"alg": "ES256", "kid": "{key.kid}"}}')


async def test_keys_are_read_anew_when_they_are_old(publisher: Publisher) -> None:
    time = Time()
    verifier = remote(publisher, time, max_age=600)
    await subject(verifier, ONE)
    publisher.answers["/keys"] = key_set(TWO)

    time.now = 599
    assert await subject(verifier, ONE) == "7"
    time.now = 600
    assert await refusal(verifier, ONE) == "no known key has signed it"


# -- answers that are no good ---------------------------------------------------------------------------------------


def redirect(handler: BaseHTTPRequestHandler) -> None:
    write(handler, 302, b"", location="/elsewhere")


def huge(handler: BaseHTTPRequestHandler) -> None:
    write(handler, 200, b'{"keys": [' + b" " * 2_000_000 + b"]}")


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65_536)


def bomb(handler: BaseHTTPRequestHandler) -> None:
    write(handler, 200, gzip.compress(b" " * 5_000_000), content_encoding="gzip")


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.close()


BAD: dict[str, Any] = {
    "404": lambda handler: write(handler, 404, key_set(ONE)),
    "500": lambda handler: write(handler, 500, key_set(ONE)),
    "a redirect": redirect,
    "2 MB": huge,
    "no end": endless,
    "a bomb": bomb,
    "nothing": b"",
    "a connection that is closed": hang_up,
    "HTML": b"<!doctype html><title>Sign in</title>",
    "a list": b"[]",
    "no keys": {"keys": []},
    "keys that are text": {"keys": "ONE"},
    "another document": {"issuer": "https://issuer.example"},
    "NaN": b'{"keys": [NaN]}',
    "deep": b"[" * 100_000,
    "only secrets": {"keys": [{"kty": "oct", "k": "A" * 43, "kid": "one", "alg": "ES256"}]},
}


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD.keys())
async def test_the_last_good_keys_stay_and_without_any_nobody_is_let_in(
    publisher: Publisher, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    time = Time()
    publisher.answers["/keys"] = publisher.answers["/elsewhere"] = key_set(ONE)
    good, fresh = remote(publisher, time), remote(publisher, time)
    await subject(good, ONE)
    publisher.answers["/keys"] = answer

    time.now = 4_000
    with caplog.at_level(logging.WARNING, "nexios.auth"):
        assert await subject(good, ONE) == "7"
        with pytest.raises(StoreUnavailable):
            await subject(fresh, ONE)

    assert publisher.asked == ["/keys"] * 3
    assert [record.getMessage()[:11] for record in caplog.records] == ["The keys at"] * 2

    publisher.answers["/keys"] = key_set(ONE)
    time.now = 4_005
    assert await subject(fresh, ONE) == "7"


async def test_a_server_that_says_nothing_is_given_five_seconds(publisher: Publisher) -> None:
    gate = threading.Event()

    def silent(handler: BaseHTTPRequestHandler) -> None:
        gate.wait(30)

    publisher.answers["/"] = silent
    try:
        with pytest.raises(FetchError, match=r"it took longer than 0\.2 s"):
            await fetch(publisher.url + "/", seconds=0.2)
    finally:
        gate.set()


async def test_a_member_that_is_malformed_does_not_spoil_the_others() -> None:
    jwk = ONE.public_jwk()
    members: list[Any] = [
        None, 7, "key", [], {},
        {"kty": "EC"},
        {**jwk, "x": jwk["y"]},
        {**jwk, "kid": 7},
        {**jwk, "kid": "x" * 1_000},
        {**jwk, "alg": "RS256", "kid": "rs"},
        {**jwk, "alg": None, "kid": "none"},
        {**jwk, "use": "enc", "kid": "encrypts"},
        {**jwk, "key_ops": ["sign"], "kid": "signs"},
        {**jwk, "key_ops": "verify", "kid": "text"},
        {**jwk, "crv": "P-384", "kid": "curve"},
        {"kty": "oct", "k": "A" * 64, "kid": "secret", "alg": "ES256"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "small"},
        {**jwk, "d": "A" * 43, "x5c": ["MIIB"], "x5u": "https://attacker.example", "kid": "one"},
        {**TWO.public_jwk(), "kid": "one"},
        TWO.public_jwk(),
    ]  # fmt: skip

    found = read_key_set({"keys": members}, ["ES256"])

    assert sorted(kid or "" for _, kid in found) == ["one", "two"]
    message = b"message"
    assert found["ES256", "one"].verify(message, ONE.sign(message))
    assert not any(key.can_sign for key in found.values())


async def test_no_more_than_a_hundred_members_are_read() -> None:
    members = [{"kty": "?"}] * 100 + [ONE.public_jwk()]

    assert read_key_set({"keys": members}, ["ES256"]) == {}


async def test_of_several_keys_a_token_must_name_one(publisher: Publisher) -> None:
    private = Key.generate("ES256")
    named = Key.jwk({**private.public_jwk(), "kid": "named"})

    publisher.answers["/keys"] = key_set(named)
    assert await subject(remote(publisher, Time()), private) == "7"

    publisher.answers["/keys"] = key_set(named, ONE)
    assert await refusal(remote(publisher, Time()), private) == "no known key has signed it"


# -- whoever writes it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({}, "needs a url, or an issuer"),
        ({"url": "https://a.example", "issuer": "https://a.example"}, "needs a url, or an issuer"),
        ({"url": "http://issuer.example/keys"}, "it must be https, unless the host is this machine"),
        ({"url": "http://localhost.example/keys"}, "it must be https"),
        ({"url": "ftp://127.0.0.1/keys"}, "it must be https"),
        ({"url": "https://"}, "write https://host/path"),
        ({"url": "https://a.example:port/"}, "write https://host/path"),
        ({"url": "https://a.example/\r\nx"}, "write https://host/path"),
        ({"issuer": "https://user:password@a.example"}, "has credentials or a fragment in it"),
        ({"url": "https://a.example", "algorithms": ["RS256", "ES256"]}, "give those of one family"),
        ({"url": "https://a.example", "algorithms": ["HS256"]}, "a published secret is none"),
        ({"url": "https://a.example", "algorithms": []}, "give those of one family"),
        ({"url": "https://a.example", "algorithms": ["none"]}, "algorithm 'none' is not known"),
    ],
)
async def test_what_could_not_be_trusted_is_refused_at_once(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint) as refused:
        RemoteKeys(**settings)

    assert "password" not in str(refused.value)


async def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nexios.auth.fetch.httpx", None)

    with pytest.raises(ConfigurationError, match=r'RemoteKeys needs httpx: pip install "nexios-auth\[oauth\]"'):
        RemoteKeys("https://issuer.example/keys")
