"""Tokens for passwords, as RFC 6749, RFC 7009 and first-party clients have it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexios import NexiosApp, Request
from nexios.auth import audit_trail, auth
from nexios.auth.backends.bearer import Grant, OAuth2PasswordBearer, TokenEndpoint
from nexios.auth.exceptions import StoreUnavailable
from nexios.auth.jwt import Key, MemoryTokenStore, TokenIssuer, TokenPairs
from nexios.auth.throttle import Limit, LoginThrottle
from nexios.exceptions import ConfigurationError
from nexios.testing import SyncTestClient, TestClient
from tests.auth.jwt.forging import SECRET

pytestmark = pytest.mark.anyio


class Site:
    def __init__(self, *, check: Any = None, account: int = 10) -> None:
        self.checked: list[tuple[str, str]] = []
        self.store = MemoryTokenStore()
        pairs = TokenPairs(TokenIssuer(Key.hmac(SECRET), issuer="https://here", audience="api"), self.store)
        self.app = NexiosApp(plugins=["auth"])
        self.app.auth_backend = OAuth2PasswordBearer(
            lambda sub, **claims: {"id": sub, "tenant": claims.get("tenant")}, pairs, scopes={"read": "Read it"}
        )
        throttle = LoginThrottle(account=Limit(account, 60))
        self.app.mount_router(TokenEndpoint(check or self.check, pairs, throttle=throttle).router("/oauth"))

        @self.app.get("/me")
        @auth(["oauth2"])
        async def me(request: Request) -> dict[str, Any]:
            return {"user": request.user, "scopes": sorted(request.auth.scopes)}

    async def check(self, username: str, password: str) -> Any:
        self.checked.append((username, password))
        fits = (username, password) == ("zoe", "right & true")
        return Grant("7", ("read", "write"), {"tenant": "acme"}) if fits else None


async def ask(client: TestClient, **form: str) -> tuple[int, dict[str, Any]]:
    answer = await client.post("/oauth/token", data=form)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json()


LOGIN = {"grant_type": "password", "username": "zoe", "password": "right & true"}


async def test_a_password_gives_a_pair_of_tokens_that_work() -> None:
    async with TestClient(Site().app) as client:
        status, pair = await ask(client, **LOGIN)
        answer = await client.get("/me", headers={"authorization": f"Bearer {pair['access_token']}"})

    assert (status, sorted(pair)) == (200, ["access_token", "expires_in", "refresh_token", "scope", "token_type"])
    assert (pair["token_type"], pair["expires_in"], pair["scope"]) == ("Bearer", 600, "read write")
    assert answer.json() == {"user": {"id": "7", "tenant": "acme"}, "scopes": ["read", "write"]}


async def test_a_refresh_token_gives_the_next_pair_once() -> None:
    async with TestClient(Site().app) as client:
        _, first = await ask(client, **LOGIN)
        status, second = await ask(client, grant_type="refresh_token", refresh_token=first["refresh_token"])
        assert status == 200

        again = await ask(client, grant_type="refresh_token", refresh_token=first["refresh_token"])
        assert again == (
            400,
            {"error": "invalid_grant", "error_description": "the token is not valid: it was used before"},
        )
        # It was copied, so all that came of it is dead, the access token included.
        answer = await client.get("/me", headers={"authorization": f"Bearer {second['access_token']}"})
        assert answer.status_code == 401


async def test_a_client_may_ask_for_less_and_not_for_more() -> None:
    async with TestClient(Site().app) as client:
        assert (await ask(client, **LOGIN, scope="read"))[1]["scope"] == "read"
        assert (await ask(client, **LOGIN, scope="read admin"))[1]["error"] == "invalid_scope"


async def test_a_login_that_is_revoked_is_over() -> None:
    async with TestClient(Site().app) as client:
        _, pair = await ask(client, **LOGIN)

        answer = await client.post("/oauth/revoke", data={"token": pair["refresh_token"]})

        assert (answer.status_code, answer.json()) == (200, {})
        assert (await client.post("/oauth/revoke", data={"token": "what?"})).status_code == 200
        assert (await client.post("/oauth/revoke", data={"x": "y"})).json()["error"] == "invalid_request"
        _, refused = await ask(client, grant_type="refresh_token", refresh_token=pair["refresh_token"])
        assert refused["error"] == "invalid_grant"
        answer = await client.get("/me", headers={"authorization": f"Bearer {pair['access_token']}"})
        assert answer.status_code == 401


WRONG = {"error": "invalid_grant", "error_description": "the username or the password is wrong"}


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({**LOGIN, "password": "wrong"}, "invalid_grant"),
        ({**LOGIN, "username": "nobody"}, "invalid_grant"),
        ({"x": "y"}, "invalid_request"),
        ({**LOGIN, "grant_type": ""}, "invalid_request"),
        ({**LOGIN, "grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({**LOGIN, "grant_type": "PASSWORD"}, "unsupported_grant_type"),
        ({"grant_type": "password", "username": "zoe"}, "invalid_request"),
        ({**LOGIN, "username": ""}, "invalid_request"),
        ({**LOGIN, "username": "x" * 321}, "invalid_request"),
        ({**LOGIN, "password": "x" * 1_025}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        ({**LOGIN, **{f"field {number}": "x" for number in range(30)}}, "invalid_request"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_whatever_is_wrong_is_an_error_of_the_standard(form: dict[str, str], error: str) -> None:
    site = Site()
    async with TestClient(site.app) as client:
        status, document = await ask(client, **form)

    assert (status, document["error"]) == (400, error)
    assert len(site.checked) == (1 if error == "invalid_grant" and "password" in form else 0)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (urlencode([*LOGIN.items(), ("password", "other")]).encode(), "application/x-www-form-urlencoded", 400),
        (b"grant_type=password&username=%ff&password=x", "application/x-www-form-urlencoded", 400),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"", "application/x-www-form-urlencoded", 400),
        (b"x=" + b"y" * 30_000, "application/x-www-form-urlencoded", 413),
        (b'{"grant_type": "password"}', "application/json", 415),
        (urlencode(LOGIN).encode(), "text/plain", 415),
        (urlencode(LOGIN).encode(), "application/x-www-form-urlencoded x", 415),
        (urlencode(LOGIN).encode(), "multipart/form-data; boundary=x", 415),
    ],
    ids=["twice", "not UTF-8 inside", "not UTF-8", "empty", "large", "JSON", "text", "malformed", "multipart"],
)
async def test_a_body_that_is_no_form_gives_nothing(body: bytes, content_type: str, status: int) -> None:
    site = Site()
    async with TestClient(site.app) as client:
        answer = await client.post("/oauth/token", content=body, headers={"content-type": content_type})

    assert (answer.status_code, site.checked) == (status, [])


async def test_nobody_can_tell_a_user_that_exists_from_one_that_does_not() -> None:
    async with TestClient(Site().app) as client:
        assert await ask(client, **{**LOGIN, "password": "wrong"}) == (400, WRONG)
        assert await ask(client, **{**LOGIN, "username": "nobody"}) == (400, WRONG)


async def test_whoever_guesses_is_slowed_down() -> None:
    site = Site(account=3)
    async with TestClient(site.app) as client:
        for _ in range(3):
            assert (await ask(client, **{**LOGIN, "password": "wrong"}))[0] == 400
        answer = await client.post("/oauth/token", data=LOGIN)

    assert (answer.status_code, int(answer.headers["retry-after"]) <= 60, len(site.checked)) == (429, True, 3)


async def test_a_store_that_is_away_gives_no_token() -> None:
    site = Site()

    async def away(*arguments: object) -> None:
        raise StoreUnavailable

    async with TestClient(site.app) as client:
        _, pair = await ask(client, **LOGIN)
        site.store.put = site.store.is_revoked = away  # type: ignore[method-assign,assignment]  # it only raises
        answers = [
            await client.post("/oauth/token", data=LOGIN),
            await client.get("/me", headers={"authorization": f"Bearer {pair['access_token']}"}),
        ]

    assert [answer.status_code for answer in answers] == [503, 503]


async def test_logins_and_failures_are_in_the_audit_log_and_secrets_are_not() -> None:
    site = Site()
    events: list[Any] = []

    class Sink:
        async def record(self, event: Any, /) -> None:
            events.append(event)

    audit_trail(site.app).send_to(Sink())
    async with TestClient(site.app) as client:
        await ask(client, **{**LOGIN, "password": "tr0ub4dor"})
        _, pair = await ask(client, **LOGIN)
        await ask(client, grant_type="refresh_token", refresh_token=pair["refresh_token"] + "x")

    assert [(event.kind, event.user, event.reason) for event in events] == [
        ("login_failed", None, "wrong username or password"),
        ("login", "7", None),
        ("login_failed", None, "refresh token: no known key has signed it"),
    ]
    assert "tr0ub4dor" not in repr(events)
    assert pair["refresh_token"] not in repr(events)


async def test_a_function_may_return_the_subject_alone() -> None:
    async with TestClient(Site(check=lambda username, password: 7).app) as client:
        status, pair = await ask(client, **LOGIN)

    assert (status, "scope" in pair) == (200, False)


FIELDS = st.sampled_from(["grant_type", "username", "password", "refresh_token", "scope", "token", "client_id", "x"])
VALUES = (
    st.sampled_from(["password", "refresh_token", "zoe", "", "a" * 2_000, "\0", "é", "..", "e30.e30.e30"]) | st.text()
)
FORMS = st.lists(st.tuples(FIELDS, VALUES), max_size=6)


@given(form=FORMS, garbage=st.binary(max_size=40), path=st.sampled_from(["token", "revoke"]))
@settings(max_examples=50, deadline=None)
def test_whatever_is_sent_it_is_never_a_500(form: list[tuple[str, str]], garbage: bytes, path: str) -> None:
    body = urlencode(form, errors="surrogatepass").encode() + garbage
    headers = {"content-type": "application/x-www-form-urlencoded"}
    with SyncTestClient(Site().app) as client:
        assert client.post(f"/oauth/{path}", content=body, headers=headers).status_code in (200, 400, 413, 429)


async def test_documents_say_where_the_tokens_come_from() -> None:
    pairs = TokenPairs(TokenIssuer(Key.hmac(SECRET)), MemoryTokenStore())
    backend = OAuth2PasswordBearer(lambda sub: sub, pairs, token_url="/oauth/token", scopes={"read": "Read it"})

    assert backend.security_scheme == {
        "type": "oauth2",
        "flows": {
            "password": {"tokenUrl": "/oauth/token", "refreshUrl": "/oauth/token", "scopes": {"read": "Read it"}}
        },
    }
    with pytest.raises(ConfigurationError, match="give a function of a username and a password"):
        TokenEndpoint(None, pairs)  # type: ignore[arg-type]  # that is the mistake
