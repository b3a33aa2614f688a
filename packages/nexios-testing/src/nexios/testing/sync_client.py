from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self, Unpack

import httpx

from nexios.testing.client import Fields, HTTPXOptions, Parameters, default_headers
from nexios.testing.exceptions import WebSocketDenied
from nexios.testing.login import login_extension
from nexios.testing.sse import SyncEventStream, sse_headers
from nexios.testing.sync_transport import SyncStrictTransport
from nexios.testing.transport import StrictTransport
from nexios.testing.websocket import SyncWebSocketSession
from nexios.types import ASGIApp


class SyncTestClient(httpx.Client):
    """`TestClient` for synchronous tests: `httpx.Client`, with the application in an event loop of its own.

    *backend* is the event loop, ``"asyncio"`` or ``"trio"``, as `anyio.run` takes it.
    """

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
        backend: str = "asyncio",
        backend_options: dict[str, Any] | None = None,
        **options: Unpack[HTTPXOptions],
    ) -> None:
        self.app = app
        strict = StrictTransport(
            app,
            raise_server_exceptions=raise_server_exceptions,
            client=client,
            root_path=root_path,
            lifespan=lifespan,
            grace=grace,
        )
        self._strict = SyncStrictTransport(strict, backend, backend_options)
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
        """See `TestClient.login`."""
        self._strict.offer(login_extension(self.app, user, details))
        return self

    def with_token(self, token: str, *, scheme: str = "Bearer") -> Self:
        """See `TestClient.with_token`."""
        self.headers["authorization"] = f"{scheme} {token}"
        return self

    @contextmanager
    def websocket_connect(
        self,
        url: str,
        *,
        subprotocols: Sequence[str] = (),
        headers: Fields | None = None,
        params: Parameters | None = None,
    ) -> Generator[SyncWebSocketSession]:
        """See `TestClient.websocket_connect`."""
        request = self.build_request("GET", url, headers=headers, params=params)
        try:
            with self._strict.websocket(request, subprotocols) as session:
                self.cookies.extract_cookies(session.response)
                yield session
        except WebSocketDenied as denied:
            self.cookies.extract_cookies(denied.response)
            raise

    @contextmanager
    def sse(
        self,
        url: str,
        *,
        last_event_id: str | None = None,
        headers: Fields | None = None,
        params: Parameters | None = None,
    ) -> Generator[SyncEventStream]:
        """See `TestClient.sse`."""
        fields = httpx.Headers(sse_headers(last_event_id))
        fields.update(headers)
        with self.stream("GET", url, headers=fields, params=params) as response:
            yield SyncEventStream(response)
