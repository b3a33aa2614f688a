"""The layer that finds out who asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nexios import NexiosApp, Request, Response
from nexios.auth.audit_log import AuditTrail
from nexios.auth.authentication import Authenticator
from nexios.auth.backend import AuthBackend
from nexios.middleware import CallNext


class AuthenticationMiddleware:
    """Provides ``request.user`` and ``request.auth``. *backend* is one, or several that are tried in order.

    Credentials that are not good make nobody of a request; guards answer it with 401, and say why. Where several of
    these stand around a route, the innermost one counts. It stands around requests and sockets alike.
    """

    name = "authentication"
    protocols: tuple[str, ...] = ("http", "websocket")

    def __init__(self, backend: AuthBackend | Sequence[AuthBackend]) -> None:
        self.authenticator: Authenticator = Authenticator([backend] if isinstance(backend, AuthBackend) else backend)
        self.after: tuple[str, ...] = self.authenticator.after

    def prepare(self, app: NexiosApp) -> None:
        for _, trail in app.contributions("auth.trail"):
            given: AuditTrail = trail
            self.authenticator.trail = given
        for backend in self.authenticator.backends:
            backend.prepare(app)

    async def __call__(self, request: Request, response: Response, call_next: CallNext) -> Any:
        state = await self.authenticator.begin(request)
        answer = await call_next()
        if answer.status_code == 401:
            state.is_used = True
            # Whoever answers 401 must say how to ask (RFC 9110 section 15.5.2), a handler as well.
            if "www-authenticate" not in answer.headers and (challenges := state.challenges(None)):
                answer.headers["www-authenticate"] = challenges
        if state.is_used:
            _vary(answer, self.authenticator)
        return answer


def _vary(answer: Response, authenticator: Authenticator) -> None:
    """Tell caches; written out where nobody else has, because every guarded answer comes this way."""
    fields = answer.fields
    if any(name == b"vary" for name, _ in fields):
        answer.headers.vary(*authenticator.vary)
    elif authenticator.vary:
        fields.append((b"vary", authenticator.vary_value))
