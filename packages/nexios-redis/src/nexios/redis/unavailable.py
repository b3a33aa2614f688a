"""The errors that say that Redis cannot be reached or does not answer, and what a package makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

# What errors of the server's absence have in common; OSError for a name that cannot be resolved.
UNAVAILABLE: tuple[type[Exception], ...] = (RedisError, OSError)


@contextmanager
def unavailable_as(make: Callable[[], Exception]) -> Iterator[None]:
    """Raise what *make* makes, such as an exception that is answered with 503, where Redis is unavailable."""
    try:
        yield
    except UNAVAILABLE as error:
        raise make() from error
