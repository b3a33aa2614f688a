"""What this package reports to `nexios audit`: cookies that travel too far, or last too long."""

from __future__ import annotations

from collections.abc import Iterator

from nexios import NexiosApp, Secret
from nexios.findings import Finding
from nexios.keys import CURE, weakness
from nexios.session.config import SessionConfig
from nexios.session.middleware import SessionMiddleware

_A_MONTH = 30 * 24 * 3600


def find_in_sessions(app: NexiosApp) -> Iterator[Finding]:
    for layer in app.layers:
        if isinstance(layer, SessionMiddleware):
            yield from _find(layer.settings(app))


def _find(config: SessionConfig) -> Iterator[Finding]:
    if config.secure is False:
        yield Finding(
            "error",
            "session",
            "its cookie is also sent without TLS, where anybody on the way reads it",
            "leave secure as it is: it is off in debug alone",
        )
    if config.samesite == "none":
        yield Finding(
            "warning",
            "session",
            "its cookie is sent with requests of every other site",
            'samesite="lax", or CSRF tokens',
        )
    for secret in [config.secret_key] if isinstance(config.secret_key, Secret) else config.secret_key or ():
        if what := weakness(secret.reveal().encode("utf-8", "surrogatepass")):
            yield Finding("error", "session", f"its secret_key {what}", CURE)
    if config.idle_timeout > _A_MONTH:
        yield Finding(
            "warning",
            "session",
            f"one that nobody uses ends after {config.idle_timeout // 86_400} days only",
            "idle_timeout of hours or days: a browser is left open, a backup is found",
        )
