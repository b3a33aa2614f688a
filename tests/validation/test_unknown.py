from __future__ import annotations

from typing import Annotated

import pytest

from nexios import Depend, MakeConfig, NexiosApp, Request
from nexios.testing import TestClient
from nexios.validation import LimitOffset, Query

pytestmark = pytest.mark.anyio


async def ask(policy: str, url: str) -> tuple[int, list[str]]:
    app = NexiosApp(MakeConfig(validation={"unknown_query": policy}), plugins=["validation"])

    def get_tenant(tenant: str = "none") -> str:
        return tenant

    @app.get("/")
    async def show(name: str, window: Annotated[LimitOffset, Query()], tenant: object = Depend(get_tenant)) -> str:
        return f"{name} {tenant}"

    async with TestClient(app) as client:
        answer = await client.get(url)
    return answer.status_code, [each["name"] for each in answer.json()["errors"]] if answer.status_code == 422 else []


async def test_unknown_fields_are_allowed_by_default() -> None:
    assert await ask("allow", "/?name=a&nmae=b") == (200, [])


async def test_they_can_be_refused() -> None:
    assert await ask("refuse", "/?name=a&nmae=b&x=") == (422, ["nmae", "x"])


async def test_what_a_dependency_reads_is_known() -> None:
    assert await ask("refuse", "/?name=a&tenant=b&limit=3") == (200, [])


async def test_they_are_told_together_with_other_mistakes() -> None:
    assert await ask("refuse", "/?nmae=b&limit=0") == (422, ["nmae", "limit", "name"])


async def test_a_route_that_reads_nothing_refuses_every_field() -> None:
    app = NexiosApp(MakeConfig(validation={"unknown_query": "refuse"}), plugins=["validation"])

    @app.get("/plain")
    async def plain() -> str:
        return "plain"

    @app.get("/by-hand")
    async def by_hand(request: Request) -> str:
        return request.query_params["q"]

    async with TestClient(app) as client:
        assert (await client.get("/plain")).text == "plain"
        refused = await client.get("/plain?debug=1")
        assert (refused.status_code, refused.json()["errors"][0]["name"]) == (422, "debug")
        assert (await client.head("/plain?debug=1")).status_code == 422
        assert (await client.post("/plain?debug=1")).status_code == 405
        assert (await client.get("/by-hand?q=mine")).text == "mine"
