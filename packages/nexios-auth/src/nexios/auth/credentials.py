"""What stands in the Authorization field (RFC 9110 section 11.6.2)."""

from __future__ import annotations

from nexios import Connection
from nexios.auth.exceptions import AuthenticationFailed
from nexios.exceptions import BadRequest

# Longer ones are nobody's: a token of a kibibyte is a long one.
LONGEST = 16_384


def credentials(connection: Connection, scheme: str) -> str | None:
    """What follows *scheme*, in any case, in the Authorization field; None where there is none of that scheme.

    Raises AuthenticationFailed where nothing follows, or more than 16 KiB, and BadRequest where the field stands twice.
    """
    value = connection.fields.get(b"authorization")
    if value is None:
        return None
    refuse_repeated(connection, "authorization")
    named, _, rest = value.decode("latin-1").partition(" ")
    if named.lower() != scheme.lower():
        return None
    given = rest.strip(" ")
    if not given:
        raise AuthenticationFailed("the Authorization field has no credentials", reason="empty credentials")
    if len(given) > LONGEST:
        raise AuthenticationFailed("the credentials are too long", reason="credentials too long")
    return given


def refuse_repeated(connection: Connection, name: str) -> None:
    """Raise BadRequest where *name* stands twice: a proxy in front may have believed the other one."""
    # Most requests have no name twice: as many lines as names.
    if len(connection.fields) == len(connection.scope["headers"]):
        return
    if len(connection.headers.getlist(name)) > 1:
        raise BadRequest(f"the request has more than one {name} field")
