"""One structured event for each login, logout, refusal, use of a key and change of roles, and where they go."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from nexios import Connection
from nexios.auth.user import label_of
from nexios.http.codecs import dumps

Kind: TypeAlias = Literal["login", "logout", "login_failed", "refusal", "key_use", "role_change"]

logger = logging.getLogger("nexios.auth.audit")


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """What happened. *user* is an id, *route* the path as it was declared: neither holds what a client may choose.

    *at* is in seconds since 1970, *client* the address that `trusted_proxies` leaves. *details* are texts and numbers.
    """

    kind: Kind
    user: str | None = None
    scheme: str | None = None
    reason: str | None = None
    route: str | None = None
    method: str | None = None
    client: str | None = None
    at: float = 0.0
    details: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class AuditSink(Protocol):
    """Keeps events, such as in a table that is only ever added to."""

    async def record(self, event: AuditEvent, /) -> None: ...


class LoggingSink:
    """Writes each event to the logger ``nexios.auth.audit``, as one line of JSON."""

    async def record(self, event: AuditEvent, /) -> None:
        shown = {name: value for name, value in asdict(event).items() if value not in (None, {})}
        # JSON escapes line breaks and escape sequences.
        logger.info("%s", dumps(shown).decode(), extra={"audit": shown})


class AuditTrail:
    """Where the events of one application go: to the log, until `send_to` names other sinks."""

    def __init__(self) -> None:
        self._sinks: tuple[AuditSink, ...] = (LoggingSink(),)

    def send_to(self, *sinks: AuditSink) -> None:
        """Send events to *sinks* from now on, and no longer to the log. Raises TypeError for what keeps none."""
        for sink in sinks:
            if not isinstance(sink, AuditSink):
                raise TypeError(f"{sink!r} is no audit sink: it needs an async method record(event)")
        self._sinks = sinks

    async def note(
        self, kind: Kind, connection: Connection, *, user: Any = None, scheme: str | None = None,
        reason: str | None = None, **details: Any,
    ) -> None:  # fmt: skip
        """Record an event about *connection*. A sink that fails is logged, and changes no answer."""
        client, route = connection.client, connection.route
        event = AuditEvent(
            kind,
            label_of(user),
            scheme or None,
            reason,
            None if route is None else route.path,
            getattr(connection, "method", None),
            None if client is None else client.host,
            time.time(),
            details,
        )
        for sink in self._sinks:
            try:
                await sink.record(event)
            except Exception:
                logger.exception("an audit sink failed to record a %s", kind)
