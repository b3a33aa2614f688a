"""What refuses a request.

HTTPException (nexios-core)
├── NotAuthenticated          401: nobody asks, and somebody must
│   └── AuthenticationFailed  401: credentials were presented, and they are not good
│       └── InvalidToken      ... and they are a token
├── PermissionDenied          403: somebody asks who may not
└── TooManyAttempts           429: too many logins have failed, with Retry-After

ServiceUnavailable (nexios-core)
└── StoreUnavailable          503: what decides whether somebody may cannot be asked, so nobody may
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nexios import HTTPException
from nexios.exceptions import ServiceUnavailable


class NotAuthenticated(HTTPException):
    """Answer 401. The challenges of the backends become its WWW-Authenticate (RFC 9110 section 11.6.1)."""

    status = 401

    def __init__(self, detail: str | None = None, headers: Mapping[str, str] | None = None, **extensions: Any) -> None:
        super().__init__(None, detail, headers, **extensions)


class AuthenticationFailed(NotAuthenticated):
    """Credentials were presented and are not good: raised by `AuthBackend.authenticate`.

    *detail* is shown to the client. *reason* is for the audit log alone; like *detail* it must hold no secret.
    *challenge* stands in for the backend's own, such as ``Bearer error="invalid_token"`` (RFC 6750 section 3).
    """

    def __init__(
        self,
        detail: str | None = "the credentials are not valid",
        *,
        reason: str = "invalid credentials",
        challenge: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.challenge = challenge
        if challenge is not None:
            self.headers["www-authenticate"] = challenge


class PermissionDenied(HTTPException):
    """Answer 403: the user is known, and may not. *detail* is shown to the client."""

    status = 403

    def __init__(self, detail: str | None = None, headers: Mapping[str, str] | None = None, **extensions: Any) -> None:
        super().__init__(None, detail, headers, **extensions)


class InvalidToken(AuthenticationFailed):
    """A token that is malformed, forged, expired, revoked or for somebody else (RFC 6750 section 3.1).

    *reason* finishes the sentence that the client is told: one of a few, which quote nothing of the token.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the token is not valid: {reason}",
            reason=reason,
            challenge=f'Bearer error="invalid_token", error_description="{reason}"',
        )


class TooManyAttempts(HTTPException):
    """Answer 429: after *seconds* a login may be tried again (RFC 6585 section 4)."""

    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(None, "too many logins have failed; try again later", {"retry-after": str(seconds)})
        self.seconds = seconds


class StoreUnavailable(ServiceUnavailable):
    """A store cannot be reached, and without it the request cannot be allowed."""

    def __init__(self, detail: str | None = "this service cannot check who may use it at the moment") -> None:
        super().__init__(detail)
