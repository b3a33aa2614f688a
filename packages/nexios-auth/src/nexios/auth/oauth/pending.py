"""A login under way: what has to be the same when the browser comes back, in a cookie that only it has."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import asdict, dataclass
from typing import Final

from nexios.auth.exceptions import InvalidToken
from nexios.auth.jwt.segments import decode_segment, encode_segment, read_object
from nexios.http.codecs import dumps

# Ten minutes are enough to find a telephone with a second factor on it.
SECONDS: Final = 600
_STATE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Pending:
    """*verifier* is the secret of PKCE, *nonce* goes into the ID token, *target* is where the user wanted to go."""

    state: str
    nonce: str
    verifier: str
    target: str
    ends: int

    @property
    def challenge(self) -> str:
        """RFC 7636 section 4.2, S256; the method "plain" is none."""
        return encode_segment(hashlib.sha256(self.verifier.encode()).digest()).decode()


def begin(target: str, now: float) -> Pending:
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Pending(state, nonce, verifier, target, int(now) + SECONDS)


def is_state(given: str) -> bool:
    """Whether *given* could be a state of ours, and so a part of a cookie's name."""
    return _STATE.fullmatch(given) is not None


def cookie_name(prefix: str, state: str) -> str:
    """One cookie for each login, so that two tabs do not end each other's."""
    return f"{prefix}{hashlib.sha256(state.encode()).hexdigest()[:16]}"


def seal(pending: Pending, key: bytes) -> str:
    content = encode_segment(dumps(asdict(pending)))
    return f"{content.decode()}.{hmac.digest(key, content, hashlib.sha256).hex()}"


def unseal(cookie: str, key: bytes, state: str, now: float) -> Pending | None:
    """What was sealed for *state*, unless it is over, was changed, or is another's."""
    content, _, signature = cookie.partition(".")
    expected = hmac.digest(key, content.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()
    if not hmac.compare_digest(signature.encode("utf-8", "surrogatepass"), expected.encode()):
        return None
    try:
        pending = Pending(**read_object(decode_segment(content)))
    except (InvalidToken, ValueError, TypeError):  # signed by us, in the format of another version
        return None
    is_same = hmac.compare_digest(pending.state.encode(), state.encode())
    return pending if is_same and now < pending.ends else None
