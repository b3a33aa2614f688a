"""Passwords for tokens: the password grant of OAuth 2, for clients of one's own (RFC 6749 section 4.3).

Browsers of others, and clients of others, sign in with `nexios.auth.oauth` instead: a password is for nobody but us.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nexios import Request, Response, Router
from nexios.auth.audit_log import AuditTrail
from nexios.auth.backends.jwt import JWTAuthBackend, Keys, LoadUser
from nexios.auth.decorator import public
from nexios.auth.exceptions import AuthenticationFailed, InvalidToken
from nexios.auth.identity import names_in
from nexios.auth.jwt.refresh import TokenPair, TokenPairs
from nexios.auth.passwords import check_password
from nexios.auth.throttle import LoginThrottle
from nexios.exceptions import BadRequest, ConfigurationError, UnsupportedMediaType
from nexios.http.urls import QueryParams

# A username, a password of 1 024 bytes that are all escaped, a token: nothing that is longer is a login.
_LARGEST: Final = 24_576
_FIELDS: Final = 20
_LONGEST_NAME: Final = 320
_PRIVATE: Final = {"cache-control": "no-store", "pragma": "no-cache"}


@dataclass(frozen=True, slots=True)
class Grant:
    """Whom a password belongs to, and what they may: the *subject* of tokens, their scopes and further claims."""

    subject: str
    scopes: frozenset[str] | tuple[str, ...] = frozenset()
    claims: Mapping[str, Any] = field(default_factory=dict)


class OAuth2PasswordBearer(JWTAuthBackend):
    """A `JWTAuthBackend` for the tokens of *pairs*, whose documents tell clients where to get them: *token_url*.

    *scopes* describes those that a client may ask for. *key* is needed where more keys verify than the one that signs.
    """

    scheme = "oauth2"

    def __init__(
        self,
        load_user: LoadUser,
        pairs: TokenPairs,
        *,
        token_url: str = "/token",  # noqa: S107  # where, not what
        scopes: Mapping[str, str] | None = None,
        key: Keys | None = None,
    ) -> None:
        issuer = pairs.issuer
        super().__init__(
            load_user,
            key=issuer.key if key is None else key,
            store=pairs.store,
            issuer=issuer.issuer,
            audience=issuer.audience,
            now=issuer.now,
        )
        self._token_url = token_url
        self._described = dict(scopes or {})

    @property
    def security_scheme(self) -> Mapping[str, Any] | None:
        flow = {"tokenUrl": self._token_url, "refreshUrl": self._token_url, "scopes": self._described}
        return {"type": "oauth2", "flows": {"password": flow}}


class TokenEndpoint:
    """``POST /token`` gives a pair of tokens for a password or a refresh token, ``POST /revoke`` ends a login.

    *check* takes a username and a password and returns a `Grant`, the subject alone, or None where they do not fit; it
    may be async. Whoever guesses is slowed down by *throttle*.
    """

    def __init__(
        self,
        check: Callable[[str, str], Any],
        pairs: TokenPairs,
        *,
        throttle: LoginThrottle | None = None,
    ) -> None:
        if not callable(check):
            raise ConfigurationError(f"TokenEndpoint({check!r}): give a function of a username and a password")
        self._check = check
        self._pairs = pairs
        self._throttle = LoginThrottle() if throttle is None else throttle

    def router(self, prefix: str = "") -> Router:
        """Both routes, which are open to everybody."""
        # Programs have no token against forged requests, and whoever has the credentials needs no forgery.
        router = Router(prefix, max_body=_LARGEST, meta={"csrf": False})
        router.post("/token")(self.token)
        router.post("/revoke")(self.revoke)
        return router

    @public
    async def token(self, request: Request) -> Response:
        """RFC 6749 sections 4.3.2 and 6."""
        try:
            form = await _read_form(request)
            pair = await self._grant(request, form)
        except _Refusal as refusal:
            return _answer({"error": refusal.error, "error_description": refusal.description}, 400)
        return _answer(pair.document(), 200)

    @public
    async def revoke(self, request: Request) -> Response:
        """RFC 7009: a token that is not good needs no revoking, so that is no error."""
        try:
            form = await _read_form(request)
            await self._pairs.revoke(_required(form, "token"))
        except _Refusal as refusal:
            return _answer({"error": refusal.error, "error_description": refusal.description}, 400)
        except InvalidToken:
            pass
        return _answer({}, 200)

    async def _grant(self, request: Request, form: QueryParams) -> TokenPair:
        kind = _required(form, "grant_type")
        if kind == "password":
            return await self._by_password(request, form)
        if kind != "refresh_token":
            raise _Refusal("unsupported_grant_type", "this endpoint knows password and refresh_token")
        try:
            return await self._pairs.refresh(_required(form, "refresh_token"))
        except InvalidToken as refused:
            await _note(request, "login_failed", reason=f"refresh token: {refused.reason}")
            raise _Refusal("invalid_grant", refused.detail or "") from None

    async def _by_password(self, request: Request, form: QueryParams) -> TokenPair:
        username, password = _required(form, "username"), _required(form, "password")
        if len(username) > _LONGEST_NAME:
            raise _Refusal("invalid_request", f"username has more than {_LONGEST_NAME} characters")
        try:
            check_password(password)
        except BadRequest as refused:
            raise _Refusal("invalid_request", refused.detail or "") from None
        try:
            async with self._throttle.attempt(request, username):
                grant = await self._checked(username, password)
        except AuthenticationFailed:
            await _note(request, "login_failed", reason="wrong username or password")
            raise _Refusal("invalid_grant", "the username or the password is wrong") from None
        pair = await self._pairs.issue(grant.subject, scopes=_scopes(form, grant), **grant.claims)
        await _note(request, "login", user=grant.subject)
        return pair

    async def _checked(self, username: str, password: str) -> Grant:
        found = self._check(username, password)
        if inspect.isawaitable(found):
            found = await found
        if found is None or found is False:
            raise AuthenticationFailed
        return found if isinstance(found, Grant) else Grant(str(found))


class _Refusal(Exception):
    """An error of RFC 6749 section 5.2."""

    def __init__(self, error: str, description: str) -> None:
        self.error = error
        self.description = description


async def _read_form(request: Request) -> QueryParams:
    content_type = request.content_type
    if content_type is None or content_type.essence != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType(
            "this endpoint reads a form", {"accept": "application/x-www-form-urlencoded", **_PRIVATE}
        )
    body = await request.body()
    try:
        return QueryParams(body, limit=_FIELDS)
    except BadRequest as malformed:
        raise _Refusal("invalid_request", malformed.detail or "") from None


def _required(form: QueryParams, name: str) -> str:
    """Raises _Refusal where *name* is missing, empty, or there twice (RFC 6749 section 3.2)."""
    values = form.getlist(name)
    if len(values) != 1 or not values[0]:
        raise _Refusal("invalid_request", f"{name} is missing" if len(values) < 2 else f"{name} is there twice")
    return values[0]


def _scopes(form: QueryParams, grant: Grant) -> frozenset[str]:
    """What was asked for, if all of it is granted; all that is granted where nothing was asked for."""
    asked, granted = names_in(form.get("scope"), "scopes"), names_in(grant.scopes, "the scopes of a grant")
    if not asked <= granted:
        raise _Refusal("invalid_scope", "more is asked for than this user may")
    return asked or granted


async def _note(request: Request, kind: Any, **about: Any) -> None:
    for _, trail in request.app.contributions("auth.trail"):
        given: AuditTrail = trail
        await given.note(kind, request, scheme="oauth2", **about)


def _answer(document: Mapping[str, Any], status: int) -> Response:
    return Response.json(document, status, _PRIVATE)
