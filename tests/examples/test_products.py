from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from examples.products.app import app
from nexios.testing import TestClient

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client() -> AsyncIterator[TestClient]:
    async with TestClient(app) as client:
        yield client


async def test_a_product_is_added_and_listed(client: TestClient) -> None:
    added = await client.post("/products", json={"name": "Gadget", "price": 4.5})
    listed = await client.get("/products?limit=100")

    assert (added.status_code, added.json()) == (201, {"name": "Gadget", "price": 4.5})
    assert {"name": "Gadget", "price": 4.5} in listed.json()["items"]


async def test_a_product_that_does_not_fit_is_refused_with_every_mistake(client: TestClient) -> None:
    answer = await client.post("/products", json={"name": "", "price": "9.99"})

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/name", "/price"]


@pytest.mark.parametrize("path", ["/products/123456789", "/products/seven"])
async def test_a_product_that_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/scalar", "/openapi.json", "/openapi.yaml"])
async def test_it_documents_itself(client: TestClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200
