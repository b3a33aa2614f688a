"""What the core itself can be told."""

from __future__ import annotations

from dataclasses import dataclass, fields

from nexios.config.secret import Secret


@dataclass(frozen=True, slots=True)
class CoreConfig:
    """The fields at the top level. *secret_key* is what packages that sign derive their keys from."""

    debug: bool = False
    secret_key: Secret | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """The section ``limits``: sizes in bytes, times in seconds. Every limit must be more than 0."""

    body: int = 1_048_576
    headers: int = 100
    header_bytes: int = 32_768
    body_timeout: float = 30.0
    json_depth: int = 64
    query_fields: int = 1000
    shutdown_grace: float = 10.0

    def __post_init__(self) -> None:
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        wrong = [f"{name} is {value}" for name, value in given.items() if not value > 0]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}; a limit must be more than 0")
