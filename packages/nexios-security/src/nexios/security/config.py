"""What the sections ``cors``, ``csrf`` and ``security`` can say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from nexios.config import Secret
from nexios.security.origins import read_origins
from nexios.security.pattern import OriginPattern

T = TypeVar("T")

# Directive to its sources, or the whole policy as one text.
Policy = dict[str, list[str] | str] | str

STANDARD_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "QUERY")


def _called(*aliases: str, default: Any) -> Any:
    """A field that has other names, too; a list is made anew for each configuration."""
    metadata = {"aliases": aliases}
    if isinstance(default, tuple):
        return field(default_factory=lambda: list(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class CORSConfig:
    """The section ``cors``. *max_age*, in seconds, is how long a browser remembers what it was allowed.

    An origin of *allow_origins* is written as browsers do, ``https://app.example.com``; a name alone means https.
    ``["*"]`` means every page, which *allow_credentials* cannot be combined with.
    """

    allow_origins: list[str] | str | None = _called("allowed_origins", default=None)
    allow_origin_regex: str | None = _called("allowed_origin_regex", default=None)
    allow_methods: list[str] = _called("allowed_methods", default=STANDARD_METHODS)
    allow_headers: list[str] = _called("allowed_headers", default=("authorization", "content-type", "x-csrf-token"))
    allow_credentials: bool = False
    expose_headers: list[str] = _called("exposed_headers", default=())
    allow_private_network: bool = False
    max_age: int = 600

    def __post_init__(self) -> None:
        if self.allows_all and self.allow_credentials:
            raise ValueError(
                "allow_origins=['*'] with allow_credentials would let every page act as the user: list the origins"
            )
        if self.allows_all and (len(self.origins) > 1 or self.allow_origin_regex is not None):
            raise ValueError("allow_origins has '*' and others: '*' allows all of them, list it alone")
        if self.max_age < 0:
            raise ValueError(f"max_age is {self.max_age}; it is a number of seconds, 0 for never")
        if not self.allows_all:
            read_origins(self.origins)
        if self.allow_origin_regex is not None:
            OriginPattern(self.allow_origin_regex)

    @property
    def origins(self) -> list[str]:
        given = self.allow_origins
        return [given] if isinstance(given, str) else given or []

    @property
    def allows_all(self) -> bool:
        return "*" in self.origins


@dataclass(frozen=True, slots=True)
class CSRFConfig:
    """The section ``csrf``.

    *secret_key* signs the cookie, by default the application's: a list signs with the first and believes all.
    *csrf_cookie* is the cookie's name, which gets the prefix ``__Host-`` outside debug, with *secure*, without
    *domain*. *readable* lets scripts read the cookie, whose value is then a token, too. *trusted_origins* are other
    sites whose pages may send requests; *exempt* are paths of routes as they are declared.
    """

    secret_key: list[Secret] | Secret | None = None
    csrf_cookie: str = _called("cookie_name", default="csrf")
    header: str = _called("header_name", default="x-csrf-token")
    field: str = _called("field_name", default="csrf_token")
    trusted_origins: list[str] = _called(default=())
    exempt: list[str] = _called("exempt_paths", default=())
    secure: bool | None = None
    samesite: Literal["lax", "strict", "none"] = "lax"
    domain: str | None = None
    readable: bool = False

    def __post_init__(self) -> None:
        read_origins(self.trusted_origins)


def _default_policy() -> Policy:
    return {
        "default-src": "'self'",
        "script-src": "'self' 'nonce'",
        "style-src": "'self' 'nonce'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


@dataclass(frozen=True, slots=True)
class SecurityConfig:
    """The section ``security``. A header whose field is None is not sent; times are in seconds.

    *ssl_redirect* answers plain HTTP with a redirect, to *ssl_host* where that is given. In *csp* the source
    ``'nonce'`` stands for the nonce of the answer. *allowed_hosts* and *trusted_proxies* are wired by the section alone.
    """

    ssl_redirect: bool = _called("https_redirect", default=False)
    ssl_host: str | None = None
    hsts_enabled: bool = _called("hsts", default=False)
    hsts_max_age: int = 63_072_000
    hsts_include_subdomains: bool = False
    hsts_preload: bool = False
    csp: Policy | None = _called("content_security_policy", default=None)
    csp_enabled: bool = True
    csp_report_only: bool = False
    referrer_policy: str | None = "strict-origin-when-cross-origin"
    permissions_policy: dict[str, list[str] | str] | str | None = "camera=(), geolocation=(), microphone=()"
    cross_origin_opener_policy: str | None = "same-origin"
    cross_origin_embedder_policy: str | None = None
    cross_origin_resource_policy: str | None = "same-origin"
    content_type_nosniff: bool = True
    frame_options: Literal["DENY", "SAMEORIGIN"] | None = "DENY"
    allowed_hosts: list[str] | None = None
    trusted_proxies: list[str] | None = None
    proxy_hops: int = 1
    proxy_header: Literal["x-forwarded", "forwarded"] = "x-forwarded"

    @property
    def policy(self) -> Policy | None:
        if not self.csp_enabled:
            return None
        return _default_policy() if self.csp is None else self.csp
