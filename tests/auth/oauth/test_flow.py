"""Signing in: what goes to the provider, what comes back, and everything that must not be believed."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexios.auth import audit_trail
from nexios.auth.discovery import read_metadata
from nexios.auth.fetch import FetchError
from nexios.auth.jwt import Key
from nexios.auth.jwt.segments import encode_segment
from nexios.auth.oauth import OAuthTokens, SignInFailed
from nexios.auth.oauth.pending import begin as begin_pending
from nexios.auth.oauth.pending import cookie_name, seal, unseal
from nexios.auth.throttle import MemoryAttemptStore
from nexios.exceptions import ConfigurationError
from nexios.testing import SyncTestClient
from tests.auth.publisher import write

pytest.importorskip("cryptography", reason="nexios-auth[oauth] is not installed")
pytest.importorskip("httpx", reason="nexios-auth[oauth] is not installed")
pytest.importorskip("nexios.session", reason="nexios-session is not installed")
from tests.auth.oauth.hostile import CALLBACK, NOW, Provider, Site, begin, come_back, provide, user_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def provider() -> Iterator[Provider]:
    with provide() as running:
        yield running


@pytest.fixture
def site(provider: Provider) -> Site:
    return Site(provider.url)


class Time:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


# -- the way that it should go --------------------------------------------------------------------------------------


async def test_a_user_signs_in_and_is_logged_in_where_they_wanted_to_go(provider: Provider, site: Site) -> None:
    async with site.browser() as browser:
        said = await begin(browser, provider, "/orders?page=2")
        answer = await come_back(browser, code="code-1", state=said["state"])

        assert (answer.status_code, answer.headers["location"]) == (303, "/orders?page=2")
        assert await user_of(browser) == {"id": "u-1"}

    account = site.accounts[0]
    assert (account.issuer, account.subject, account.verified_email) == (provider.url, "u-1", "zoe@example.com")
    assert account.tokens.expires_at == NOW + 3600


async def test_the_provider_is_told_exactly_what_the_flow_needs(provider: Provider, site: Site) -> None:
    async with site.browser() as browser:
        answer = await browser.get("/auth/login")
        said = provider.come(answer.headers["location"])
        await come_back(browser, code="code-1", state=said["state"])

    assert answer.headers["location"].startswith(f"{provider.url}/authorize?")
    assert {name: len(said.pop(name)) for name in ("state", "nonce", "code_challenge")} == dict.fromkeys(
        ("state", "nonce", "code_challenge"), 43
    )
    assert said == {
        "response_type": "code",
        "client_id": "client-1",
        "redirect_uri": CALLBACK,
        "scope": "openid profile email",
        "code_challenge_method": "S256",
    }
    form = provider.forms[0]
    assert provider.headers == ["Basic " + base64.b64encode(b"client-1:client-secret-1").decode()]
    assert len(form.pop("code_verifier")) == 43
    assert form == {"grant_type": "authorization_code", "code": "code-1", "redirect_uri": CALLBACK}


async def test_what_is_secret_is_in_no_url_and_no_log(
    provider: Provider, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []
    with caplog.at_level(logging.DEBUG, "nexios"):
        async with site.browser() as browser:
            answer = await browser.get("/auth/login")
            said = provider.come(answer.headers["location"])
            seen.append(answer.headers["location"])
            answer = await come_back(browser, code="code-secret-1", state=said["state"])
            seen += [answer.headers["location"], answer.text]
            failed = await come_back(browser, code="code-secret-1", state=said["state"])
            seen.append(failed.text)
            provider.tokens = {"id_token": "e30.e30.e30"}
            said = await begin(browser, provider)
            seen.append((await come_back(browser, code="code-secret-1", state=said["state"])).text)

    verifiers = [form["code_verifier"] for form in provider.forms]
    shown = "".join(seen) + caplog.text + repr(site.accounts)
    for secret in ("code-secret-1", "client-secret-1", "at-secret-1", "rt-secret-1", *verifiers):
        assert secret not in shown


async def test_the_cookie_is_only_for_this_site_and_only_for_ten_minutes(provider: Provider, site: Site) -> None:
    async with site.browser() as browser:
        answer = await browser.get("/auth/login")

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-oauth-")
    assert cookie.partition("; ")[2] == "Max-Age=600; Path=/; Secure; HttpOnly; SameSite=Lax"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_logging_in_gives_the_session_a_new_id_and_takes_the_cookie_of_the_login_away(
    provider: Provider, site: Site
) -> None:
    async with site.browser() as browser:
        said = await begin(browser, provider)
        answer = await come_back(browser, code="code-1", state=said["state"])

    cookies = answer.headers.get_list("set-cookie")
    assert [cookie.partition("=")[0] for cookie in cookies if "Max-Age=0" in cookie] == [
        cookie_name("__Host-oauth-", said["state"])
    ]
    assert any(cookie.startswith("__Host-session=") for cookie in cookies)


async def test_signing_in_is_open_where_everything_else_is_closed(provider: Provider) -> None:
    site = Site(provider.url, auth={"required": True})
    async with site.browser() as browser:
        assert (await browser.get("/me")).status_code == 401
        said = await begin(browser, provider)
        await come_back(browser, code="code-1", state=said["state"])
        assert await user_of(browser) == {"id": "u-1"}


async def test_two_tabs_may_sign_in_at_a_time(provider: Provider, site: Site) -> None:
    async with site.browser() as browser:
        first = await begin(browser, provider, "/first")
        nonce, challenge = provider.nonce, provider.challenge
        second = await begin(browser, provider, "/second")

        answer = await come_back(browser, code="code-2", state=second["state"])
        assert answer.headers["location"] == "/second"
        provider.nonce, provider.challenge = nonce, challenge
        answer = await come_back(browser, code="code-1", state=first["state"])
        assert answer.headers["location"] == "/first"


async def test_a_browser_keeps_the_cookies_of_a_few_logins_only(provider: Provider, site: Site) -> None:
    async with site.browser() as browser:
        begun = [(await begin(browser, provider), provider.nonce, provider.challenge) for _ in range(20)]
        assert len([name for name in browser.cookies if name.startswith("__Host-oauth-")]) == 4

        # The latest ones, which somebody may still be about to finish.
        for said, provider.nonce, provider.challenge in begun[-4:]:
            assert (await come_back(browser, code="code-1", state=said["state"])).status_code == 303
        assert (await come_back(browser, code="code-1", state=begun[0][0]["state"])).status_code == 400


async def test_a_provider_that_knows_only_oauth_2_says_who_it_is_by_another_claim(provider: Provider) -> None:
    endpoints = {name: f"{provider.url}/{path}" for name, path in ENDPOINTS.items()}
    site = Site(provider.url, **endpoints, scopes=["user"], subject_claim="id", secret_in_body=True)
    provider.profile = {"id": 583231, "login": "octocat"}
    provider.tokens = {"id_token": None, "token_type": "bearer"}

    async with site.browser() as browser:
        said = await begin(browser, provider)
        assert "nonce" not in said
        await come_back(browser, code="code-1", state=said["state"])
        assert await user_of(browser) == {"id": "583231"}

    assert provider.headers == [""]
    assert provider.forms[0]["client_secret"] == "client-secret-1"


ENDPOINTS = {"authorize_url": "authorize", "token_url": "token", "userinfo_url": "userinfo"}


async def test_a_public_client_has_no_secret_and_says_its_name(provider: Provider) -> None:
    site = Site(provider.url, client_secret=None)

    async with site.browser() as browser:
        said = await begin(browser, provider)
        await come_back(browser, code="code-1", state=said["state"])
        assert await user_of(browser) == {"id": "u-1"}

    assert provider.forms[0]["client_id"] == "client-1"
    assert provider.headers == [""]


async def test_tokens_are_renewed_and_the_refresh_token_stays_until_there_is_another(
    provider: Provider, site: Site
) -> None:
    provider.tokens = {"access_token": "at-secret-2", "refresh_token": None, "id_token": None}

    renewed = await site.client.refresh(OAuthTokens("at-secret-1", "rt-secret-1"))

    assert (renewed.access_token, renewed.refresh_token) == ("at-secret-2", "rt-secret-1")
    assert provider.forms == [{"grant_type": "refresh_token", "refresh_token": "rt-secret-1"}]
    with pytest.raises(SignInFailed, match="no refresh token"):
        await site.client.refresh(OAuthTokens("at-secret-1"))


# -- the browser that comes back ------------------------------------------------------------------------------------


async def refused(site: Site, browser: Any, expected: Any = 400, /, **query: Any) -> str:
    answer = await come_back(browser, **query)
    assert answer.status_code == expected, answer.text
    assert "location" not in answer.headers
    assert await user_of(browser) is None
    assert site.accounts == []
    return str(answer.json().get("detail"))


BEGUN_ELSEWHERE = "signing in has failed: this browser has not begun it, or more than ten minutes ago; begin again"


@pytest.mark.parametrize(
    "state", ["", "x", "A" * 43, "A" * 42 + "\u0661", "../../session", "a" * 10_000, "\0" * 43, "__Host-", None]
)
async def test_a_state_that_is_not_ours_is_refused(provider: Provider, site: Site, state: str | None) -> None:
    async with site.browser() as browser:
        await begin(browser, provider)
        query: dict[str, Any] = {"code": "code-1"} | ({} if state is None else {"state": state})

        assert await refused(site, browser, **query) == BEGUN_ELSEWHERE

    assert provider.forms == []


NAMES = st.sampled_from(["state", "code", "iss", "error", "error_uri", "x", "st%61te", "state[]", ""])
COOKIES = st.text(alphabet="abcAZ09._-=%{}", max_size=60)


@given(query=st.lists(st.tuples(NAMES, st.text()), max_size=6), cookie=COOKIES)
@settings(max_examples=50, deadline=None)
def test_whatever_comes_back_it_is_never_a_500(query: list[tuple[str, str]], cookie: str) -> None:
    pending = begin_pending("/", NOW)
    names = {"cookie": f"{cookie_name('__Host-oauth-', pending.state)}={cookie}"}
    site = Site("https://issuer.example")
    with SyncTestClient(site.app, base_url="https://app.example") as client:
        for fields in (query, [*query, ("state", pending.state)]):
            text = urlencode(fields, errors="surrogatepass")
            assert client.get(f"/auth/callback?{text}", headers=names).status_code == 400


async def test_a_state_of_another_browser_is_refused(provider: Provider, site: Site) -> None:
    async with site.browser() as attacker, site.browser(is_first=False) as victim:
        said = await begin(attacker, provider)
        await begin(victim, provider)

        assert await refused(site, victim, code="code-of-attacker", state=said["state"]) == BEGUN_ELSEWHERE


async def test_a_cookie_that_was_planted_without_our_key_is_refused(provider: Provider, site: Site) -> None:
    pending = begin_pending("/", NOW)
    async with site.browser() as browser:
        browser.cookies.set(cookie_name("__Host-oauth-", pending.state), seal(pending, b"the attacker's key"))

        assert await refused(site, browser, code="code-1", state=pending.state) == BEGUN_ELSEWHERE


async def test_a_login_of_another_client_of_the_application_is_refused(provider: Provider) -> None:
    one, other = Site(provider.url), Site(provider.url, client_id="client-2")
    async with one.browser() as browser, other.browser() as second:
        said = await begin(browser, provider)
        second.cookies.update(browser.cookies)

        assert await refused(other, second, code="code-1", state=said["state"]) == BEGUN_ELSEWHERE


async def test_a_login_is_over_after_ten_minutes(provider: Provider) -> None:
    time = Time()
    site = Site(provider.url, now=time)
    async with site.browser() as browser:
        said = await begin(browser, provider)
        time.now += 600

        assert await refused(site, browser, code="code-1", state=said["state"]) == BEGUN_ELSEWHERE


async def test_a_login_comes_back_once_even_if_the_cookie_is_kept(provider: Provider, site: Site) -> None:
    async with site.browser() as browser, site.browser(is_first=False) as again:
        said = await begin(browser, provider)
        again.cookies.update(browser.cookies)
        await come_back(browser, code="code-1", state=said["state"])
        site.accounts.clear()

        text = await refused(site, again, code="code-1", state=said["state"])

    assert text == "signing in has failed: it is over already; begin again"
    assert len(provider.forms) == 1


async def test_workers_may_share_what_has_come_once(provider: Provider) -> None:
    used = MemoryAttemptStore()
    one, other = Site(provider.url, used=used), Site(provider.url, used=used)
    async with one.browser() as browser, other.browser() as again:
        said = await begin(browser, provider)
        again.cookies.update(browser.cookies)
        await come_back(browser, code="code-1", state=said["state"])

        assert "it is over already" in await refused(other, again, code="code-1", state=said["state"])


@pytest.mark.parametrize("name", ["state", "code", "iss", "error"])
async def test_an_answer_that_says_something_twice_is_refused(provider: Provider, site: Site, name: str) -> None:
    async with site.browser() as browser:
        said = await begin(browser, provider)
        query: dict[str, Any] = {"code": "code-1", "state": said["state"], "iss": provider.url} | {
            name: [provider.url if name == "iss" else said.get(name, "x")] * 2
        }

        assert "says something twice" in await refused(site, browser, **query)


@pytest.mark.parametrize("code", [None, "", "c" * 5_000])
async def test_an_answer_without_a_code_is_refused(provider: Provider, site: Site, code: str | None) -> None:
    async with site.browser() as browser:
        said = await begin(browser, provider)
        query: dict[str, Any] = {"state": said["state"]} | ({} if code is None else {"code": code})

        assert "the provider has sent no code" in await refused(site, browser, **query)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ("access_denied", "the provider says access_denied"),
        ("<script>alert(1)</script>", "the provider says no"),
        ("https://attacker.example", "the provider says no"),
        ("", "the provider says no"),
    ],
)
async def test_an_error_of_the_provider_is_told_and_leads_nowhere(
    provider: Provider, site: Site, error: str, shown: str
) -> None:
    async with site.browser() as browser:
        said = await begin(browser, provider)
        query: dict[str, Any] = {"error": error, "error_description": "<b>", "error_uri": "https://attacker.example"}

        text = await refused(site, browser, state=said["state"], code="code-1", **query)

    assert text == f"signing in has failed: {shown}; begin again"


@pytest.mark.parametrize(
    ("supported", "iss", "is_good"),
    [
        (True, "@", True),
        (False, "@", True),
        (False, None, True),
        (True, None, False),
        (True, "https://attacker.example", False),
        (False, "https://attacker.example", False),
        (False, "@/", False),
        (False, "", False),
    ],
)
async def test_the_answer_is_of_the_provider_that_was_asked(
    provider: Provider, site: Site, supported: bool, iss: str | None, is_good: bool
) -> None:
    provider.metadata = {"authorization_response_iss_parameter_supported": supported}
    async with site.browser() as browser:
        said = await begin(browser, provider)
        query: dict[str, Any] = {} if iss is None else {"iss": iss.replace("@", provider.url)}
        if is_good:
            assert (await come_back(browser, code="code-1", state=said["state"], **query)).status_code == 303
            return
        text = await refused(site, browser, code="code-1", state=said["state"], **query)

    assert "the answer is of another provider" in text
    assert provider.forms == []


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example",
     "javascript:alert(1)", " //evil.example", "\t//evil.example", "http:///evil.example", "/\r\nx: y", "",
     "https://app.example.evil.example/", "https://app.example@evil.example/", "/" + "x" * 2_000],
)  # fmt: skip
async def test_nobody_is_sent_to_another_site_after_the_login(provider: Provider, site: Site, target: str) -> None:
    async with site.browser() as browser:
        said = await begin(browser, provider, target)
        answer = await come_back(browser, code="code-1", state=said["state"])

    assert answer.headers["location"] == "/"


async def test_the_host_of_a_request_changes_nothing(provider: Provider, site: Site) -> None:
    async with site.browser() as browser:
        answer = await browser.get("/auth/login", headers={"host": "evil.example", "x-forwarded-host": "evil.example"})

    said = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    assert said["redirect_uri"] == CALLBACK
    assert "evil" not in answer.headers["location"]


async def test_logins_and_failures_are_in_the_audit_log(provider: Provider, site: Site) -> None:
    events: list[Any] = []

    class Sink:
        async def record(self, event: Any, /) -> None:
            events.append(event)

    audit_trail(site.app).send_to(Sink())
    async with site.browser() as browser:
        said = await begin(browser, provider)
        await come_back(browser, error="access_denied", state=said["state"])
        said = await begin(browser, provider)
        await come_back(browser, code="code-1", state=said["state"])

    assert [(event.kind, event.user, event.reason) for event in events] == [
        ("login_failed", None, "the provider says access_denied"),
        ("login", "u-1", None),
    ]


async def test_whom_the_application_does_not_know_is_refused(provider: Provider) -> None:
    site = Site(provider.url, find_user=lambda account: None)
    async with site.browser() as browser:
        said = await begin(browser, provider)

        text = await refused(site, browser, 403, code="code-1", state=said["state"])

    assert text == "this account may not sign in here"


# -- the provider that answers --------------------------------------------------------------------------------------

OTHER = Key.generate("ES256", kid="one")


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": None},
        {"nonce": "A" * 43},
        {"nonce": ["@"]},
        {"nonce": "\u0661"},
        {"iss": "https://attacker.example"},
        {"iss": None},
        {"aud": "client-2"},
        {"aud": ["client-1", "client-2"]},
        {"aud": ["client-1", "client-2"], "azp": "client-2"},
        {"azp": "client-2"},
        {"aud": None},
        {"exp": NOW - 30},
        {"exp": None},
        {"exp": "never"},
        {"iat": None},
        {"iat": NOW + 3_600},
        {"nbf": NOW + 3_600},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        {"at_hash": 1},
    ],
    ids=repr,
)
async def test_an_id_token_that_is_not_for_this_login_is_refused(
    provider: Provider, site: Site, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    async with site.browser() as browser:
        said = await begin(browser, provider)

        assert "the ID token is not valid" in await refused(site, browser, code="code-1", state=said["state"])


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["client-1"]},
        {"aud": ["client-2", "client-1"], "azp": "client-1"},
        {"exp": NOW - 29},
        {"at_hash": encode_segment(hashlib.sha256(b"at-secret-1").digest()[:16]).decode()},
    ],
    ids=repr,
)
async def test_an_id_token_may_say_more_than_it_must(provider: Provider, site: Site, claims: dict[str, Any]) -> None:
    provider.claims = claims
    async with site.browser() as browser:
        said = await begin(browser, provider)

        assert (await come_back(browser, code="code-1", state=said["state"])).status_code == 303


@pytest.mark.parametrize("forgery", ["another key", "none", "HS256 with the secret", "no signature", "no token"])
async def test_an_id_token_that_the_provider_has_not_signed_is_refused(
    provider: Provider, site: Site, forgery: str
) -> None:
    async with site.browser() as browser:
        said = await begin(browser, provider)
        head, body, signature = provider.id_token().split(".")
        provider.tokens["id_token"] = {
            "another key": f"{head}.{body}.{encode_segment(OTHER.sign(f'{head}.{body}'.encode())).decode()}",
            "none": f"{header_of('none')}.{body}.",
            "HS256 with the secret": hs256(body),
            "no signature": f"{head}.{body}.",
            "no token": signature,
        }[forgery]

        assert "the ID token is not valid" in await refused(site, browser, code="code-1", state=said["state"])


def header_of(algorithm: str) -> str:
    return encode_segment(f'{{"alg": "{algorithm}"}}'.encode()).decode()


def hs256(body: str) -> str:
    message = f"{header_of('HS256')}.{body}"
    return f"{message}.{encode_segment(hmac.digest(b'client-secret-1', message.encode(), 'sha256')).decode()}"


BAD_ANSWERS: dict[str, Any] = {
    "no access token": {"access_token": None},
    "another kind of token": {"token_type": "mac"},
    "no kind of token": {"token_type": None},
    "a token that is a list": {"access_token": ["at"]},
    "no ID token": {"id_token": None},
    "an ID token that is an object": {"id_token": {}},
    "a refresh token that is a number": {"refresh_token": 7},
}


@pytest.mark.parametrize("tokens", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
async def test_an_answer_of_the_token_endpoint_that_is_no_good_is_a_502(
    provider: Provider, site: Site, tokens: dict[str, Any]
) -> None:
    provider.tokens = tokens
    async with site.browser() as browser:
        said = await begin(browser, provider)

        await refused(site, browser, 502, code="code-1", state=said["state"])


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (lambda handler: write(handler, 400, {"error": "invalid_grant", "error_description": "at-secret-9"}), 400),
        (lambda handler: write(handler, 200, {"error": "bad_verification_code"}), 400),
        (lambda handler: write(handler, 200, {"error": ["invalid_grant"]}), 502),
        (lambda handler: write(handler, 400, {"error": "invalid_client"}), 502),
        (lambda handler: write(handler, 401, b"<html>"), 502),
        (lambda handler: write(handler, 500, b""), 502),
        (lambda handler: write(handler, 302, b"", location="/elsewhere"), 502),
        (lambda handler: write(handler, 200, b" " * 2_000_000), 502),
        (lambda handler: write(handler, 200, gzip.compress(b"{}"), content_encoding="gzip"), 502),
        (lambda handler: write(handler, 200, b'{"access_token": NaN}'), 502),
        (lambda handler: handler.connection.close(), 502),
    ],
    ids=[
        "invalid_grant",
        "refused with 200",
        "no error",
        "invalid_client",
        "HTML",
        "500",
        "redirect",
        "2 MB",
        "gzip",
        "NaN",
        "closed",
    ],
)
async def test_a_token_endpoint_that_fails_logs_nobody_in(
    provider: Provider, site: Site, answer: Any, status: int
) -> None:
    async with site.browser() as browser:
        said = await begin(browser, provider)
        provider.publisher.answers["/token"] = answer

        assert "at-secret-9" not in await refused(site, browser, status, code="code-1", state=said["state"])

    assert "/elsewhere" not in provider.publisher.asked


@pytest.mark.parametrize("profile", [{"sub": "u-2"}, {}, {"sub": ["u-1"]}, {"sub": True}, {"sub": ""}])
async def test_what_is_said_of_somebody_else_is_not_believed(
    provider: Provider, site: Site, profile: dict[str, Any]
) -> None:
    provider.profile = profile
    async with site.browser() as browser:
        said = await begin(browser, provider)

        await refused(site, browser, 502, code="code-1", state=said["state"])


async def test_an_address_that_the_provider_has_not_verified_is_not_one(provider: Provider, site: Site) -> None:
    for verified in (False, None, "true", 1):
        provider.profile = {"sub": "u-1", "email": "admin@example.com", "email_verified": verified}
        async with site.browser() as browser:
            said = await begin(browser, provider)
            await come_back(browser, code="code-1", state=said["state"])

    assert [account.verified_email for account in site.accounts] == [None] * 4


async def test_what_the_id_token_says_is_not_overruled_by_userinfo(provider: Provider, site: Site) -> None:
    provider.claims = {"email": "zoe@example.com", "email_verified": False}
    async with site.browser() as browser:
        said = await begin(browser, provider)
        await come_back(browser, code="code-1", state=said["state"])

    assert site.accounts[0].verified_email is None


async def test_a_provider_that_cannot_be_asked_is_a_502_and_its_return_is_noticed(provider: Provider) -> None:
    site = Site(provider.url)
    provider.metadata = {"issuer": "https://attacker.example"}
    async with site.browser() as browser:
        assert (await browser.get("/auth/login")).status_code == 502
        provider.metadata = {}
        assert (await browser.get("/auth/login")).status_code == 303


async def test_many_who_wait_for_a_provider_share_one_attempt(provider: Provider) -> None:
    gate = threading.Event()
    statuses: list[int] = []

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        gate.wait(10)
        write(handler, 500, b"")

    provider.publisher.answers["/.well-known/openid-configuration"] = slowly
    async with Site(provider.url).browser() as browser, anyio.create_task_group() as group:

        async def click() -> None:
            statuses.append((await browser.get("/auth/login")).status_code)

        for _ in range(20):
            group.start_soon(click)
        while not provider.publisher.asked:
            await anyio.wait_all_tasks_blocked()
        await anyio.wait_all_tasks_blocked()
        gate.set()

    assert statuses == [502] * 20
    assert len(provider.publisher.asked) == 1


async def test_where_users_go_by_default_is_the_developers_choice(provider: Provider) -> None:
    site = Site(provider.url, after_login="/start", allowed_hosts=["shop.example"])
    async with site.browser() as browser:
        for target, expected in (
            (None, "/start"),
            ("https://evil.example/", "/start"),
            ("https://shop.example/cart", "https://shop.example/cart"),
        ):
            said = await begin(browser, provider, target)
            answer = await come_back(browser, code="code-1", state=said["state"])
            assert answer.headers["location"] == expected


def test_an_issuer_elsewhere_cannot_lead_to_this_machine() -> None:
    issuer = "https://issuer.example"
    for url in ("http://127.0.0.1:8500/v1/kv", "http://localhost/", "http://[::1]/"):
        with pytest.raises(FetchError, match="discovery has a token_endpoint that cannot be used"):
            read_metadata({"issuer": issuer, "token_endpoint": url}, issuer)


async def test_the_last_good_metadata_stays_while_the_provider_is_away(provider: Provider) -> None:
    time = Time()
    site = Site(provider.url, now=time)
    async with site.browser() as browser:
        await begin(browser, provider)
        provider.publisher.answers["/.well-known/openid-configuration"] = b"<html>"
        time.now += 4_000
        for _ in range(10):
            assert (await browser.get("/auth/login")).status_code == 303

    assert provider.publisher.asked.count("/.well-known/openid-configuration") == 2


# -- logging out ----------------------------------------------------------------------------------------------------


async def test_logging_out_ends_the_session_here_and_leads_to_where_the_provider_ends_its_own(
    provider: Provider,
) -> None:
    provider.metadata = {"end_session_endpoint": f"{provider.url}/end?tenant=1"}
    site = Site(provider.url, logout_redirect_uri="https://app.example/bye")
    async with site.browser() as browser:
        said = await begin(browser, provider)
        await come_back(browser, code="code-1", state=said["state"])

        answer = await browser.post("/auth/logout")

        assert answer.status_code == 303
        assert answer.headers["location"] == (
            f"{provider.url}/end?tenant=1&client_id=client-1&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fbye"
        )
        assert await user_of(browser) is None
        assert (await browser.get("/auth/logout")).status_code == 405


async def test_logging_out_works_while_the_provider_is_away(provider: Provider) -> None:
    time = Time()
    site = Site(provider.url, now=time, after_logout="/bye")
    async with site.browser() as browser:
        said = await begin(browser, provider)
        await come_back(browser, code="code-1", state=said["state"])
        provider.publisher.answers.clear()

        answer = await browser.post("/auth/logout")

        assert (answer.status_code, answer.headers["location"]) == (303, "/bye")
        assert await user_of(browser) is None


# -- whoever writes it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"issuer": None}, "needs an issuer, which publishes where to go, or both authorize_url and token_url"),
        ({"issuer": None, "authorize_url": "https://a.example"}, "needs an issuer"),
        ({"token_url": "https://a.example"}, "needs an issuer"),
        ({"issuer": "http://issuer.example"}, "issuer is 'http://issuer.example': it must be https"),
        ({"redirect_uri": "/auth/callback"}, "redirect_uri is '/auth/callback': write https://host/path"),
        ({"redirect_uri": "http://app.example/auth/callback"}, "it must be https, unless the host is this machine"),
        ({"redirect_uri": "https://app.example/auth/callback?x=1"}, "it must have no query"),
        ({"redirect_uri": "https://app.example/callback"}, r"the callback of router\('/auth'\) is at /auth/callback"),
        ({"scopes": ["email"]}, "it must have 'openid'"),
        ({"scopes": "openid"}, "give a list"),
        ({"parameters": {"state": "fixed", "prompt": "login"}}, "parameters state: these are set by the flow itself"),
        ({"parameters": {"code_challenge_method": "plain"}}, "these are set by the flow itself"),
        ({"algorithms": ["HS256"]}, "a published secret is none"),
        ({"client_id": ""}, "and a client_id"),
        ({"find_user": None}, "a function that finds the user"),
    ],
)
async def test_a_client_that_would_not_be_safe_is_refused(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        Site("https://issuer.example", **settings)


async def test_a_sealed_login_is_opened_with_its_key_and_its_state_until_it_ends() -> None:
    pending = begin_pending("/", NOW)
    sealed = seal(pending, b"key")

    assert unseal(sealed, b"key", pending.state, NOW + 599) == pending
    for cookie, key, state, now in (
        (sealed, b"key", pending.state, NOW + 600),
        (sealed, b"yek", pending.state, NOW),
        (sealed, b"key", begin_pending("/", NOW).state, NOW),
        (sealed + "0", b"key", pending.state, NOW),
        ("A" + sealed, b"key", pending.state, NOW),
        (sealed.partition(".")[0], b"key", pending.state, NOW),
        ("\udcff.\udcff", b"key", pending.state, NOW),
        ("", b"key", pending.state, NOW),
    ):
        assert unseal(cookie, key, state, now) is None
