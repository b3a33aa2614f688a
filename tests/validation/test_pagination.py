from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from nexios import NexiosApp, Request, Response
from nexios.testing import TestClient
from nexios.validation import Cursor, CursorPage, LimitOffset, Page, Query
from nexios.validation.pagination import encode_cursor

pytestmark = pytest.mark.anyio


class Item(BaseModel):
    id: int


class Small(LimitOffset):
    limit: Annotated[int, Field(ge=1, le=5)] = 2


ITEMS = [Item(id=number) for number in range(1, 8)]

app = NexiosApp(plugins=["validation"])


@app.get("/pages")
async def list_pages(request: Request, response: Response, window: Annotated[Small, Query()]) -> Page[Item]:
    return Page.of(window.slice(ITEMS), len(ITEMS), window, request, response)


@app.get("/feed")
async def feed(request: Request, response: Response, cursor: Annotated[Cursor, Query()]) -> CursorPage[Item]:
    after = cursor.position(int) or 0
    found = [item for item in ITEMS if item.id > after][: cursor.limit]
    last = found[-1].id if found and found[-1] is not ITEMS[-1] else None
    return CursorPage.of(found, last, cursor, request, response)


async def get(url: str) -> Any:
    async with TestClient(app) as client:
        return await client.get(url)


async def test_a_page_has_its_items_and_says_where_it_is() -> None:
    answer = await get("/pages?offset=2")

    assert answer.json() == {"items": [{"id": 3}, {"id": 4}], "total": 7, "limit": 2, "offset": 2}


@pytest.mark.parametrize(
    ("url", "relations"),
    [
        ("/pages", {"first": "0", "next": "2", "last": "6"}),
        ("/pages?offset=3", {"first": "0", "prev": "1", "next": "5", "last": "6"}),
        ("/pages?offset=6", {"first": "0", "prev": "4", "last": "6"}),
        ("/pages?offset=1", {"first": "0", "prev": "0", "next": "3", "last": "6"}),
    ],
)
async def test_links_lead_to_the_neighbours(url: str, relations: dict[str, str]) -> None:
    links = (await get(url)).links

    assert {relation: link["url"].rpartition("offset=")[2] for relation, link in links.items()} == relations


async def test_links_keep_the_other_fields_of_the_query_and_name_no_host() -> None:
    answer = await get("/pages?tag=a%26b&tag=c")

    assert answer.links["next"]["url"] == "/pages?tag=a%26b&tag=c&limit=2&offset=2"


async def test_following_cursors_visits_every_item_once() -> None:
    seen: list[int] = []
    url = "/feed?limit=3"
    while url:
        answer = await get(url)
        seen += [item["id"] for item in answer.json()["items"]]
        url = answer.links.get("next", {}).get("url", "")

    assert seen == [1, 2, 3, 4, 5, 6, 7]
    assert answer.json()["next"] is None


@pytest.mark.parametrize("after", ["x", "%00", "e30", encode_cursor("text"), "A" * 1025])
async def test_a_cursor_that_nobody_gave_out_is_a_mistake_of_the_client(after: str) -> None:
    answer = await get(f"/feed?after={after}")

    assert answer.status_code == 422
    assert [each["name"] for each in answer.json()["errors"]] == ["after"]


async def test_limits_have_a_maximum() -> None:
    assert (await get("/pages?limit=6")).status_code == 422
