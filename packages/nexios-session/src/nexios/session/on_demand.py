"""Sessions where nobody has asked for the middleware: around the routes whose handlers mention one, and only those.

Nothing is set up before a session is touched: a handler may mention one of a database. Then the keys are made, as the
middleware makes them, and what it would refuse at the start is refused there: without a secret no session is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nexios import Connection, NexiosApp, Request, Response
from nexios.exceptions import MissingPluginError
from nexios.middleware import CallNext
from nexios.routing.route import ServedRoute
from nexios.session.foresight import expects_session
from nexios.session.middleware import SessionMiddleware
from nexios.session.session import Session

_CURE = "app.add_middleware(SessionMiddleware()), or a section in the config, MakeConfig(session={})"
# On requests that have left the layer behind: what is put into a session then would be lost.
_OVER = "session_is_over"


class SessionOnDemand(SessionMiddleware):
    """The innermost layer of the routes that `choose` gives it to; the slot opens their sessions through `open`."""

    # Not that of the middleware: what must stand behind sessions cannot stand further in than this.
    name = "session on demand"

    def __init__(self, app: NexiosApp) -> None:
        super().__init__()
        self._served_by = app
        self._covered: set[int] = set()

    def choose(self, served: Any) -> Sequence[SessionOnDemand]:
        """This layer, for a route that will want it and has no session middleware around it."""
        if not isinstance(served, ServedRoute) or served.protocol != "http":
            return ()
        layers = [*self._served_by.layers, *(each for router in served.chain for each in router.layers)]
        if any(isinstance(layer, SessionMiddleware) for layer in (*layers, *served.route.middleware)):
            return ()
        if not expects_session(self._served_by, served):
            return ()
        self._covered.add(id(served))
        return (self,)

    def prepare(self, app: NexiosApp) -> None:
        if self._keeper is not None:
            super().prepare(app)

    async def __call__(self, request: Request, response: Response, call_next: CallNext) -> Response:
        if self._keeper is not None and "session" not in vars(request):
            return await super().__call__(request, response, call_next)
        answer: Response = await call_next()
        session = vars(request).get("session")
        if isinstance(session, Session):
            await self.end(session, answer)
        vars(request)[_OVER] = True
        return answer

    def open(self, connection: Connection) -> Session:
        """The session of *connection*. Raises MissingPluginError and ConfigurationError, which name the cure."""
        if isinstance(connection, Request) and id(connection.route) not in self._covered:
            raise MissingPluginError(f"request.session needs its middleware here: {_CURE}")
        if self._keeper is None:
            super().prepare(self._served_by)
        # What has no answer, such as a WebSocket, or has one already, can only read.
        can_write = isinstance(connection, Request) and _OVER not in vars(connection)
        keeper: Any = self._keeper
        return Session(keeper, connection) if can_write else self.view(connection)
