"""The exceptions of sessions.

ServiceUnavailable (503)
└── StoreUnavailable      the store cannot be read or written
NexiosError
└── SessionError          a session is used in a way that cannot work
    └── CookieTooLarge    its data does not fit in a cookie
"""

from __future__ import annotations

from nexios.exceptions import NexiosError, ServiceUnavailable


class StoreUnavailable(ServiceUnavailable):
    """The session store cannot be read or written; the client may try again (RFC 9110 section 10.2.3)."""

    def __init__(self) -> None:
        super().__init__("the session cannot be read or written at the moment", {"retry-after": "1"})


class SessionError(NexiosError):
    """A session is used in a way that cannot work; the message says what to do instead."""


class CookieTooLarge(SessionError):
    """The data of a session does not fit in a cookie, which browsers limit to 4 096 bytes."""
