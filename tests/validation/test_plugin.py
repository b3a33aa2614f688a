from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from nexios import Depend, NexiosApp
from nexios.exceptions import BindingError
from nexios.testing import TestClient, WebSocketDenied
from nexios.validation import Header, Query

pytestmark = pytest.mark.anyio


class Product(BaseModel):
    name: str
    price: float


async def test_the_taste_of_fastapi_in_the_spelling_of_nexios() -> None:
    app = NexiosApp()

    @app.get("/products/{product_id}")
    async def get_product(product_id: int) -> Product:
        return Product(name="Widget", price=9.99)

    @app.post("/products", status_code=201)
    async def create_product(p: Product) -> Product:
        # Pydantic already validated `p`
        return p

    async with TestClient(app) as client:
        shown = await client.get("/products/7")
        created = await client.post("/products", json={"name": "Gadget", "price": "4.5"})
        refused = await client.post("/products", json={"name": "Gadget"})

    assert shown.json() == {"name": "Widget", "price": 9.99}
    assert (created.status_code, created.json()) == (201, {"name": "Gadget", "price": 4.5})
    assert refused.status_code == 422


def get_tenant(x_tenant: Annotated[str, Header()] = "none") -> str:
    return x_tenant


async def test_handlers_of_websockets_are_supplied_too() -> None:
    pytest.importorskip("nexios.websockets")
    app = NexiosApp(plugins=["validation", "websockets"])

    @app.websocket("/rooms/{room}")
    async def talk(
        socket: Any, room: str, limit: int, tags: Annotated[list[str], Query()], tenant: Any = Depend(get_tenant)
    ) -> None:
        await socket.accept()
        await socket.send_json([room, limit, tags, tenant])

    async with (
        TestClient(app) as client,
        client.websocket_connect("/rooms/a?limit=3&tags=x&tags=y", headers={"x-tenant": "t"}) as socket,
    ):
        assert await socket.receive_json() == ["a", 3, ["x", "y"], "t"]


async def test_a_websocket_whose_parameters_do_not_fit_is_refused_before_it_opens() -> None:
    pytest.importorskip("nexios.websockets")
    app = NexiosApp(plugins=["validation", "websockets"])

    @app.websocket("/")
    async def talk(socket: Any, limit: int) -> None:
        pytest.fail("the handler ran")

    async with TestClient(app) as client:
        with pytest.raises(WebSocketDenied, match="422"):
            async with client.websocket_connect("/?limit=x"):
                pass


def test_a_websocket_has_no_body() -> None:
    pytest.importorskip("nexios.websockets")
    app = NexiosApp(plugins=["validation", "websockets"])

    with pytest.raises(BindingError, match="a body, and a websocket has none"):

        @app.websocket("/")
        async def talk(socket: Any, product: Product) -> None: ...
