from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from examples.hello.app import app
from nexios.testing import TestClient

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client() -> AsyncIterator[TestClient]:
    async with TestClient(app) as client:
        yield client


async def test_it_greets(client: TestClient) -> None:
    answer = await client.get("/")

    assert answer.json() == {"message": "Hello, world"}


async def test_an_item_has_the_number_of_its_path(client: TestClient) -> None:
    answer = await client.get("/items/7")

    assert answer.json() == {"id": 7}


async def test_an_item_that_is_no_number_is_not_found(client: TestClient) -> None:
    answer = await client.get("/items/seven")

    assert answer.status_code == 404
