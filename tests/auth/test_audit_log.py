from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp, Request
from nexios.auth import (
    APIKey,
    APIKeyBackend,
    AuditEvent,
    SessionBackend,
    audit_trail,
    auth,
    login,
    logout,
    new_api_key,
    requires,
)
from nexios.exceptions import MissingPluginError
from nexios.testing import TestClient
from tests.auth.doors import PROTOCOLS, House, TokenAuth, knock

pytestmark = pytest.mark.anyio


class Memory:
    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    async def record(self, event: AuditEvent, /) -> None:
        self.events.append(event)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_every_refusal_is_one_event(protocol: str) -> None:
    house, memory = House(), Memory()
    audit_trail(house.app).send_to(memory)
    house.serve(house.app, "/a/{number}", protocol, auth()(requires(roles="admin")(house.handler(protocol))))

    async with TestClient(house.app) as client:
        for token in (None, "forged", "bob", "ada"):
            await knock(client, "/a/7", protocol, token)

    assert [(each.kind, each.user, each.reason, each.details) for each in memory.events] == [
        ("refusal", None, "no credentials", {"status": 401}),
        ("refusal", None, "unknown token", {"status": 401}),
        ("refusal", "2", "role admin", {"status": 403}),
    ]
    first = memory.events[0]
    assert (first.route, first.method, first.client) == ("/a/{number}", "GET", "127.0.0.1")
    assert first.at > 1_700_000_000


async def test_logins_logouts_key_uses_and_changes_of_roles_are_events() -> None:
    pytest.importorskip("nexios.session")
    made, memory = new_api_key(), Memory()
    config = MakeConfig(debug=True, secret_key="3f9c0a7d5b1e8f2604c6d9e7a1b35d80", session={"store": "memory"})
    app = NexiosApp(config, plugins=["session", "auth"])
    app.auth_backend = [
        SessionBackend(lambda number: {"id": number}),
        APIKeyBackend(lambda name: APIKey(name, made.digest, {"id": 9})),
    ]
    audit_trail(app).send_to(memory)

    @app.post("/login")
    async def enter(request: Request) -> None:
        await login(request, {"id": 7, "password": "hunter2"})

    @app.post("/logout")
    async def leave(request: Request) -> None:
        await logout(request)

    @app.post("/promote")
    @auth()
    async def promote(request: Request) -> None:
        await audit_trail(app).note("role_change", request, user=request.user, roles="admin", changed="12")

    async with TestClient(app) as client:
        await client.post("/login")
        await client.post("/promote")
        await client.post("/logout")
        await client.post("/logout")
        await client.post("/promote", headers={"x-api-key": made.key.reveal()})

    assert [(each.kind, each.user, each.scheme, dict(each.details)) for each in memory.events] == [
        ("login", "7", "session", {}),
        ("role_change", "7", None, {"roles": "admin", "changed": "12"}),
        ("logout", "7", "session", {}),
        ("key_use", "9", "api_key", {"key": made.id}),
        ("role_change", "9", None, {"roles": "admin", "changed": "12"}),
    ]


async def test_events_are_logged_as_one_line_of_json_by_default(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "nexios.auth.audit")
    house = House()
    house.app.get("/{name}")(auth()(house.handler("http")))

    async with TestClient(house.app) as client:
        await client.get("/a%0d%0aFAKE%1b[31m?token=s3cr3t", headers={"authorization": "Bearer s3cr3t"})

    [record] = [each for each in caplog.records if each.name == "nexios.auth.audit"]
    said = json.loads(record.getMessage())
    assert {**said, "at": 0} == {
        "kind": "refusal", "reason": "unknown token", "route": "/{name}", "method": "GET", "client": "127.0.0.1",
        "at": 0, "details": {"status": 401},
    }  # fmt: skip
    assert record.__dict__["audit"] == said


async def test_a_sink_that_fails_changes_no_answer_and_silences_no_other(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        async def record(self, event: AuditEvent, /) -> None:
            raise OSError("the disk is full")

    house, memory = House(), Memory()
    audit_trail(house.app).send_to(Broken(), memory)
    house.app.get("/")(auth()(house.handler("http")))

    async with TestClient(house.app) as client:
        assert (await client.get("/")).status_code == 401

    assert len(memory.events) == 1
    assert "an audit sink failed to record a refusal" in caplog.text


@pytest.mark.parametrize("sink", [None, print, {}])
def test_what_keeps_no_events_is_an_error(sink: Any) -> None:
    with pytest.raises(TypeError, match="is no audit sink: it needs an async method record"):
        audit_trail(House().app).send_to(sink)


def test_without_the_plugin_there_is_no_trail() -> None:
    with pytest.raises(MissingPluginError, match="nexios-auth"):
        audit_trail(NexiosApp(plugins=[]))


async def test_a_user_without_an_id_is_not_written_out() -> None:
    house, memory = House(), Memory()
    audit_trail(house.app).send_to(memory)

    class Account:
        def __repr__(self) -> str:
            return "hunter2"

    class Everybody(TokenAuth):
        async def authenticate(self, request: Any, /) -> Any:
            return Account()

    house.app.auth_backend = Everybody()
    house.app.get("/")(requires(roles="admin")(house.handler("http")))

    async with TestClient(house.app) as client:
        assert (await client.get("/")).status_code == 403

    assert memory.events[0].user == "Account"
