"""Cross-site request forgery: no other site's page may let a browser change something here (security.md, class 30)."""

from __future__ import annotations

import logging
from typing import Any, ClassVar, Final

from nexios import Connection, NexiosApp, Request, Response
from nexios.exceptions import ConfigurationError, HTTPException, UnsupportedMediaType
from nexios.http.cookies import set_cookie_header
from nexios.http.urls import QueryParams
from nexios.keys import check_secrets
from nexios.middleware import BaseMiddleware, CallNext
from nexios.security.config import CSRFConfig
from nexios.security.issue import Issue, open_issue
from nexios.security.origins import read_origins
from nexios.security.provenance import sender_of
from nexios.security.tokens import Tokens, is_token_of, make_token
from nexios.suggestion import did_you_mean

logger: logging.Logger = logging.getLogger("nexios.security")

# RFC 9110 section 9.2.1, and QUERY: what asks and changes nothing.
SAFE_METHODS: Final[frozenset[str]] = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
# What stands on a request: the layer, while a cookie can still be set, the session around it, and what it has issued.
_LAYER: Final = "_csrf_layer"
_SESSION: Final = "_csrf_session"
_ISSUE: Final = "_csrf_issue"


class CSRFMiddleware(BaseMiddleware):
    """Refuses what a page of another site asks with 403, and what changes something without a token of ours.

    *settings* are the fields of `CSRFConfig`. Sockets are held to the same origins. A route declared with
    ``csrf=False`` is left out, and so is a request that carries a bearer token and no cookie, which no page can forge.
    """

    name: ClassVar[str] = "csrf"
    after: ClassVar[tuple[str, ...]] = ("session",)

    def __init__(self, **settings: Any) -> None:
        self._settings = settings
        self._app: NexiosApp | None = None

    def prepare(self, app: NexiosApp) -> None:
        config = self.settings(app)
        self._exempt = _exempt_paths(config, app)
        if app is self._app:  # something around it has changed; its keys have not
            return
        self._trusted = read_origins(config.trusted_origins)
        self._header = config.header
        self.field: str = config.field
        secure = not app.debug if config.secure is None else config.secure
        can_be_host = secure and not app.debug and config.domain is None and not config.csrf_cookie.startswith("__")
        self._cookie = f"__Host-{config.csrf_cookie}" if can_be_host else config.csrf_cookie
        self._attributes = _attributes(self._cookie, config, secure)
        self._is_readable = config.readable
        given = config.secret_key if config.secret_key is not None else app.secret_key
        self._tokens = Tokens(self._cookie, check_secrets(given, app.debug, logger, "CSRF tokens", "ends every form"))
        self._app = app

    def settings(self, app: NexiosApp) -> CSRFConfig:
        """What this layer is told, by its arguments, the environment and the section."""
        return app.config.section("csrf", CSRFConfig, **self._settings)

    async def __call__(self, request: Request, response: Response, call_next: CallNext) -> Response:
        is_http = request.scope["type"] == "http"
        kept = request.__dict__
        if is_http:
            # Before the check: the page that answers a refusal may have a form, too. A session that begins further in,
            # around single routes, is none to bind tokens to: other routes do not have it.
            kept[_LAYER], kept[_SESSION] = self, kept.get("session")
        if (not is_http or request.method not in SAFE_METHODS) and not self._is_exempt(request):
            await self._check(request, is_http)
        answer = await call_next()
        if not is_http:
            return answer
        kept.pop(_LAYER, None)
        issue: Issue | None = kept.get(_ISSUE)
        if self._is_readable or (issue is not None and issue.is_given):
            self._hand_out(issue or self.issue(request), answer)
        return answer

    def _is_exempt(self, request: Request) -> bool:
        # By the route that will run, not by the path: there is no other way to write a route.
        route: Any = request.route
        if route is None:
            return False
        return route.path in self._exempt or route.options.get("csrf") is False or route.meta.get("csrf") is False

    # -- checking ---------------------------------------------------------------------------------------------------

    async def _check(self, request: Request, is_http: bool) -> None:
        if sender_of(request, self._trusted) == "foreign":
            raise HTTPException(403, "pages of other sites may not send this")
        if not is_http or _carries_a_token_of_its_own(request):
            return
        await _check_content_type(request)
        token = await self._sent(request)
        if not token:
            raise HTTPException(
                403, f"the CSRF token is missing: send it in the header {self._header} or the form field {self.field}"
            )
        await _load(request.__dict__[_SESSION])
        issue = self.issue(request)
        if issue.is_new or not is_token_of(token, issue.seed, request.cookies.get(self._cookie, "")):
            raise HTTPException(403, "the CSRF token is not one of this browser's session: load the page anew")

    async def _sent(self, request: Request) -> str | None:
        token = request.headers.get(self._header)
        content_type = request.content_type
        if token is not None or content_type is None:
            return token
        if content_type.essence == _FORM:
            return QueryParams(await request.body, limit=request.app.limits.query_fields).get(self.field)
        if content_type.essence == _MULTIPART and "form" in request.app.slots:
            value = (await request.form).get(self.field)
            return value if isinstance(value, str) else None
        return None

    # -- issuing ----------------------------------------------------------------------------------------------------

    def issue(self, request: Connection) -> Issue:
        issue = request.__dict__.get(_ISSUE)
        if issue is None:
            cookie, session = request.cookies.get(self._cookie, ""), request.__dict__[_SESSION]
            issue = request.__dict__[_ISSUE] = open_issue(self._tokens, cookie, session)
        return issue

    def _hand_out(self, issue: Issue, answer: Response) -> None:
        """Set the cookie where the browser does not have it, for the session that it will have."""
        answer.headers.vary("Cookie")
        if answer.status_code >= 500:  # what it did to the session may not be kept
            return
        issue.settle()
        if issue.is_new:
            value = self._tokens.sign(issue.seed, issue.name).encode("ascii")
            answer.headers.raw.append((b"set-cookie", b"%s=%s%s" % (self._cookie.encode(), value, self._attributes)))
            answer.complete([(b"cache-control", b"no-store")])


def token_of(connection: Connection) -> str:
    """``request.csrf_token``: what a form or a script must send along with whatever changes something."""
    return make_token(_layer_of(connection).issue(connection).give())


class HTML(str):
    """Text that templates need not escape."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


def input_of(connection: Connection) -> HTML:
    """``request.csrf_input``: the token as a hidden field of a form."""
    # The name of the field is the application's, the token is base64url.
    return HTML(f'<input type="hidden" name="{_layer_of(connection).field}" value="{token_of(connection)}">')


def rotate_csrf_token(request: Request) -> None:
    """Let tokens given so far be worthless: at a login that does not change the id of ``request.session``."""
    _layer_of(request).issue(request).rotate()
    for name in ("csrf_token", "csrf_input"):
        request.__dict__.pop(name, None)


def _layer_of(connection: Connection) -> CSRFMiddleware:
    layer: CSRFMiddleware | None = connection.__dict__.get(_LAYER)
    if layer is None:
        raise ConfigurationError(
            "request.csrf_token needs CSRFMiddleware around the handler, app.add_middleware(CSRFMiddleware()), or a "
            "section in the config, MakeConfig(csrf={}); it is to be read before the answer's headers are sent"
        )
    return layer


def _carries_a_token_of_its_own(request: Request) -> bool:
    """Whether nothing that a browser adds by itself says who asks."""
    scheme, _, _ = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and "cookie" not in request.headers


async def _check_content_type(request: Request) -> None:
    """Raise 415 for content of no kind or of a malformed one: a page can send that anywhere without asking first."""
    if request.content_type is not None or request.reader.is_complete:
        return
    announced = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    if announced or await request.body:  # HTTP/2 announces nothing
        raise UnsupportedMediaType("the content has no Content-Type: say what it is")


async def _load(session: Any) -> None:
    """Read *session* without blocking, where it can do that."""
    load = getattr(session, "load", None)
    if load is not None:
        await load()


def _exempt_paths(config: CSRFConfig, app: NexiosApp) -> frozenset[str]:
    routes = app.routes
    known = {route.path for route in routes}
    for path in config.exempt:
        if path not in known:
            raise ConfigurationError(f"csrf.exempt has {path!r}, which is no declared path{did_you_mean(path, known)}")
    for route in routes:
        if not isinstance(route.options.get("csrf", False), bool):
            raise ConfigurationError(f"{route.path} ({route.source}): csrf= is True or False")
    return frozenset(config.exempt)


def _attributes(name: str, config: CSRFConfig, secure: bool) -> bytes:
    """What stands behind the cookie's value. Raises ConfigurationError where browsers would refuse the cookie."""
    try:
        written = set_cookie_header(
            name, "", domain=config.domain, secure=secure, httponly=not config.readable, samesite=config.samesite
        )
    except ValueError as error:
        raise ConfigurationError(f"csrf: {error}") from error
    return written.removeprefix(f"{name}=".encode())
