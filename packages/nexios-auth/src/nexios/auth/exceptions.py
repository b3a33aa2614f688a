"""What refuses a request.

HTTPException (nexios-core)
├── NotAuthenticated          401: nobody asks, and somebody must
│   └── AuthenticationFailed  401: credentials were presented, and they are not good
└── PermissionDenied          403: somebody asks who may not
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nexios import HTTPException


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


class PermissionDenied(HTTPException):
    """Answer 403: the user is known, and may not. *detail* is shown to the client."""

    status = 403

    def __init__(self, detail: str | None = None, headers: Mapping[str, str] | None = None, **extensions: Any) -> None:
        super().__init__(None, detail, headers, **extensions)
