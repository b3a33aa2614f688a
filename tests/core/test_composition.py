"""What an application is asked beside its requests."""

from __future__ import annotations

import pytest

from nexios import NexiosApp
from nexios.exceptions import BadRequest

pytestmark = pytest.mark.anyio


async def test_health_checks_tell_what_is_wrong() -> None:
    app = NexiosApp(plugins=[])

    async def well() -> None: ...
    async def ill() -> None:
        raise ConnectionError("down")

    app.contributed.health.update(db=well, queue=ill)

    assert await app.check_health() == {"db": None, "queue": "ConnectionError: down"}


def test_a_route_has_the_scheme_of_its_protocol_as_safe_as_the_connection_that_asks() -> None:
    app = NexiosApp(plugins=[])
    app.get("/", name="home")(lambda: None)

    assert [app.scheme_for("home", scheme) for scheme in ("http", "https", "ws", "wss")] == [
        "http",
        "https",
        "http",
        "https",
    ]


def test_json_is_read_as_deep_as_the_limits_say() -> None:
    deep = b"[" * 70 + b"]" * 70

    with pytest.raises(BadRequest, match="nested deeper than 64 levels"):
        NexiosApp(plugins=[]).decode_json(deep)
    assert isinstance(NexiosApp({"limits": {"json_depth": 80}}, plugins=[]).decode_json(deep), list)
