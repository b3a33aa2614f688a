"""What must hold at a route follows from what is said on the way to it, however that is put together."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexios import MakeConfig, NexiosApp, Router
from nexios.auth import auth, public, requires
from nexios.testing import TestClient
from tests.auth.doors import PROTOCOLS, TokenAuth, knock

OPTIONS: dict[str, Any] = {
    "nothing": None, "required": "required", "public": "public", "scheme": ["token"], "admin": requires(roles="admin"),
    "both": [auth(["token"]), requires(roles="admin")],
}  # fmt: skip
MARKS: dict[str, Any] = {
    "nothing": lambda handler: handler, "required": auth(), "public": public, "scheme": auth(["token"]),
    "admin": requires(roles="admin"), "both": lambda handler: auth()(requires(roles="admin")(handler)),
}  # fmt: skip
says = st.sampled_from(sorted(OPTIONS))


def expected(chain: list[str], route: str, mark: str) -> tuple[int, int, int] | None:
    """What nobody, Bob and Ada are answered; None where the route contradicts itself."""
    asked: list[str] = []
    for each in chain:
        asked = [] if each == "public" else [*asked, each] if each != "nothing" else asked
    own = [each for each in (route, mark) if each != "nothing"]
    if "public" in own and set(own) != {"public"}:
        return None
    asked = [] if own and own[0] == "public" else [*asked, *own]
    if not asked:
        return 200, 200, 200
    return 401, 403 if {"admin", "both"} & set(asked) else 200, 200


@settings(max_examples=80, deadline=None)
@given(
    config=st.booleans(),
    chain=st.lists(says, min_size=1, max_size=4),
    route=says,
    mark=says,
    protocol=st.sampled_from(PROTOCOLS),
)
def test_all_that_is_asked_holds_unless_something_nearer_opens_it(
    config: bool, chain: list[str], route: str, mark: str, protocol: str
) -> None:
    app = build(config, chain, route, mark, protocol)
    wanted = expected(["required" if config else "nothing", *chain], route, mark)

    if wanted is None:
        with pytest.raises(Exception, match="is public, and asks for a user as well"):
            anyio.run(answers, app, protocol)
    else:
        assert anyio.run(answers, app, protocol) == wanted


def build(config: bool, chain: list[str], route: str, mark: str, protocol: str) -> NexiosApp:
    def option(said: str) -> dict[str, Any]:
        return {} if said == "nothing" else {"auth": OPTIONS[said]}

    plugins = ["auth", "websockets"]
    app = NexiosApp(MakeConfig(auth={"required": config}), plugins=plugins, **option(chain[0]))
    app.auth_backend = TokenAuth()
    routers: list[Router] = [app, *(Router(f"/{number}", **option(said)) for number, said in enumerate(chain[1:]))]

    async def answer(connection: Any) -> None:
        if protocol == "websocket":
            await connection.accept()

    async def answer_request() -> str:
        return "ok"

    if protocol == "websocket":
        routers[-1].websocket("/x", **option(route))(MARKS[mark](answer))
    else:
        routers[-1].get("/x", **option(route))(MARKS[mark](answer_request))
    for outer, inner in pairwise(routers):
        outer.mount_router(inner)
    return app


async def answers(app: NexiosApp, protocol: str) -> tuple[int, ...]:
    path = app.routes[0].path
    async with TestClient(app) as client:
        statuses = [(await knock(client, path, protocol, token)).status_code for token in (None, "bob", "ada")]
    return tuple(200 if status == 101 else status for status in statuses)
