"""What the applications of every framework answer with."""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Iterator

ROUTES = 1_000
TEXT = "Hello, World!"
CHUNK = b"0123456789abcdef" * 4_096
CHUNKS = 16
FILE_BYTES = b"The quick brown fox jumps over it\n" * 3_000 + b"." * 400
# What stands in the answer's headers must not differ from run to run.
MODIFIED = 1_700_000_000
FILE = f"/tmp/nexios-benchmark-{os.getuid():010}/file.txt"  # noqa: S108  # the same length wherever the checkout is
SEARCH = {"page": 2, "size": 50, "active": True}
SECRET = "benchmarks-sign-with-a-secret-of-64-hexadecimal-digits-or-so"  # noqa: S105  # it keeps nothing secret


def _product(number: int) -> dict[str, object]:
    return {"id": number, "name": f"Product {number}", "price": number + 0.5, "stock": 5, "tags": ["new", "blue"]}


PRODUCTS = [_product(number) for number in range(100)]
ORDER = {
    "number": "2024-000017",
    "customer": {"name": "Ada Lovelace", "email": "ada@example.org"},
    "lines": [{"product": number, "amount": 1, "price": number + 0.5} for number in (7, 12, 31)],
    "express": True,
    "remark": None,
}
# Three mistakes: a type, a limit, and what is missing.
INVALID = {**ORDER, "customer": {"name": "Ada Lovelace"}, "lines": [{"product": "seven", "amount": 0, "price": 7.5}]}


def token() -> str:
    """A JSON Web Token for the user "7", signed with SECRET by HS256 (RFC 7519), that ends in the year 2100."""
    parts = (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"7","exp":4102444800}')
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(hmac.digest(SECRET.encode(), signed, "sha256")).rstrip(b"=")
    return f"{signed.decode()}.{signature.decode()}"


def greeting() -> dict[str, str]:
    return {"message": TEXT}


def area(number: int) -> str:
    """The path of one of many routes, up to its parameter."""
    return f"/area{number}/items"


def areas(number: int) -> Iterator[str]:
    return map(area, range(number))


def write_file() -> None:
    """Put the file that is served in its place, whole at once: several processes may do so together."""
    os.makedirs(os.path.dirname(FILE), mode=0o700, exist_ok=True)
    if not os.path.exists(FILE):
        unfinished = f"{FILE}.{os.getpid()}"
        with open(unfinished, "wb") as file:
            file.write(FILE_BYTES)
        os.utime(unfinished, (MODIFIED, MODIFIED))
        os.replace(unfinished, FILE)
