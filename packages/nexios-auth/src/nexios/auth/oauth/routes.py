"""The three routes of a login with another provider: out to it, back from it, and away."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from nexios import HTTPException, NexiosApp, Request, Response, Router
from nexios.auth.authentication import authentication_of
from nexios.auth.decorator import public
from nexios.auth.exceptions import InvalidToken, PermissionDenied
from nexios.auth.fetch import FetchError
from nexios.auth.login import login, logout
from nexios.auth.oauth.failure import SignInFailed
from nexios.auth.oauth.pending import SECONDS, Pending, begin, cookie_name, is_state, seal, unseal
from nexios.auth.throttle import Limit, MemoryAttemptStore
from nexios.exceptions import ConfigurationError
from nexios.http.cookies import set_cookie_header
from nexios.http.urls import safe_redirect
from nexios.keys import check_secrets, derive
from nexios.middleware import BaseMiddleware, CallNext

if TYPE_CHECKING:
    from nexios.auth.oauth.client import OAuthClient

logger = logging.getLogger("nexios.auth")

# Two tabs are usual; more cookies than this would only make the header longer.
_MOST_PENDING: Final = 4
_LONGEST_TARGET: Final = 1_024
_LONGEST_CODE: Final = 4_096
# RFC 6749 section 4.1.2.1 and OpenID Connect Core section 3.1.2.6: what may be repeated to the user.
_ERRORS: Final = frozenset(
    {"access_denied", "temporarily_unavailable", "server_error", "invalid_scope", "invalid_request", "login_required",
     "consent_required", "interaction_required", "account_selection_required", "unauthorized_client"}
)  # fmt: skip
_PRIVATE: Final = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
_ONCE: Final = Limit(1, SECONDS)


class Routes(BaseMiddleware):
    """The routes of one client, and the layer around them that reads the secret before any request."""

    name = "oauth"
    protocols = ("http",)
    # Without a value until `prepare` has run: an empty key would be one that anybody can sign with.
    _key: bytes

    def __init__(self, client: OAuthClient) -> None:
        self._client = client
        self._used = MemoryAttemptStore() if client.used is None else client.used
        self._is_secure = urlsplit(client.redirect_uri).scheme == "https"
        # RFC 6265bis section 4.1.3.2: with the prefix no other host can plant it.
        self._prefix = f"{'__Host-' if self._is_secure else ''}oauth-"

    def router(self, prefix: str) -> Router:
        path = urlsplit(self._client.redirect_uri).path
        if not path.endswith(f"{prefix}/callback"):
            raise ConfigurationError(
                f"redirect_uri is {self._client.redirect_uri!r}, and the callback of router({prefix!r}) is at "
                f"{prefix}/callback: make the two the same, here and where the provider knows it"
            )
        router = Router(prefix, middleware=[self])
        router.get("/login")(self.login)
        router.get("/callback")(self.callback)
        router.post("/logout")(self.logout)
        return router

    def prepare(self, app: NexiosApp) -> None:
        secrets = check_secrets(app.secret_key, app.debug, logger, "logins with a provider", "ends those under way")
        self._key = derive(secrets[0], "nexios.auth.oauth", self._client.identifier)

    async def __call__(self, request: Request, response: Response, call_next: CallNext) -> Any:
        answer = await call_next()
        for name, value in _PRIVATE.items():
            answer.headers[name] = value
        return answer

    @public
    async def login(self, request: Request) -> Response:
        """Send the browser to the provider; ``?next=/path`` is where it goes when it has come back."""
        pending = begin(self._target(request), self._client.now())
        answer = Response.redirect(await self._client.authorization_url(pending), 303)
        self._set(answer, cookie_name(self._prefix, pending.state), seal(pending, self._key))
        # Browsers send older cookies first (RFC 6265bis section 5.8.3).
        for name in self._others(request)[: -(_MOST_PENDING - 1)]:
            self._set(answer, name, "")
        return answer

    @public
    async def callback(self, request: Request) -> Response:
        """Log in whom the provider has sent back."""
        pending = await self._pending(request)
        name = cookie_name(self._prefix, pending.state)
        try:
            user = await self._sign_in(request, pending)
        except HTTPException as error:
            error.headers["set-cookie"] = self._cookie(name, "").decode()
            await self._note_failure(request, error)
            raise
        await login(request, user)
        answer = Response.redirect(pending.target, 303)
        self._set(answer, name, "")
        return answer

    @public
    async def logout(self, request: Request) -> Response:
        """End the session here, then let the provider end its own, where it can."""
        await logout(request)
        try:
            url = await self._client.logout_url()
        except FetchError as error:
            logger.warning("The provider was not told of a logout: %s", error.reason)
            url = None
        return Response.redirect(url or self._client.after_logout, 303)

    def _target(self, request: Request) -> str:
        wanted = request.query_params.get("next", "")
        if not 0 < len(wanted) <= _LONGEST_TARGET:
            return self._client.after_login
        return safe_redirect(wanted, self._client.allowed_hosts, self._client.after_login)

    async def _pending(self, request: Request) -> Pending:
        """The login that the browser comes back from, which it can do once. Raises SignInFailed."""
        state = _one(request, "state") or ""
        cookie = request.cookies.get(cookie_name(self._prefix, state), "") if is_state(state) else ""
        pending = unseal(cookie, self._key, state, self._client.now())
        if pending is None:
            raise SignInFailed("this browser has not begun it, or more than ten minutes ago")
        if await self._used.count(f"state:{hashlib.sha256(state.encode()).hexdigest()}", _ONCE):
            raise SignInFailed("it is over already")
        return pending

    async def _sign_in(self, request: Request, pending: Pending) -> Any:
        await self._client.check_issuer(_one(request, "iss"))
        error, code = _one(request, "error"), _one(request, "code")
        if error is not None:
            raise SignInFailed(f"the provider says {error if error in _ERRORS else 'no'}")
        if not code or len(code) > _LONGEST_CODE:
            raise SignInFailed("the provider has sent no code")
        try:
            account = await self._client.account(code, pending)
        except InvalidToken as refused:
            # 401 would ask the browser for credentials that it does not have.
            raise SignInFailed(f"the ID token is not valid: {refused.reason}") from None
        user = await self._client.user_of(account)
        if user is None or user is False:
            raise PermissionDenied("this account may not sign in here")
        return user

    async def _note_failure(self, request: Request, error: HTTPException) -> None:
        reason = getattr(error, "reason", None) or error.title
        await authentication_of(request).authenticator.trail.note(
            "login_failed", request, scheme=self.name, reason=reason
        )

    def _others(self, request: Request) -> list[str]:
        return [name for name in request.cookies if name.startswith(self._prefix)]

    def _set(self, answer: Response, name: str, value: str) -> None:
        answer.headers.append("set-cookie", self._cookie(name, value).decode())

    def _cookie(self, name: str, value: str) -> bytes:
        seconds = SECONDS if value else 0
        return set_cookie_header(name, value, max_age=seconds, secure=self._is_secure, httponly=True, samesite="lax")


def _one(request: Request, name: str) -> str | None:
    """Raises SignInFailed where the provider's answer says it twice (RFC 6749 section 3.1)."""
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise SignInFailed("the answer says something twice")
    return values[0] if values else None
