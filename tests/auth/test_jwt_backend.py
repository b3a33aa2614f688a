"""Who presents a token, through an application: over HTTP and over WebSockets."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nexios import MakeConfig, NexiosApp, Request, Secret
from nexios.auth import AuthenticationMiddleware, auth, requires
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.jwt import Key, MemoryTokenStore, TokenIssuer, Verifier
from nexios.exceptions import ConfigurationError
from nexios.testing import SyncTestClient, TestClient, WebSocketDenied
from tests.auth.jwt.forging import NOW, SECRET, forge
from tests.auth.jwt.test_verifier import HEADERS, MALFORMED

pytest.importorskip("nexios.websockets", reason="nexios-websockets is not installed")

pytestmark = pytest.mark.anyio

GOOD = forge()


async def load_user(**claims: Any) -> Any:
    return {"id": claims["sub"]} if claims["sub"] != "nobody" else None


def site(backend: JWTAuthBackend | None = None, **config: Any) -> NexiosApp:
    app = NexiosApp(MakeConfig(**config), plugins=["auth", "websockets"])
    backend = backend or JWTAuthBackend(load_user, key=SECRET, now=lambda: NOW)
    app.add_middleware(AuthenticationMiddleware(backend=backend))

    @app.get("/me")
    @auth(["jwt"])
    async def me(request: Request) -> dict[str, Any]:
        return {"user": request.user, "scopes": sorted(request.auth.scopes), "roles": sorted(request.auth.roles)}

    @app.get("/write")
    @requires(scopes="write")
    async def write(request: Request) -> str:
        return "written"

    @app.websocket("/ws")
    @auth()
    async def talk(socket: Any) -> None:
        await socket.accept()
        await socket.send_json(socket.user)

    return app


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def test_a_token_names_the_user_of_a_request_and_of_a_socket() -> None:
    async with TestClient(site()) as client:
        answer = await client.get("/me", headers=bearer(GOOD))
        async with client.websocket_connect("/ws", headers=bearer(GOOD)) as socket:
            assert await socket.receive_json() == {"id": "7"}

    assert answer.json() == {"user": {"id": "7"}, "scopes": [], "roles": []}
    assert answer.headers["vary"] == "Authorization"


BAD = {
    **MALFORMED,
    **{name: forge(header=header) for name, header in HEADERS.items()},
    "nobody": forge({"sub": "nobody", "exp": NOW + 9}),
}
# What no header can carry, and what is no token because it is nothing.
SENDABLE = {name: token for name, token in BAD.items() if token.isascii() and token.isprintable() and token.strip()}


async def test_no_bad_token_lets_anybody_in() -> None:
    async with TestClient(site()) as client:
        for name, token in SENDABLE.items():
            answer = await client.get("/me", headers=bearer(token))

            assert answer.status_code == 401, name
            assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token"'), name
            assert "cache-control" not in answer.headers or "public" not in answer.headers["cache-control"]
            with pytest.raises(WebSocketDenied) as denied:
                async with client.websocket_connect("/ws", headers=bearer(token)):
                    pytest.fail(name)
            assert denied.value.response.status_code == 401, name


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer ", "Bearer   ", "bearer\t", "Basic Og==", "Token x", "", "Bearerx"]
)
async def test_a_header_without_a_token_is_nobody(value: str) -> None:
    async with TestClient(site()) as client:
        answer = await client.get("/me", headers={"authorization": value})

    assert answer.status_code == 401


async def test_a_scheme_has_no_case_and_two_tokens_are_a_bad_request() -> None:
    async with TestClient(site()) as client:
        assert (await client.get("/me", headers={"authorization": f"bEARER  {GOOD}"})).status_code == 200
        twice = [("authorization", f"Bearer {GOOD}"), ("authorization", f"Bearer {GOOD}")]
        assert (await client.get("/me", headers=twice)).status_code == 400


async def test_a_token_in_the_query_or_in_a_cookie_is_not_looked_at() -> None:
    async with TestClient(site(), cookies={"access_token": GOOD, "jwt": GOOD}) as client:
        assert (await client.get("/me", params={"access_token": GOOD, "token": GOOD})).status_code == 401


@given(token=st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=80))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_presented_it_is_never_a_500(token: str) -> None:
    with SyncTestClient(site()) as client:
        assert client.get("/me", headers={"authorization": f"Bearer {token}"}).status_code in (400, 401)


async def test_no_log_and_no_answer_shows_a_token(caplog: pytest.LogCaptureFixture) -> None:
    expired = forge({"sub": "7", "exp": NOW - 1})
    with caplog.at_level(logging.DEBUG):
        async with TestClient(site()) as client:
            answers = [await client.get("/me", headers=bearer(token)) for token in (expired, GOOD, GOOD[:-1])]

    shown = caplog.text + "".join(f"{answer.text}{answer.headers!r}" for answer in answers)
    for token in (expired, GOOD):
        assert token.rpartition(".")[2] not in shown
        assert token.split(".")[1] not in shown


# -- what a token says ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "write read"}, ["read", "write"]),
        ({"scp": "read write"}, ["read", "write"]),
        ({"scp": ["read", "write"]}, ["read", "write"]),
        ({"scope": "read", "scp": ["admin"]}, ["read"]),
        ({"scope": ""}, []),
        ({"scope": None}, []),
    ],
)
async def test_scopes_are_read_in_either_spelling(claims: dict[str, Any], scopes: list[str]) -> None:
    token = forge({"sub": "7", "exp": NOW + 60, **claims})
    async with TestClient(site()) as client:
        assert (await client.get("/me", headers=bearer(token))).json()["scopes"] == scopes
        assert (await client.get("/write", headers=bearer(token))).status_code == (200 if "write" in scopes else 403)


@pytest.mark.parametrize("name", ["scope", "scp", "roles"])
@pytest.mark.parametrize("value", [0, 7, True, {}, {"write": False}, ["write", 7], [["write"]], [""]], ids=repr)
async def test_scopes_and_roles_that_are_no_texts_are_refused(name: str, value: object) -> None:
    async with TestClient(site()) as client:
        answer = await client.get("/write", headers=bearer(forge({"sub": "7", "exp": NOW + 60, name: value})))

    assert answer.status_code == 401
    assert answer.json()["detail"] == f"the token is not valid: its {name} is malformed"


async def test_roles_come_along() -> None:
    async with TestClient(site()) as client:
        answer = await client.get("/me", headers=bearer(forge({"sub": "7", "exp": NOW + 60, "roles": ["admin"]})))

    assert answer.json()["roles"] == ["admin"]


# -- finding the user -----------------------------------------------------------------------------------------------


def by_name(sub: str, tenant: str = "none") -> dict[str, str]:
    return {"id": f"{tenant}/{sub}"}


def by_name_and_rest(sub: str, **rest: Any) -> dict[str, str]:
    return {"id": f"{rest['tenant']}/{sub}"}


async def by_claims(claims: Any) -> dict[str, str]:
    return {"id": f"{claims['tenant']}/{claims['sub']}"}


def by_position(whatever: Any, /) -> dict[str, str]:
    return {"id": f"{whatever['tenant']}/{whatever['sub']}"}


@pytest.mark.parametrize("load", [by_name, by_name_and_rest, by_claims, by_position])
async def test_a_user_is_found_by_the_claims_however_they_are_taken(load: Any) -> None:
    backend = JWTAuthBackend(load, key=SECRET, now=lambda: NOW)
    async with TestClient(site(backend)) as client:
        answer = await client.get("/me", headers=bearer(forge({"sub": "7", "exp": NOW + 60, "tenant": "acme"})))

    assert answer.json()["user"] == {"id": "acme/7"}


@pytest.mark.parametrize("load", [by_name, by_name_and_rest])
async def test_a_token_without_the_claim_that_names_the_user_is_refused(load: Any) -> None:
    backend = JWTAuthBackend(load, key=SECRET, now=lambda: NOW)
    async with TestClient(site(backend)) as client:
        answer = await client.get("/me", headers=bearer(forge({"exp": NOW + 60, "tenant": "acme"})))

    assert (answer.status_code, answer.json()["detail"]) == (401, "the token is not valid: it has no sub")


async def test_an_error_while_finding_the_user_lets_nobody_in() -> None:
    async def broken(**claims: Any) -> Any:
        raise OSError("the database is away")

    backend = JWTAuthBackend(broken, key=SECRET, now=lambda: NOW)
    async with TestClient(site(backend), raise_server_exceptions=False) as client:
        assert (await client.get("/me", headers=bearer(GOOD))).status_code == 500


async def test_a_token_that_was_revoked_is_refused() -> None:
    store = MemoryTokenStore()
    issuer = TokenIssuer(Key.hmac(SECRET))
    backend = JWTAuthBackend(load_user, verifier=Verifier(issuer.key), store=store)
    token, without_name = issuer.access_token("7"), issuer.sign({"sub": "7", "exp": 2**33}, "JWT")
    async with TestClient(site(backend)) as client:
        assert (await client.get("/me", headers=bearer(token))).status_code == 200
        assert (await client.get("/me", headers=bearer(without_name))).status_code == 401

        await store.revoke((await Verifier(issuer.key).verify(token))["jti"], 600)

        answer = await client.get("/me", headers=bearer(token))
        assert (answer.status_code, answer.json()["detail"]) == (401, "the token is not valid: it was revoked")


# -- where the key comes from ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "config",
    [
        {"secret_key": SECRET},
        {"auth": {"jwt": {"key": SECRET}}, "secret_key": "f" * 16 + "0123456789abcdef"},
        {"auth": {"jwt": {"key": ["0123456789abcdef" * 2, SECRET]}}},
        {"auth": {"jwt": {"key": Secret(SECRET), "issuer": "https://here", "audience": "api", "leeway": 5}}},
    ],
    ids=["secret_key", "auth.jwt.key", "rotation", "issuer and audience"],
)
async def test_a_backend_without_a_key_verifies_with_that_of_the_configuration(config: dict[str, Any]) -> None:
    async with TestClient(site(JWTAuthBackend(load_user), **config)) as client:
        token = TokenIssuer(Key.hmac(SECRET), issuer="https://here", audience="api").access_token("7")
        expected = 200 if "issuer" in str(config) else 401
        assert (await client.get("/me", headers=bearer(token))).status_code == expected
        token = TokenIssuer(Key.hmac(SECRET)).access_token("7")
        assert (await client.get("/me", headers=bearer(token))).status_code == (401 if expected == 200 else 200)


async def test_a_public_key_may_stand_in_the_configuration() -> None:
    pytest.importorskip("cryptography", reason="nexios-auth[oauth] is not installed")
    from cryptography.hazmat.primitives import serialization  # of the extra

    key = Key.generate("EdDSA")
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key._public.public_bytes(serialization.Encoding.PEM, spki).decode()
    config = {"auth": {"jwt": {"key": pem, "algorithm": "EdDSA"}}}

    async with TestClient(site(JWTAuthBackend(load_user), **config)) as client:
        assert (await client.get("/me", headers=bearer(TokenIssuer(key).access_token("7")))).status_code == 200


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({}, "JWTAuthBackend has no key: set secret_key or auth.jwt.key in the config"),
        ({"secret_key": "short"}, "the secret for HS256 has 5 bytes"),
        ({"secret_key": "short", "debug": True}, "the secret for HS256 has 5 bytes"),
        ({"secret_key": SECRET, "auth": {"jwt": {"leeway": 90}}}, "clocks that differ"),
        ({"secret_key": SECRET, "auth": {"jwt": {"algorithm": "none"}}}, "algorithm 'none' is not known"),
        ({"secret_key": SECRET, "auth": {"jwt": {"algorithm": "HS512"}}}, "needs at least 64"),
        ({"auth": {"jwt": {"key": SECRET, "algorithm": "RS256"}}}, "the key cannot be read|RS256 needs cryptography"),
    ],
)
async def test_a_key_that_is_missing_or_weak_stops_the_start(config: dict[str, Any], complaint: str) -> None:
    with pytest.raises(Exception, match=complaint):
        async with TestClient(site(JWTAuthBackend(load_user), **config)):
            pytest.fail("it started")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"key": SECRET, "verifier": Verifier(Key.generate())}, "give a verifier, or a key and settings"),
        ({"verifier": Verifier(Key.generate()), "issuer": "x"}, "give a verifier, or a key and settings"),
        ({"issuer": "https://here"}, "issuer without a key"),
        ({"key": "short"}, "has 5 bytes"),
        ({"key": [Key.generate("HS256"), "text"]}, "give 1 to 16 keys"),
    ],
)
async def test_a_backend_that_contradicts_itself_is_refused(arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        JWTAuthBackend(load_user, **arguments)
    with pytest.raises(ConfigurationError, match="give a function that finds the user"):
        JWTAuthBackend(None)  # type: ignore[arg-type]  # that is the mistake


async def test_one_backend_does_not_serve_two_applications_with_different_keys() -> None:
    backend = JWTAuthBackend(load_user)
    async with TestClient(site(backend, secret_key=SECRET)):
        pass
    async with TestClient(site(backend, secret_key=SECRET)):
        pass
    with pytest.raises(Exception, match="two applications that differ in their keys"):
        async with TestClient(site(backend, secret_key="0123456789abcdef" * 2)):
            pytest.fail("it started")
