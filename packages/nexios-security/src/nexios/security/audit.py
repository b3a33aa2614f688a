"""What this package reports to `nexios audit`: settings that are allowed and too open all the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

from nexios import NexiosApp, Secret
from nexios.findings import Finding, Level
from nexios.http.hosts import parse_host
from nexios.keys import CURE, weakness
from nexios.routing.route import ServedMount, ServedRoute
from nexios.security.config import CORSConfig, SecurityConfig
from nexios.security.cors import CORSMiddleware
from nexios.security.csrf import SAFE_METHODS, CSRFMiddleware
from nexios.security.headers import SecurityMiddleware
from nexios.security.pattern import OriginPattern

L = TypeVar("L")

# Nobody's site (RFC 6761): a pattern that matches one of these matches anything.
_STRANGERS: Final = ("https://nexios-audit.invalid", "https://a.b-1.invalid", "http://nexiosaudit.invalid:8080")
_EVERYBODY: Final = ("0.0.0.0/0", "::/0")
_UNSAFE_SOURCES: Final = ("'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:", "data:")


def layers_of(app: NexiosApp, kind: type[L]) -> list[L]:
    """The layers of *kind* around the application, its routers and its routes, each once."""
    found: dict[int, Any] = {id(layer): layer for layer in app.layers}
    for served in app.routes:
        own = served.route.middleware if isinstance(served, ServedRoute) else ()
        inner = [*(layer for router in served.chain for layer in router.layers), *own]
        found.update({id(layer): layer for layer in inner})
    return [layer for layer in found.values() if isinstance(layer, kind)]


def find_in_cors(app: NexiosApp) -> Iterator[Finding]:
    for layer in layers_of(app, CORSMiddleware):
        yield from _in_cors(layer.settings(app))


def _in_cors(config: CORSConfig) -> Iterator[Finding]:
    level: Level = "error" if config.allow_credentials else "warning"
    pattern = None if config.allow_origin_regex is None else OriginPattern(config.allow_origin_regex)
    if config.allows_all:
        yield Finding(
            "warning",
            "cors",
            "scripts of every site may read the answers",
            "list the origins that need to, or put the layer on the router that is for everybody",
        )
    if pattern is not None and any(map(pattern.matches, _STRANGERS)):
        yield Finding(
            level,
            "cors",
            f"the pattern {config.allow_origin_regex!r} matches origins of anybody",
            r"name the domain, and escape its dots: https://[a-z0-9-]+\.example\.com",
        )
    plain = [each for each in config.origins if each.lower().startswith("http://") and not _is_local(each)]
    if plain:
        yield Finding(
            level,
            "cors",
            f"{', '.join(plain)} is not served over TLS: anybody on the way can put scripts into it",
            "allow https:// alone",
        )


def _is_local(origin: str) -> bool:
    host = parse_host(origin.partition("://")[2])
    return host is not None and host.name in ("localhost", "127.0.0.1", "::1")


def find_in_csrf(app: NexiosApp) -> Iterator[Finding]:
    open_ = [served for served in app.routes if _is_open_to_forgery(app, served)]
    if open_:
        yield Finding(
            "warning",
            "csrf",
            f"a session cookie says who asks, and {len(open_)} routes change something for "
            "whichever page makes the browser ask",
            "add the section csrf={}, or app.add_middleware(CSRFMiddleware())",
        )
    if any(_begins_too_far_in(app.layers_of(served)) for served in app.routes):
        yield Finding(
            "warning",
            "csrf",
            "a session begins further in than the layer, so that a login does not end the tokens given before",
            "add the section session={}, or app.add_middleware(SessionMiddleware()) above CSRFMiddleware",
        )
    for layer in layers_of(app, CSRFMiddleware):
        config = layer.settings(app)
        if config.secure is False:
            yield Finding(
                "error",
                "csrf",
                "its cookie is also sent without TLS, where anybody on the way can exchange it",
                "leave secure as it is: it is off in debug alone",
            )
        given = config.secret_key
        for secret in [given] if isinstance(given, Secret) else given or ():
            if what := weakness(secret.reveal().encode("utf-8", "surrogatepass")):
                yield Finding("error", "csrf", f"its secret_key {what}", CURE)
    for served in app.routes:
        if False in (served.options.get("csrf"), served.meta.get("csrf")):
            yield Finding(
                "note",
                f"{' '.join(served.methods)} {served.path} ({served.source})",
                "any page may send requests to it",
                "see that it asks for a signature or a token of its own",
            )


def _is_open_to_forgery(app: NexiosApp, served: ServedRoute | ServedMount) -> bool:
    """Whether *served* changes something for whoever the cookie of a session says, and no layer asks for a token."""
    if not served.methods or not SAFE_METHODS.isdisjoint(served.methods):
        return False
    names = app.layers_of(served)
    return any(name.startswith("session") for name in names) and not any(
        name.startswith(CSRFMiddleware.name) for name in names
    )


def _begins_too_far_in(names: Sequence[str]) -> bool:
    csrf = [position for position, name in enumerate(names) if name.startswith(CSRFMiddleware.name)]
    session = [position for position, name in enumerate(names) if name.startswith("session")]
    return bool(csrf and session) and session[0] > csrf[-1]


def find_in_security(app: NexiosApp) -> Iterator[Finding]:
    layers = layers_of(app, SecurityMiddleware)
    if not layers:
        yield Finding(
            "warning",
            "headers",
            "no answer tells browsers what it may do: it can be framed, sniffed and referred to",
            "add the section security={}, or app.add_middleware(SecurityMiddleware())",
        )
    for layer in layers:
        yield from _in_headers(layer.settings(app))
    trusted = app.config.section("security", SecurityConfig).trusted_proxies or ()
    if not set(_EVERYBODY).isdisjoint(trusted):
        yield Finding(
            "error",
            "proxies",
            "everybody is a trusted proxy: each client chooses its own address, scheme and host",
            "name the networks of the proxies in security.trusted_proxies",
        )


def _in_headers(config: SecurityConfig) -> Iterator[Finding]:
    if config.ssl_redirect and not config.hsts_enabled:
        yield Finding(
            "note", "https", "each visit may begin without TLS", "hsts_enabled=True once HTTPS works everywhere"
        )
    if not config.csp_enabled:
        yield Finding("warning", "csp", "there is no content security policy", "leave csp_enabled as it is")
    for name, sources in _script_sources(config):
        unsafe = [source for source in _UNSAFE_SOURCES if source in sources.split()]
        if unsafe:
            yield Finding(
                "warning",
                "csp",
                f"{name} allows {' '.join(unsafe)}, so scripts that somebody has put into a page run",
                "use \"'self' 'nonce'\" and request.csp_nonce",
            )


def _script_sources(config: SecurityConfig) -> Iterator[tuple[str, str]]:
    policy = config.policy or {}
    if isinstance(policy, str):
        policy = {name: sources for name, _, sources in (part.strip().partition(" ") for part in policy.split(";"))}
    name = "script-src" if "script-src" in policy else "default-src"
    if name in policy:
        sources = policy[name]
        yield name, sources if isinstance(sources, str) else " ".join(sources)
