"""The provider that users sign in with: what it publishes, and the tokens that it gives for codes."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote_plus

import anyio

from nexios.auth.discovery import Metadata, discover
from nexios.auth.fetch import FetchError, fetch
from nexios.auth.oauth.account import OAuthTokens
from nexios.auth.oauth.failure import SignInFailed
from nexios.auth.perloop import PerLoop
from nexios.config import Secret

logger = logging.getLogger("nexios.auth")

_METADATA_SECONDS: Final = 3_600.0
_RETRY_SECONDS: Final = 60.0
# RFC 6749 section 5.2, and what GitHub says instead.
_REFUSED: Final = ("invalid_grant", "bad_verification_code")


class Provider:
    """Asks the provider, as the client that is registered with it."""

    def __init__(
        self,
        metadata: Metadata,
        client_id: str,
        client_secret: Secret | None,
        *,
        discovers: bool,
        secret_in_body: bool,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._metadata = metadata
        self._client_id = client_id
        self._client_secret = client_secret
        self._secret_in_body = secret_in_body
        self._now = now
        self._old_at = -float("inf") if discovers else float("inf")
        self._attempts = 0
        self._lock = PerLoop(anyio.Lock)

    async def metadata(self) -> Metadata:
        """What it publishes, at most an hour old, or older while it cannot be asked. Raises FetchError without any."""
        if self._now() >= self._old_at:
            attempts = self._attempts
            async with self._lock.get():
                # Whoever has waited for somebody else's attempt shares what came of it, a failure too.
                if self._attempts == attempts:
                    await self._discover()
            if self._metadata.token_endpoint is None:
                raise FetchError("discovery has failed")
        return self._metadata

    async def _discover(self) -> None:
        try:
            self._metadata = await discover(self._metadata.issuer)
            self._old_at = self._now() + _METADATA_SECONDS
        except FetchError as error:
            logger.warning("The provider %s cannot be asked: %s", self._metadata.issuer, error.reason)
            if self._metadata.token_endpoint is not None:
                self._old_at = self._now() + _RETRY_SECONDS
        finally:
            self._attempts += 1

    async def redeem(self, code: str, verifier: str, redirect_uri: str) -> OAuthTokens:
        """The tokens for *code* (RFC 6749 section 4.1.3). Raises SignInFailed where it is refused, and FetchError."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return await self._tokens({**form, "code_verifier": verifier}, None)

    async def renew(self, refresh_token: str) -> OAuthTokens:
        """New tokens (RFC 6749 section 6); the refresh token stays where no other one is given."""
        return await self._tokens({"grant_type": "refresh_token", "refresh_token": refresh_token}, refresh_token)

    async def userinfo(self, access_token: str) -> Mapping[str, Any] | None:
        """What is said about the user (OpenID Connect Core section 5.3); None where nothing can be asked."""
        endpoint = (await self.metadata()).userinfo_endpoint
        if endpoint is None:
            return None
        answer = await fetch(endpoint, headers={"authorization": f"Bearer {access_token}"})
        if answer.status != 200:
            raise FetchError(f"userinfo was answered with status {answer.status}")
        return answer.object()

    async def _tokens(self, form: dict[str, str], refresh_token: str | None) -> OAuthTokens:
        endpoint = (await self.metadata()).token_endpoint
        if endpoint is None:
            raise FetchError("there is no token endpoint")
        answer = await fetch(endpoint, form={**form, **self._in_body()}, headers=self._in_header())
        document = answer.object() if answer.status in (200, 400, 401) else {}
        # Some providers answer 200 to what they refuse.
        if document.get("error") in _REFUSED:
            raise SignInFailed("the provider does not accept the code, which is good once and not for long")
        if answer.status != 200:
            # Of an error only its status is kept: whatever else it says may quote what was sent.
            raise FetchError(f"the token endpoint has answered with status {answer.status}")
        return read_tokens(document, refresh_token, self._now())

    def _in_body(self) -> dict[str, str]:
        if self._client_secret is None:
            return {"client_id": self._client_id}
        if self._secret_in_body:
            return {"client_id": self._client_id, "client_secret": self._client_secret.reveal()}
        return {}

    def _in_header(self) -> dict[str, str]:
        if self._client_secret is None or self._secret_in_body:
            return {}
        # RFC 6749 section 2.3.1: each is form-encoded before they are joined.
        pair = f"{quote_plus(self._client_id)}:{quote_plus(self._client_secret.reveal())}"
        return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def read_tokens(document: Mapping[str, Any], refresh_token: str | None, now: float) -> OAuthTokens:
    """Raises FetchError for an answer that is not as RFC 6749 section 5.1 says."""
    token, kind = document.get("access_token"), document.get("token_type")
    if not isinstance(token, str) or not token or not isinstance(kind, str) or kind.lower() != "bearer":
        raise FetchError("the token endpoint has given no bearer token")
    texts = {name: document.get(name) for name in ("refresh_token", "id_token", "scope")}
    if not all(isinstance(value, str | None) for value in texts.values()):
        raise FetchError("the token endpoint has given something else than text")
    lifetime: Any = document.get("expires_in")
    is_time = type(lifetime) in (int, float) and 0 <= lifetime < 1e10
    return OAuthTokens(
        access_token=token,
        refresh_token=texts["refresh_token"] or refresh_token,
        id_token=texts["id_token"],
        expires_at=now + lifetime if is_time else None,
        scope=texts["scope"] or "",
    )
