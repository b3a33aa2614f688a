"""A provider that does as a test tells it, on a real socket; and an application whose users sign in with it."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx

from nexios import MakeConfig, NexiosApp, Request
from nexios.auth import SessionBackend
from nexios.auth.jwt import Key
from nexios.auth.jwt.segments import encode_segment
from nexios.auth.oauth import Account, OAuthClient
from nexios.session import SessionMiddleware
from nexios.testing import TestClient
from tests.auth.publisher import Publisher, publish, write

SECRET = "a7f35d0c91b3e8f26d804c6d9e7a1b35"
CALLBACK = "https://app.example/auth/callback"
NOW = 1_800_000_000.0


class Provider:
    """*claims* and *tokens* change what it says in ID tokens and at the token endpoint; *key* signs."""

    def __init__(self, publisher: Publisher) -> None:
        self.publisher = publisher
        self.url = publisher.url
        self.key = Key.generate("ES256", kid="one")
        self.claims: dict[str, Any] = {}
        self.tokens: dict[str, Any] = {}
        self.profile: dict[str, Any] = {"sub": "u-1", "email": "zoe@example.com", "email_verified": True}
        self.metadata: dict[str, Any] = {}
        self.nonce = self.challenge = ""
        self.forms: list[dict[str, str]] = []
        self.headers: list[str] = []
        self.algorithm = "ES256"
        publisher.answers |= {
            "/.well-known/openid-configuration": self._discovery,
            "/jwks": lambda handler: write(handler, 200, {"keys": [self.key.public_jwk()]}),
            "/token": self._token,
            "/userinfo": lambda handler: write(handler, 200, self.profile),
        }

    def come(self, location: str) -> dict[str, str]:
        """What the browser brings along to the authorization endpoint."""
        said = dict(parse_qsl(urlsplit(location).query))
        self.nonce, self.challenge = said.get("nonce", ""), said["code_challenge"]
        return said

    def id_token(self) -> str:
        claims = {
            "iss": self.url,
            "aud": "client-1",
            "sub": "u-1",
            "iat": NOW,
            "exp": NOW + 300,
            "nonce": self.nonce,
            **self.claims,
        }
        header = {"alg": self.algorithm, "kid": "one"}
        shown = [
            encode_segment(json.dumps(part).encode())
            for part in (header, {name: value for name, value in claims.items() if value is not None})
        ]
        message = b".".join(shown)
        return (message + b"." + encode_segment(self.key.sign(message))).decode()

    def _discovery(self, handler: BaseHTTPRequestHandler) -> None:
        document = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            **self.metadata,
        }
        write(handler, 200, {name: value for name, value in document.items() if value is not None})

    def _token(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["content-length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body, strict_parsing=True).items()}
        self.forms.append(form)
        self.headers.append(handler.headers.get("authorization", ""))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if "code" in form and urlsafe_b64encode(digest).rstrip(b"=").decode() != self.challenge:
            write(handler, 400, {"error": "invalid_grant", "error_description": "PKCE"})
            return
        document = {
            "access_token": "at-secret-1",
            "token_type": "Bearer",
            "expires_in": 3600,
            "refresh_token": "rt-secret-1",
            "id_token": self.id_token(),
            **self.tokens,
        }
        write(handler, 200, {name: value for name, value in document.items() if value is not None})


@contextmanager
def provide() -> Iterator[Provider]:
    with publish() as publisher:
        yield Provider(publisher)


class Site:
    """An application, and a browser that visits it."""

    def __init__(self, provider_url: str, *, now: Any = lambda: NOW, **settings: Any) -> None:
        self.accounts: list[Account] = []
        config = MakeConfig(secret_key=SECRET, auth=settings.pop("auth", {}))
        self.app = NexiosApp(config, plugins=["session", "auth"])
        self.app.add_middleware(SessionMiddleware())
        self.app.auth_backend = SessionBackend(lambda id: {"id": id})
        endpoints = {} if "authorize_url" in settings else {"issuer": provider_url}
        options: dict[str, Any] = {
            "client_id": "client-1",
            "client_secret": "client-secret-1",
            "redirect_uri": CALLBACK,
            "algorithms": ["ES256"],
            "now": now,
            **endpoints,
            **settings,
        }
        self.client = OAuthClient(options.pop("find_user", self.find_user), **options)
        self.app.mount_router(self.client.router("/auth"))

        @self.app.get("/me")
        async def me(request: Request) -> dict[str, Any]:
            return {"user": request.user}

    def find_user(self, account: Account) -> Any:
        self.accounts.append(account)
        return {"id": account.subject}

    def browser(self, *, is_first: bool = True) -> TestClient:
        return TestClient(self.app, base_url="https://app.example", raise_server_exceptions=False, lifespan=is_first)


async def begin(browser: TestClient, provider: Provider, target: str | None = None) -> dict[str, str]:
    """Click on "sign in"; what the browser then says to the provider."""
    answer = await browser.get("/auth/login", params={} if target is None else {"next": target})
    assert answer.status_code == 303, answer.text
    return provider.come(answer.headers["location"])


async def come_back(browser: TestClient, **query: Any) -> httpx.Response:
    return await browser.get("/auth/callback", params=httpx.QueryParams(query))


async def user_of(browser: TestClient) -> Any:
    return (await browser.get("/me")).json()["user"]
