"""Signing in with another provider: the authorization code flow with PKCE, for a browser and its session."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from nexios import Router
from nexios.auth.discovery import Metadata
from nexios.auth.fetch import FetchError, check_url, require_httpx
from nexios.auth.oauth.account import Account, OAuthTokens
from nexios.auth.oauth.failure import SignInFailed
from nexios.auth.oauth.idtoken import IDTokens
from nexios.auth.oauth.pending import Pending
from nexios.auth.oauth.provider import Provider
from nexios.auth.oauth.routes import Routes
from nexios.auth.throttle import AttemptStore
from nexios.config import Secret
from nexios.exceptions import ConfigurationError

# What the flow itself says to the provider; whoever set one of these could take a check away.
_OURS: Final = frozenset(
    {"response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
     "code_challenge_method", "request", "request_uri"}
)  # fmt: skip


class OAuthClient:
    """Signs users in with the OpenID provider *issuer*, or with the endpoints of one that knows only OAuth 2.

    *find_user* is called with an `Account` and returns the user to log in, or None to refuse; it may be async.
    *redirect_uri* is the whole URL of the callback, as it is registered with the provider: it never comes from a
    request. *algorithms* are those of ID tokens, *parameters* are said to the provider besides.
    Times are in seconds. *used* is where codes that have come once are remembered, by default in this process.

    ``app.mount_router(OAuthClient(...).router("/auth"))`` serves /auth/login, /auth/callback and /auth/logout.
    """

    def __init__(
        self,
        find_user: Callable[[Account], Any],
        *,
        client_id: str,
        redirect_uri: str,
        client_secret: str | Secret | None = None,
        issuer: str | None = None,
        authorize_url: str | None = None,
        token_url: str | None = None,
        userinfo_url: str | None = None,
        scopes: Collection[str] = ("openid", "profile", "email"),
        algorithms: Collection[str] = ("RS256",),
        parameters: Mapping[str, str] | None = None,
        subject_claim: str = "sub",
        secret_in_body: bool = False,
        after_login: str = "/",
        after_logout: str = "/",
        logout_redirect_uri: str | None = None,
        allowed_hosts: Collection[str] = (),
        used: AttemptStore | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        require_httpx("OAuthClient")
        if not callable(find_user) or not client_id:
            raise ConfigurationError("OAuthClient needs a function that finds the user of an account, and a client_id")
        explicit = Metadata(issuer or "", authorize_url, token_url, None, userinfo_url)
        _check(explicit, redirect_uri, scopes, parameters)
        self._find_user = find_user
        self._client_id = client_id
        self._scopes = tuple(scopes)
        self._parameters = dict(parameters or {})
        self._subject_claim = subject_claim
        self._id_tokens = IDTokens(issuer, client_id, algorithms, now) if issuer is not None else None
        secret = Secret(client_secret) if isinstance(client_secret, str) else client_secret
        self.provider: Provider = Provider(
            explicit, client_id, secret, discovers=issuer is not None, secret_in_body=secret_in_body, now=now
        )
        self.redirect_uri: str = redirect_uri
        self.after_login: str = after_login
        self.after_logout: str = after_logout
        self.logout_redirect_uri: str | None = logout_redirect_uri
        self.allowed_hosts: frozenset[str] = frozenset(allowed_hosts)
        self.used: AttemptStore | None = used
        self.now: Callable[[], float] = now

    @property
    def identifier(self) -> str:
        """What tells this client from the others of an application."""
        return f"{self._client_id} {self.redirect_uri}"

    def router(self, prefix: str = "") -> Router:
        """The routes; each is open to everybody. Raises ConfigurationError where the callback would be elsewhere."""
        return Routes(self).router(prefix)

    async def authorization_url(self, pending: Pending) -> str:
        """Where to send the browser (RFC 6749 section 4.1.1, RFC 7636 section 4.3). Raises FetchError."""
        endpoint = (await self.provider.metadata()).authorization_endpoint
        if endpoint is None:
            raise FetchError("there is no authorization endpoint")
        said = {
            **self._parameters,
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self.redirect_uri,
            "scope": " ".join(self._scopes),
            "state": pending.state,
            "code_challenge": pending.challenge,
            "code_challenge_method": "S256",
        }
        if self._id_tokens is not None:
            said["nonce"] = pending.nonce
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(said)}"

    async def check_issuer(self, named: str | None) -> None:
        """Raise SignInFailed where the answer is of another provider than the one that was asked (RFC 9207)."""
        metadata = await self.provider.metadata()
        if not metadata.issuer:
            return
        if named != metadata.issuer and (named is not None or metadata.names_itself):
            raise SignInFailed("the answer is of another provider")

    async def account(self, code: str, pending: Pending) -> Account:
        """Who has signed in. Raises SignInFailed, InvalidToken, FetchError and StoreUnavailable."""
        tokens = await self.provider.redeem(code, pending.verifier, self.redirect_uri)
        claims: Mapping[str, Any] = {}
        if self._id_tokens is not None:
            if tokens.id_token is None:
                raise FetchError("the token endpoint has given no ID token")
            claims = await self._id_tokens.verify(tokens.id_token, pending.nonce, tokens.access_token)
        told = await self.provider.userinfo(tokens.access_token)
        subject = claims.get("sub")
        if told is not None:
            about = _subject_of(told, "sub" if self._id_tokens is not None else self._subject_claim)
            # OpenID Connect Core section 5.3.2: an answer about somebody else must not be used.
            if subject not in (None, about):
                raise FetchError("userinfo is about somebody else")
            subject, claims = about, {**told, **claims}
        if subject is None:
            raise FetchError("nothing says who has signed in")
        return Account((await self.provider.metadata()).issuer, subject, claims, tokens)

    async def user_of(self, account: Account) -> Any:
        found = self._find_user(account)
        return await found if inspect.isawaitable(found) else found

    async def refresh(self, tokens: OAuthTokens) -> OAuthTokens:
        """New tokens for old ones. Raises SignInFailed where the login at the provider is over, and FetchError."""
        if tokens.refresh_token is None:
            raise SignInFailed("the provider has given no refresh token")
        return await self.provider.renew(tokens.refresh_token)

    async def logout_url(self) -> str | None:
        """Where the provider ends its own session (OpenID Connect RP-Initiated Logout 1.0); None where it does not.

        The ID token, which it also takes as a hint, is not sent: URLs are kept in histories and logs.
        """
        endpoint = (await self.provider.metadata()).end_session_endpoint
        if endpoint is None:
            return None
        said = {"client_id": self._client_id}
        if self.logout_redirect_uri is not None:
            said["post_logout_redirect_uri"] = self.logout_redirect_uri
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(said)}"


def _subject_of(told: Mapping[str, Any], claim: str) -> str | None:
    subject = told.get(claim)
    is_name = isinstance(subject, str) or type(subject) is int
    return str(subject) if is_name and subject != "" else None


def _check(
    explicit: Metadata, redirect_uri: str, scopes: Collection[str], parameters: Mapping[str, str] | None
) -> None:
    """Raises ConfigurationError for what could not work, and for what would not be safe."""
    given = (explicit.authorization_endpoint, explicit.token_endpoint)
    if bool(explicit.issuer) == any(given) or (any(given) and None in given):
        raise ConfigurationError(
            "OAuthClient needs an issuer, which publishes where to go, or both authorize_url and token_url"
        )
    for name in ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint"):
        if getattr(explicit, name):
            check_url(getattr(explicit, name), name)
    if urlsplit(check_url(redirect_uri, "redirect_uri")).query:
        raise ConfigurationError(f"redirect_uri is {redirect_uri!r}: it must have no query")
    if isinstance(scopes, str) or (explicit.issuer and "openid" not in scopes):
        raise ConfigurationError(f"scopes={scopes!r}: give a list; for an issuer it must have 'openid'")
    if taken := sorted(_OURS & (parameters or {}).keys()):
        raise ConfigurationError(f"parameters {', '.join(taken)}: these are set by the flow itself")
