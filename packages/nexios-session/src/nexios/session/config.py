"""What the section ``session`` can say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from nexios.config import Secret

OnError = Literal["fail", "empty"]


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """The section ``session``; times are in seconds.

    *store* is "cookie", "memory", "file", "redis" or the name of an entry point in ``nexios.session.stores``; *options*
    are its own. *secret_key* signs cookies, by default the application's: a list signs with the first and still reads
    what the others signed. *session_cookie* is the cookie's name, which gets the prefix ``__Host-`` where that can
    hold: outside debug, with *secure*, without *domain*, on the path "/". *on_error* says what a request meets that
    needs a store which cannot be reached: 503, or an empty session that is not kept.
    """

    store: str = "cookie"
    options: dict[str, Any] = field(default_factory=dict)
    secret_key: list[Secret] | Secret | None = None
    session_cookie: str = "session"
    salt: str = "nexios.session"
    encrypt: bool = False
    idle_timeout: int = 4 * 3600
    absolute_timeout: int = 7 * 24 * 3600
    path: str = "/"
    domain: str | None = None
    secure: bool | None = None
    samesite: Literal["lax", "strict", "none"] = "lax"
    host_prefix: bool = True
    partitioned: bool = False
    persistent: bool = True
    on_error: OnError = "fail"

    def __post_init__(self) -> None:
        for name in ("idle_timeout", "absolute_timeout"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be more than 0 seconds")
