from __future__ import annotations

import pytest

from nexios import NexiosApp, Plugin, Registry, Request
from nexios.testing import SyncTestClient, TestClient

pytestmark = pytest.mark.anyio


class Ticket:
    def __init__(self, user: object, hat: str) -> None:
        self.user = user
        self.hat = hat

    def __eq__(self, other: object) -> bool:
        return False  # the application's own objects need not be comparable


class Tickets(Plugin):
    """Knows users by the object that it makes for test clients."""

    name = "tickets"

    def register(self, registry: Registry) -> None:
        def make(user: object, *, hat: str = "none") -> Ticket:
            return Ticket(user, hat)

        registry.contribute("testing.login", make)


def make_app() -> NexiosApp:
    app = NexiosApp(plugins=[Tickets])

    @app.get("/me")
    async def show(request: Request) -> dict[str, object]:
        ticket = request.scope["extensions"].get("nexios.login")
        seen = None if ticket is None else [ticket.user, ticket.hat]
        return {"seen": seen, "sent": request.headers.get("authorization")}

    return app


async def test_a_client_that_is_logged_in_sends_what_the_plugin_made_of_the_user() -> None:
    async with TestClient(make_app()) as client:
        assert (await client.get("/me")).json()["seen"] is None
        assert (await client.login("Ada", hat="red").get("/me")).json()["seen"] == ["Ada", "red"]
        assert (await client.login(None).get("/me")).json()["seen"] is None


def test_the_synchronous_client_does_so_too() -> None:
    with SyncTestClient(make_app()) as client:
        assert client.login("Ada").get("/me").json()["seen"] == ["Ada", "none"]
        assert client.with_token("t0k3n").get("/me").json()["sent"] == "Bearer t0k3n"


async def test_a_token_is_sent_with_every_request_from_then_on() -> None:
    async with TestClient(make_app()) as client:
        client.with_token("t0k3n")
        assert [(await client.get("/me")).json()["sent"] for _ in range(2)] == ["Bearer t0k3n"] * 2
        assert (await client.with_token("k", scheme="ApiKey").get("/me")).json()["sent"] == "ApiKey k"


async def test_without_a_plugin_that_knows_users_nobody_can_be_logged_in() -> None:
    async with TestClient(NexiosApp(plugins=[])) as client:
        with pytest.raises(TypeError, match="pip install nexios-auth"):
            client.login("Ada")
