from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self, TypeAlias, TypedDict, Unpack

import httpx

from nexios.testing.exceptions import WebSocketDenied
from nexios.testing.login import login_extension
from nexios.testing.sse import EventStream, sse_headers
from nexios.testing.transport import StrictTransport
from nexios.testing.websocket import WebSocketSession
from nexios.types import ASGIApp

Fields: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]]

Parameters: TypeAlias = httpx.QueryParams | Mapping[str, str | int | float | bool | None]


class HTTPXOptions(TypedDict, total=False):
    """What `httpx.AsyncClient` and `httpx.Client` take besides, in their words."""

    auth: httpx.Auth | tuple[str, str] | None
    params: Parameters | None
    follow_redirects: bool
    max_redirects: int
    event_hooks: Mapping[str, list[Any]] | None
    default_encoding: str


class TestClient(httpx.AsyncClient):
    """A client of *app* that needs no server: `httpx.AsyncClient` over a strict ASGI transport.

    Entering it runs the application's startup, leaving it the shutdown. With *raise_server_exceptions* an error of
    the application is raised here instead of being a 500; a breach of the ASGI protocol always raises
    `ASGIProtocolError`. A request returns when the application's call has ended, or *grace* seconds after the end of
    its answer; *timeout* (seconds, None for ever) limits each wait for it, then `httpx.ReadTimeout` is raised.
    """

    __test__ = False  # no class of tests, whatever its name makes pytest think

    def __init__(
        self,
        app: ASGIApp,
        *,
        base_url: str = "http://testserver",
        raise_server_exceptions: bool = True,
        headers: Fields | None = None,
        cookies: Mapping[str, str] | None = None,
        client: tuple[str, int] | None = ("127.0.0.1", 50000),
        root_path: str = "",
        lifespan: bool = True,
        timeout: float | httpx.Timeout | None = 30.0,
        grace: float = 1.0,
        **options: Unpack[HTTPXOptions],
    ) -> None:
        self.app = app
        self._strict = StrictTransport(
            app,
            raise_server_exceptions=raise_server_exceptions,
            client=client,
            root_path=root_path,
            lifespan=lifespan,
            grace=grace,
        )
        super().__init__(
            transport=self._strict,
            base_url=base_url,
            headers=default_headers(headers),
            cookies=dict(cookies or {}),
            timeout=timeout,
            trust_env=False,
            **options,
        )

    def login(self, user: object, **details: Any) -> Self:
        """Send requests and open sockets as *user* from now on, without logging in; None logs out.

        *details* are those of the package that knows users; nexios-auth takes ``scopes=``, ``roles=`` and ``scheme=``.
        """
        self._strict.offer(login_extension(self.app, user, details))
        return self

    def with_token(self, token: str, *, scheme: str = "Bearer") -> Self:
        """Send *token* with each request from now on, in the Authorization field."""
        self.headers["authorization"] = f"{scheme} {token}"
        return self

    @asynccontextmanager
    async def websocket_connect(
        self,
        url: str,
        *,
        subprotocols: Sequence[str] = (),
        headers: Fields | None = None,
        params: Parameters | None = None,
    ) -> AsyncGenerator[WebSocketSession]:
        """Open a WebSocket, and close it with code 1000 at the exit, if it is still open.

        Raises `WebSocketDenied` when the application does not accept.
        """
        request = self.build_request("GET", url, headers=headers, params=params)
        try:
            async with self._strict.websocket(request, subprotocols) as session:
                self.cookies.extract_cookies(session.response)
                yield session
        except WebSocketDenied as denied:
            self.cookies.extract_cookies(denied.response)
            raise

    @asynccontextmanager
    async def sse(
        self,
        url: str,
        *,
        last_event_id: str | None = None,
        headers: Fields | None = None,
        params: Parameters | None = None,
    ) -> AsyncGenerator[EventStream]:
        """Read *url* as an EventSource does, and leave at the exit; raises `EventStreamError` if it is none."""
        fields = httpx.Headers(sse_headers(last_event_id))
        fields.update(headers)
        async with self.stream("GET", url, headers=fields, params=params) as response:
            yield EventStream(response)


def default_headers(headers: Fields | None) -> httpx.Headers:
    fields = httpx.Headers({"user-agent": "nexios-testing"})
    fields.update(headers)
    return fields
