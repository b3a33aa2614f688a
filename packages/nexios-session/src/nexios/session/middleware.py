"""The layer that gives a request its session, and its answer the cookie."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from nexios import Connection, NexiosApp, Request, Response
from nexios.exceptions import ConfigurationError
from nexios.http.cookies import set_cookie_header
from nexios.keys import check_secrets
from nexios.middleware import BaseMiddleware, CallNext
from nexios.routing.route import ServedRoute
from nexios.session.config import SessionConfig
from nexios.session.cookie import CookieKeeper
from nexios.session.foresight import expects_session
from nexios.session.serverside import StoreKeeper
from nexios.session.session import Session
from nexios.session.stores.protocol import Store, open_named

logger = logging.getLogger("nexios.session")

_VARY = (b"vary", b"Cookie")
_NO_STORE = (b"cache-control", b"no-store")


class SessionMiddleware(BaseMiddleware):
    """Provides ``request.session``. *store* is the name of a store, or one; *now* a clock, in seconds.

    *settings* are the fields of `SessionConfig`; they win over the environment and the section ``session``.
    """

    name = "session"

    def __init__(
        self, *, store: str | Store | None = None, now: Callable[[], float] = time.time, **settings: Any
    ) -> None:
        self._given = store if isinstance(store, Store) else None
        if store is not None and self._given is None:
            if not isinstance(store, str):
                raise ConfigurationError(
                    f"store={store!r}: give the name of a store, or one with load, save and delete"
                )
            settings["store"] = store
        self._settings = settings
        self._now = now
        self._app: NexiosApp | None = None
        self._keeper: Any = None
        self._expected: dict[int, tuple[Any, bool]] = {}

    def prepare(self, app: NexiosApp) -> None:
        self._expected.clear()
        if app is self._app:  # something around it has changed; its keys and its store have not
            return
        config = self.settings(app)
        secure = not app.debug if config.secure is None else config.secure
        name = _cookie_name(config, secure, app.debug)
        self._attributes = _attributes(name, config, secure, config.absolute_timeout if config.persistent else None)
        self._deleted = _attributes(name, config, secure, 0)
        self._keeper = self._make_keeper(name, config, app)
        self._app = app

    def settings(self, app: NexiosApp) -> SessionConfig:
        """What this layer is told, by its arguments, the environment and the section."""
        return app.config.section("session", SessionConfig, **self._settings)

    def _make_keeper(self, name: str, config: SessionConfig, app: NexiosApp) -> Any:
        if self._given is not None:
            return StoreKeeper(name, self._given, config, self._now)
        if config.store != "cookie":
            return StoreKeeper(name, open_named(config.store, app, config.options), config, self._now)
        given = config.secret_key if config.secret_key is not None else app.secret_key
        secrets = check_secrets(given, app.debug, logger, "sessions in cookies", "ends every session")
        return CookieKeeper(name, secrets, config, self._now)

    async def __call__(self, request: Request, response: Response, call_next: CallNext) -> Response:
        if request.scope["type"] != "http":  # a socket lives for hours, and has no answer to carry a cookie
            request.session = self.view(request)
            return await call_next()
        session = Session(self._keeper, request)
        request.session = session
        if self._keeper.__class__ is StoreKeeper and not self._keeper.is_local:
            await self._fetch_ahead(session, request)
        answer = await call_next()
        await self.end(session, answer)
        return answer

    async def end(self, session: Session, answer: Response) -> None:
        """Keep what has changed, and let *answer* say so; what is changed afterwards is an error."""
        if session.accessed:
            await self._finish(session, answer)
        session.close()

    def view(self, connection: Connection) -> Session:
        """The session of a connection that has no answer, such as a WebSocket: to be read, not to be written."""
        session = Session(self._keeper, connection)
        session.close()
        return session

    async def _fetch_ahead(self, session: Session, request: Request) -> None:
        """Read the store before the handler does, where it will: it cannot wait for it without blocking others."""
        route = request.route
        if route is None:
            return
        known = self._expected.get(id(route))
        if known is None:
            known = self._expected[id(route)] = route, not self._keeper.reads_at_once or _expects(request, route)
        if known[1]:
            await session.load()

    async def _finish(self, session: Session, answer: Response) -> None:
        # A blocking read: the next request of this route is fetched ahead.
        if session.fetched is not None and self._keeper.__class__ is StoreKeeper:
            route = session.connection.route
            self._expected[id(route)] = route, True
        fields = answer.headers.raw
        names = [name for name, _ in fields]
        if b"vary" in names:
            answer.headers.vary("Cookie")
        else:
            fields.append(_VARY)
        # What a request that failed has half done is not kept; that it ended the session is.
        if answer.status_code >= 500 and not session.is_invalidated:
            return
        value = await self._keeper.keep(session)
        if value is None:
            return
        # base64url, a dot, or nothing: every octet is one that a cookie may hold.
        written = f"{self._keeper.name}={value}{self._attributes if value else self._deleted}"
        fields.append((b"set-cookie", written.encode("ascii")))
        if b"cache-control" not in names:
            fields.append(_NO_STORE)


def _expects(request: Request, route: Any) -> bool:
    # What is mounted keeps its secrets to itself.
    return isinstance(route, ServedRoute) and expects_session(request.app, route)


def _attributes(name: str, config: SessionConfig, secure: bool, max_age: int | None) -> str:
    """What stands behind the cookie's value. Raises ConfigurationError where browsers would refuse the cookie."""
    try:
        written = set_cookie_header(
            name,
            "",
            max_age=max_age,
            path=config.path,
            domain=config.domain,
            secure=secure,
            httponly=True,
            samesite=config.samesite,
            partitioned=config.partitioned,
        )
    except ValueError as error:
        raise ConfigurationError(f"session: {error}") from error
    return written.decode("ascii").removeprefix(f"{name}=")


def _cookie_name(config: SessionConfig, secure: bool, debug: bool) -> str:
    """With ``__Host-`` no other host, and no page without TLS, can plant the cookie (RFC 6265bis section 4.1.3.2)."""
    name = config.session_cookie
    can_hold = secure and not debug and config.host_prefix and config.domain is None and config.path == "/"
    return f"__Host-{name}" if can_hold and not name.startswith("__") else name
