"""What `nexios audit` reports: settings of the application, routes without protection, what other packages find."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from nexios import NexiosApp
from nexios.auth.config import AuthConfig
from nexios.auth.current_user import current_identity, current_user
from nexios.auth.planning import Planner
from nexios.auth.requirement import MARK, from_option
from nexios.config import Limits
from nexios.exceptions import ConfigurationError
from nexios.findings import Finding
from nexios.keys import CURE, weakness
from nexios.marks import marks_of
from nexios.routing.route import ServedMount, ServedRoute

LEVELS: Final = ("error", "warning", "note")

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
# Beyond this many times the default, a limit hardly is one.
_TOO_MANY_TIMES: Final = 64


class Reported(NamedTuple):
    """A finding, and the plugin that reports it; "core" for what is true of every application."""

    plugin: str
    finding: Finding


def audit(app: NexiosApp) -> list[Reported]:
    """Every finding about *app* and the applications mounted in it, the worst first."""
    return sorted(_reported(app, ""), key=lambda reported: LEVELS.index(reported.finding.level))


def _reported(app: NexiosApp, prefix: str) -> Iterator[Reported]:
    checks: list[tuple[str, Callable[[], Iterable[Finding]]]] = [
        ("core", lambda: _settings(app)),
        *app.contributions("audit"),
    ]
    for plugin, check in checks:
        for finding in _run(check, plugin):
            yield Reported(plugin, finding._replace(subject=f"{prefix}{finding.subject}"))
    for served in app.routes:
        if isinstance(served, ServedMount) and isinstance(served.mount.app, NexiosApp):
            yield from _reported(served.mount.app, f"{prefix}{served.path}: ")


def _run(check: Callable[[], Iterable[Finding]], plugin: str) -> list[Finding]:
    """What *check* finds; that it cannot even look, because of a wrong setting, is a finding as well."""
    try:
        return list(check())
    except ConfigurationError as error:
        return [Finding("error", plugin, f"the application does not start: {error}", "correct it")]


# -- the application ------------------------------------------------------------------------------------------------


def _settings(app: NexiosApp) -> Iterator[Finding]:
    if app.debug:
        yield Finding(
            "error",
            "debug",
            "it is on: errors show their source, secrets may be weak, cookies travel without TLS",
            "NEXIOS_DEBUG=false, or leave debug out of the config",
        )
    secret = app.secret_key
    if secret is not None and (what := weakness(secret.reveal().encode("utf-8", "surrogatepass"))):
        yield Finding("error", "secret_key", f"it {what}", CURE)
    yield from _limits(app)


def _limits(app: NexiosApp) -> Iterator[Finding]:
    usual = Limits()
    for field in dataclasses.fields(Limits):
        value, default = getattr(app.limits, field.name), getattr(usual, field.name)
        if value > _TOO_MANY_TIMES * default:
            yield Finding(
                "warning",
                f"limits.{field.name}",
                f"it is {value:,}, which a few clients can fill the memory or the time of a server with",
                f"the default is {default:,}; give single routes what they need",
            )
    routes = [served for served in app.routes if isinstance(served, ServedRoute) and served.protocol == "http"]
    for served in routes:
        if served.max_body > _TOO_MANY_TIMES * usual.body and served.max_body != app.limits.body:
            yield Finding(
                "warning",
                name_of(served),
                f"it takes a body of {served.max_body:,} bytes",
                "see that it streams it, and who may send it",
            )
    endless = [served for served in routes if served.timeout is None]
    if endless:
        yield Finding(
            "note",
            "timeouts",
            f"{len(endless)} of {len(routes)} routes may take for ever to answer",
            "give the application, a router or a route timeout=30",
        )


# -- its routes -----------------------------------------------------------------------------------------------------


class RouteAudit:
    """Finds the routes that ask for no user and do not say that they need none."""

    def __init__(self, app: NexiosApp, planner: Planner, settings: AuthConfig) -> None:
        self._app = app
        self._planner = planner
        self._settings = settings

    def find(self) -> Iterator[Finding]:
        routes = self._app.routes
        open_ = [served for served in routes if not self._is_guarded(served)]
        unsaid = [served for served in open_ if not self._is_public(served)]
        if unsaid and len(open_) == len(routes):
            yield Finding(
                "warning",
                "routes",
                f"no route asks for a user: all {len(unsaid)} serve everybody",
                'set MakeConfig(auth={"required": True}), and mark with @public what is for everybody',
            )
            return
        for served in unsaid:
            yield Finding(
                "warning" if _only_reads(served) else "error",
                name_of(served),
                "it serves everybody, and nothing says that it is meant to",
                "ask for a user with @auth(), or mark it with @public",
            )

    def _is_guarded(self, served: ServedRoute | ServedMount) -> bool:
        if self._planner.guard(served) is not None:
            return True
        if isinstance(served, ServedMount):
            return False
        asked = {node.signature.call for node in self._app.assembly.plan(served).nodes()}
        return not asked.isdisjoint((current_user, current_identity))

    def _is_public(self, served: ServedRoute | ServedMount) -> bool:
        """Whether somebody has said that everybody may."""
        said: list[Any] = [value for kind, value in marks_of(served.handler) if kind == MARK]
        for options in (*(router.defaults for router in served.chain), served.options):
            if MARK in options:
                said += from_option(options[MARK], served.path)
        if any(requirement.is_public for requirement in said):
            return True
        return any(served.path == path or served.path.startswith(f"{path}/") for path in self._settings.public)


def _only_reads(served: ServedRoute | ServedMount) -> bool:
    return served.protocol == "http" and _SAFE.issuperset(served.methods)


def name_of(served: ServedRoute | ServedMount) -> str:
    """``POST /users (app.py:12)``."""
    return f"{' '.join(served.methods) or served.protocol} {served.path} ({served.source})"
