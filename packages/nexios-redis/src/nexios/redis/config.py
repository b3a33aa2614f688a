"""What the section ``redis`` can say."""

from __future__ import annotations

from dataclasses import dataclass, field

from nexios.config import Secret


@dataclass(frozen=True, slots=True)
class RedisConfig:
    """The section ``redis``; times are in seconds.

    *url* is ``redis://``, ``rediss://`` (TLS), ``unix://``, or one of both with the way to find the server:
    ``redis+sentinel://one:26379,two:26379/service/0``, ``rediss+cluster://one:6379,two:6379``. No call waits longer
    than *timeout*, whatever happens meanwhile; within it a broken connection is tried anew *retries* times, so a
    command whose answer was lost may run twice. *ca_file* holds the authorities that TLS trusts, by default the
    system's.
    """

    url: Secret = field(default_factory=lambda: Secret("redis://localhost:6379/0"))
    timeout: float = 0.5
    retries: int = 1
    max_connections: int = 50
    ca_file: str | None = None

    def __post_init__(self) -> None:
        if not self.timeout > 0:
            raise ValueError(f"timeout is {self.timeout}; it must be more than 0")
        if self.retries < 0:
            raise ValueError(f"retries is {self.retries}; it must be 0 or more")
        if self.max_connections < 1:
            raise ValueError(f"max_connections is {self.max_connections}; it must be 1 or more")
