"""What people love in FastAPI, in the spelling of Nexios: one signature validates, shapes and documents."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from nexios import Depend, NexiosApp
from nexios.testing import TestClient

pytestmark = pytest.mark.anyio

app = NexiosApp(plugins=["validation"])


class Product(BaseModel):
    name: str
    price: float


def get_discount(code: str = "") -> float:
    return 0.5 if code == "HALF" else 1.0


@app.get("/products/{product_id}")
async def get_product(product_id: int) -> Product:
    return Product(name="Widget", price=9.99)


@app.post("/products", status_code=201)
async def create_product(p: Product, discount: float = Depend(get_discount)) -> Product:
    # Pydantic already validated `p`
    return Product(name=p.name, price=p.price * discount)


async def test_a_product_is_read_and_created_as_its_types_say() -> None:
    async with TestClient(app) as client:
        found = await client.get("/products/7")
        made = await client.post("/products?code=HALF", json={"name": "Gadget", "price": 8, "secret": True})

    assert found.json() == {"name": "Widget", "price": 9.99}
    assert (made.status_code, made.json()) == (201, {"name": "Gadget", "price": 4.0})


async def test_what_does_not_fit_is_told_field_by_field() -> None:
    async with TestClient(app) as client:
        refused = await client.post("/products", json={"name": 7})
        nowhere = await client.get("/products/seven")

    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/name", "/price"]
    assert nowhere.status_code == 404
