from __future__ import annotations

from typing import Any

import pytest

from nexios import Connection, NexiosApp
from nexios.auth import Policy
from nexios.exceptions import ConfigurationError
from nexios.testing import TestClient
from tests.auth.doors import OPENED, PROTOCOLS, House, knock

pytestmark = pytest.mark.anyio

DOCUMENTS = {1: {"owner": 1}, 2: {"owner": 2}}


async def owns(user: Any, request: Connection, document: dict[str, int]) -> bool:
    return bool(document["owner"] == user.id)


owner = Policy("owner", owns)
named_ada = Policy("named Ada", lambda user, request: user.name == "Ada")


def library(policy: Policy, protocol: str) -> House:
    house = House()

    async def read(request: Connection, number: int) -> None:
        await policy.enforce(request, DOCUMENTS[number])
        house.ran.append(request.path)
        if protocol == "websocket":
            await request.accept()

    house.serve(house.app, "/documents/{number:int}", protocol, read)
    return house


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_policy_about_an_object_is_enforced_by_the_handler(protocol: str) -> None:
    house = library(owner, protocol)

    async with TestClient(house.app) as client:
        nobody = await knock(client, "/documents/1", protocol)
        answers = {
            (token, number): (await knock(client, f"/documents/{number}", protocol, token)).status_code
            for token in ("ada", "bob")
            for number in (1, 2)
        }

    opened = OPENED if protocol == "websocket" else 204
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
    assert nobody.headers["vary"] == "Authorization"
    assert answers == {("ada", 1): opened, ("ada", 2): 403, ("bob", 1): 403, ("bob", 2): opened}
    assert house.ran == ["/documents/1", "/documents/2"]


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [(owner & named_ada, {("ada", 1)}), (owner | named_ada, {("ada", 1), ("ada", 2), ("bob", 2)})],
)
async def test_policies_combine(policy: Policy, allowed: set[tuple[str, int]]) -> None:
    house = library(policy, "http")

    async with TestClient(house.app) as client:
        seen = {
            (token, number)
            for token in ("ada", "bob")
            for number in (1, 2)
            if (await knock(client, f"/documents/{number}", "http", token)).status_code == 204
        }

    assert seen == allowed
    assert repr(policy) in ("<Policy '(owner and named Ada)'>", "<Policy '(owner or named Ada)'>")


async def test_enforcing_without_any_backend_is_an_error_and_lets_nobody_in() -> None:
    app = NexiosApp(plugins=["auth"])

    @app.get("/")
    async def read(request: Connection) -> str:
        await named_ada.enforce(request)
        return "secret"

    async with TestClient(app, raise_server_exceptions=False) as client:
        assert (await client.get("/")).status_code == 500


@pytest.mark.parametrize(
    ("name", "check", "said"),
    [
        ("", lambda user, request: True, "a policy needs a name"),
        (" ", lambda user, request: True, "a policy needs a name"),
        ("p", None, r"the rule is a function of \(user, request\)"),
        ("p", lambda: True, "must take"),
        ("p", lambda a, b, c, d: True, "must take"),
    ],
)
def test_what_cannot_be_a_policy_is_an_error_where_it_is_written(name: str, check: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Policy(name, check)
