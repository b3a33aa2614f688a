"""Who is behind a token, for frameworks that verify none themselves: with PyJWT, as their documentations do."""

from __future__ import annotations

from typing import Any

import jwt

from benchmarks.material import SECRET


def subject_of(authorization: str | None) -> Any:
    """The subject of a bearer token. Raises jwt.InvalidTokenError for a token that is not good."""
    _, _, token = (authorization or "").partition(" ")
    return jwt.decode(token, SECRET, algorithms=["HS256"], options={"require": ["exp"]})["sub"]
