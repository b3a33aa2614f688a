"""The headers that tell a browser what an answer may do, and the way to HTTPS."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from nexios import Connection, NexiosApp, Request, Response
from nexios.exceptions import ConfigurationError, HTTPException
from nexios.http.headers import check_value
from nexios.http.hosts import parse_host
from nexios.http.urls import quote_path
from nexios.middleware import BaseMiddleware, CallNext
from nexios.security.config import SecurityConfig
from nexios.security.csp import ContentSecurityPolicy, make_nonce
from nexios.types import Field

# Stands on a request while its answer can still be given the nonce.
_LAYER: Final = "_security_layer"
_A_YEAR: Final = 31_536_000
_SECURE: Final = ("https", "wss")


class SecurityMiddleware(BaseMiddleware):
    """Completes each answer with security headers and sends plain HTTP to HTTPS. *settings*: `SecurityConfig`.

    A header that an answer has set itself is kept. Sockets without TLS are refused where requests are redirected.
    """

    name: ClassVar[str] = "security"
    only_completes: ClassVar[bool] = True

    def __init__(self, **settings: Any) -> None:
        self._settings = settings

    def prepare(self, app: NexiosApp) -> None:
        config = self.settings(app)
        try:
            policy = config.policy
            self.policy: ContentSecurityPolicy | None = (
                None if policy is None else ContentSecurityPolicy(policy, report_only=config.csp_report_only)
            )
            plain = _fields(config)
            self._hsts = [(b"strict-transport-security", _hsts(config))] if config.hsts_enabled else []
            if config.ssl_host is not None and parse_host(config.ssl_host) is None:
                raise ValueError(f"ssl_host={config.ssl_host!r} is not a host with an optional port")
        except ValueError as error:
            raise ConfigurationError(f"security: {error}") from error
        self._without_policy = plain, [*plain, *self._hsts]
        policies = [] if self.policy is None else [self.policy.plain]
        self._complete = [*plain, *policies], [*plain, *policies, *self._hsts]
        self._names = frozenset(name for name, _ in self._complete[True])
        self._redirects = config.ssl_redirect
        self._host = config.ssl_host
        self._is_proxied = app.proxies is not None

    def settings(self, app: NexiosApp) -> SecurityConfig:
        """What this layer is told, by its arguments, the environment and the section."""
        return app.config.section("security", SecurityConfig, **self._settings)

    async def __call__(self, request: Request, response: Response, call_next: CallNext) -> Response:
        scope = request.scope
        scheme = request.url.scheme if self._is_proxied else scope.get("scheme", "http")
        is_secure = scheme in _SECURE
        if scope["type"] != "http":
            if self._redirects and not is_secure:
                raise HTTPException(403, "this socket is served over TLS only: open it as wss")
            return await call_next()
        kept = request.__dict__
        kept[_LAYER] = self
        answer = self._to_https(request, response) if self._redirects and not is_secure else await call_next()
        kept.pop(_LAYER, None)
        nonce = kept.get("csp_nonce")
        if nonce is None or self.policy is None:
            fields = self._complete[is_secure]
        else:
            fields = [*self._without_policy[is_secure], self.policy.with_nonce(nonce)]
        written = answer.fields
        for name, _ in written:
            if name in self._names:
                answer.complete(fields)
                return answer
        written.extend(fields)
        return answer

    def _to_https(self, request: Request, response: Response) -> Response:
        query = request.scope.get("query_string", b"").decode("latin-1")
        host = self._host or request.url.hostname
        written = f"[{host}]" if ":" in host and self._host is None else host
        path = quote_path(request.path)
        return response.redirect(f"https://{written}{path}{'?' if query else ''}{query}", 308)


def nonce_of(connection: Connection) -> str:
    """``request.csp_nonce``: the same for the whole answer, whose policy allows what carries it."""
    layer = connection.__dict__.get(_LAYER)
    if layer is None:
        raise ConfigurationError(
            "request.csp_nonce needs SecurityMiddleware around the handler, app.add_middleware(SecurityMiddleware()), "
            "and is to be read before the answer's headers are sent"
        )
    if layer.policy is None or not layer.policy.takes_nonce:
        raise ConfigurationError(
            "request.csp_nonce is not allowed by the policy: add the source \"'nonce'\" to a directive, "
            "csp={'script-src': \"'self' 'nonce'\"}"
        )
    return make_nonce()


def _fields(config: SecurityConfig) -> list[Field]:
    """The headers that are always the same. Raises ValueError for a value that no header can hold."""
    given = {
        b"x-content-type-options": "nosniff" if config.content_type_nosniff else None,
        b"x-frame-options": config.frame_options,
        b"referrer-policy": config.referrer_policy,
        b"permissions-policy": _permissions(config.permissions_policy),
        b"cross-origin-opener-policy": config.cross_origin_opener_policy,
        b"cross-origin-embedder-policy": config.cross_origin_embedder_policy,
        b"cross-origin-resource-policy": config.cross_origin_resource_policy,
    }
    return [(name, check_value(value)) for name, value in given.items() if value]


def _permissions(policy: dict[str, list[str] | str] | str | None) -> str | None:
    """``{"camera": ["self", "https://a.example"]}`` as ``camera=(self "https://a.example")``."""
    if policy is None or isinstance(policy, str):
        return policy
    return ", ".join(f"{feature}={_allowlist(listed)}" for feature, listed in policy.items())


def _allowlist(listed: list[str] | str) -> str:
    if isinstance(listed, str):
        return listed
    return f"({' '.join(each if each in ('self', 'src', '*') else f'{chr(34)}{each}{chr(34)}' for each in listed)})"


def _hsts(config: SecurityConfig) -> bytes:
    if config.hsts_max_age < 0:
        raise ValueError(f"hsts_max_age is {config.hsts_max_age}; it is a number of seconds, 0 forgets the host")
    if config.hsts_preload and (not config.hsts_include_subdomains or config.hsts_max_age < _A_YEAR):
        raise ValueError("hsts_preload needs hsts_include_subdomains and an hsts_max_age of a year at least")
    parts = [f"max-age={config.hsts_max_age}"]
    if config.hsts_include_subdomains:
        parts.append("includeSubDomains")
    if config.hsts_preload:
        parts.append("preload")
    return "; ".join(parts).encode("ascii")
