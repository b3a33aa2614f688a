"""The section ``websockets`` of the configuration."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, TypeAlias

SlowConsumer: TypeAlias = Literal["close", "drop_oldest", "drop_newest"]

_MAY_BE_ZERO = ("history",)


@dataclass(frozen=True, slots=True)
class WebSocketsConfig:
    """Sizes in bytes, times in seconds. What None stands for is off.

    *origins* are let in besides the socket's own ("*": all); *require_origin* refuses clients that send none.
    *rate* is messages a second and *burst* how many may come at once. *queue* is how many broadcasts may wait for one
    slow socket before *slow_consumer* decides. *heartbeat* sends *heartbeat_message* to sockets that are silent for so
    long, and closes with 1011 those that stay silent for as long again; servers with pings of their own need none.
    *history* is how many messages a channel keeps. *backend* is an entry point of the group ``nexios.channels``.
    """

    origins: tuple[str, ...] = ()
    require_origin: bool = False
    max_message: int = 1_048_576
    rate: float | None = None
    burst: int | None = None
    connections_per_user: int | None = None
    connections: int | None = None
    queue: int = 256
    slow_consumer: SlowConsumer = "close"
    heartbeat: float | None = None
    heartbeat_message: str = '{"type":"ping"}'
    idle_timeout: float | None = 3600.0
    close_timeout: float = 5.0
    max_channels: int = 100
    history: int = 0
    history_ttl: float = 86_400.0
    presence_ttl: float = 30.0
    backend: str = "memory"
    prefix: str = "nexios"

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                least = 0 if field.name in _MAY_BE_ZERO else 1e-9
                if not value >= least:
                    raise ValueError(f"{field.name} is {value}; it must be more than 0")


# Those that a route may set for itself, as keyword arguments of ``@app.websocket``.
ROUTE_OPTIONS = (
    "origins", "require_origin", "max_message", "rate", "burst", "connections_per_user", "queue", "slow_consumer",
    "heartbeat", "heartbeat_message", "idle_timeout", "max_channels",
)  # fmt: skip
