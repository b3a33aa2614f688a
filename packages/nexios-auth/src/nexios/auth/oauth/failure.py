"""A login that comes to nothing."""

from __future__ import annotations

from nexios import HTTPException


class SignInFailed(HTTPException):
    """Answer 400: the browser has come back with something that is not, or not any more, a login of ours.

    *reason* is shown. It quotes nothing of the request, and the browser is never sent on to where the request says.
    """

    status = 400

    def __init__(self, reason: str) -> None:
        super().__init__(None, f"signing in has failed: {reason}; begin again")
        self.reason = reason
