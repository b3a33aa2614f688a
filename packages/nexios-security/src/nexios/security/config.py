"""What the sections ``cors``, ``csrf`` and ``security`` can say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from nexios.config import Secret
from nexios.http.headers import check_name
from nexios.security.origins import read_origins
from nexios.security.pattern import OriginPattern

# Directive to its sources, or the whole policy as one text.
Policy = dict[str, list[str] | str] | str

STANDARD_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "QUERY")
STANDARD_HEADERS = ("authorization", "content-type", "x-csrf-token")


def _alias(name: str) -> dict[str, Any]:
    """What lets a field be called *name* as well."""
    return {"aliases": (name,)}


@dataclass(frozen=True, slots=True)
class CORSConfig:
    """The section ``cors``. *max_age*, in seconds, is how long a browser remembers what it was allowed.

    An origin of *allow_origins* is written as browsers do, ``https://app.example.com``; a name alone means https.
    ``["*"]`` means every page, which *allow_credentials* cannot be combined with.
    """

    allow_origins: list[str] | str | None = field(default=None, metadata=_alias("allowed_origins"))
    allow_origin_regex: str | None = field(default=None, metadata=_alias("allowed_origin_regex"))
    allow_methods: tuple[str, ...] = field(default=STANDARD_METHODS, metadata=_alias("allowed_methods"))
    allow_headers: tuple[str, ...] = field(default=STANDARD_HEADERS, metadata=_alias("allowed_headers"))
    allow_credentials: bool = False
    expose_headers: tuple[str, ...] = ()
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
    csrf_cookie: str = "csrf"
    header: str = "x-csrf-token"
    field: str = "csrf_token"
    trusted_origins: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    secure: bool | None = None
    samesite: Literal["lax", "strict", "none"] = "lax"
    domain: str | None = None
    readable: bool = False

    def __post_init__(self) -> None:
        read_origins(self.trusted_origins)
        check_name(self.header)
        if not self.field.isascii() or not self.field.replace("_", "").replace("-", "").isalnum():
            raise ValueError(f"field is {self.field!r}; name a form field with ASCII letters, digits, '_' and '-'")


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
    ``'nonce'`` stands for the nonce of the answer. *allowed_hosts* and *trusted_proxies* hold by being in the section.
    """

    ssl_redirect: bool = field(default=False, metadata=_alias("https_redirect"))
    ssl_host: str | None = None
    hsts_enabled: bool = field(default=False, metadata=_alias("hsts"))
    hsts_max_age: int = 63_072_000
    hsts_include_subdomains: bool = False
    hsts_preload: bool = False
    csp: Policy | None = field(default=None, metadata=_alias("content_security_policy"))
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
