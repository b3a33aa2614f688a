"""An application with every kind of input and answer that the document knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from nexios import Depend, NexiosApp
from nexios.validation import Body, Cookie, Cursor, CursorPage, Header, Path, Query

app = NexiosApp(title="Wide", plugins=["validation", "openapi"])

Finite = Annotated[float, Field(allow_inf_nan=False)]


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: Annotated[int, Field(ge=0, le=9)]


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[Annotated[str, Field(max_length=10)]] = []


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


@dataclass
class Point:
    x: int
    y: int = 0


class Size(TypedDict):
    width: Finite
    height: Finite


def get_tenant(x_tenant: Annotated[str, Header(min_length=1, max_length=20, pattern="^[a-z]+$")]) -> str:
    return x_tenant


@app.get("/colors/{color}/{number}")
async def show_color(
    color: Color,
    number: Annotated[int, Path(ge=1, le=1000)],
    ids: list[int],
    ratio: Finite = 0.5,
    active: bool | None = None,
    theme: Annotated[Literal["dark", "light"] | None, Cookie()] = None,
) -> dict[str, Any]:
    return {"color": color, "ids": ids, "ratio": ratio}


@app.get("/when/{day}/{id}/{rest:path}")
async def show_day(day: date, id: UUID, rest: str, since: datetime | None = None) -> list[str]:
    return [day.isoformat(), str(id), rest]


@app.post("/pets", status_code=201)
async def create_pet(
    pet: Annotated[Cat | Dog, Field(discriminator="kind")], tenant: Any = Depend(get_tenant)
) -> Cat | Dog:
    return pet


@app.put("/trees/{name}")
async def plant(name: str, tree: Tree, note: Annotated[str | None, Body(max_length=10)] = None) -> Tree:
    return tree


@app.patch("/points")
async def move(points: list[Point]) -> list[Point]:
    return points


@app.post("/sizes")
async def resize(size: Size | None = None) -> Size | None:
    return size


@app.delete("/things/{id:int}")
async def remove(id: int) -> None: ...


@app.get("/feed")
async def feed(cursor: Annotated[Cursor, Query()]) -> CursorPage[Tree]:
    start = cursor.position(int) or 0
    return CursorPage.of([Tree(name=str(start))], start + 1, cursor)
