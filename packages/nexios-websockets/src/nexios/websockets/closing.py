"""Close codes (RFC 6455 section 7.4, and the registry of the IANA), and what an error closes a socket with."""

from __future__ import annotations

from typing import NamedTuple

from nexios.exceptions import ClientDisconnect, HTTPException
from nexios.websockets.exceptions import WebSocketClose

NORMAL = 1000
GOING_AWAY = 1001
INVALID_DATA = 1007
POLICY = 1008
TOO_BIG = 1009
INTERNAL_ERROR = 1011
SERVICE_RESTART = 1012
TRY_AGAIN_LATER = 1013

# A control frame holds 125 bytes, two of them are the code (RFC 6455 section 5.5).
_LONGEST_REASON = 123


class Ending(NamedTuple):
    code: int
    reason: str


def check_close(code: int, reason: str) -> None:
    """Raise ValueError for a code that no endpoint may send, or a reason that fits no frame."""
    if not (3000 <= code <= 4999 or code in (1000, 1001, 1002, 1003, *range(1007, 1015))):
        raise ValueError(
            f"close code {code} must not be sent: use 1000 to 1003, 1007 to 1014 or, for your own, 4000 to 4999"
        )
    size = len(reason.encode())
    if size > _LONGEST_REASON:
        raise ValueError(f"the reason has {size} bytes of UTF-8, a close frame holds {_LONGEST_REASON}: {reason!r:.60}")


def shortened(reason: str) -> str:
    return reason.encode()[:_LONGEST_REASON].decode("utf-8", "ignore")


def ending_for(error: BaseException) -> Ending:
    """What an open socket is closed with for *error*. Says nothing of errors that were not meant for the client."""
    match error:
        case WebSocketClose():
            return Ending(error.code, shortened(error.reason))
        case HTTPException(status=503):
            return Ending(TRY_AGAIN_LATER, shortened(error.detail or ""))
        case HTTPException(status=status) if status < 500:
            return Ending(POLICY, shortened(error.detail or ""))
        case _:
            return Ending(INTERNAL_ERROR, "")


def is_departure(error: BaseException) -> bool:
    """Whether *error* says nothing but that the client has left; also as a task group reports it."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_departure(each) for each in error.exceptions)
    return isinstance(error, ClientDisconnect)
