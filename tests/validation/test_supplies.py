from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from nexios import Depend, NexiosApp, Request
from nexios.testing import TestClient
from nexios.validation import Body, Cookie, Header, Path, Query

pytestmark = pytest.mark.anyio


class Product(BaseModel):
    name: Annotated[str, Field(min_length=1)]
    price: float


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


@dataclass
class Point:
    x: int
    y: int = 0


class Size(TypedDict):
    width: int
    height: int


async def ask(app: NexiosApp, method: str, url: str, **options: Any) -> Any:
    async with TestClient(app) as client:
        return await client.request(method, url, **options)


def errors_of(answer: Any) -> list[tuple[str, str, str]]:
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    return [(each["in"], each.get("name", each.get("pointer")), each["type"]) for each in answer.json()["errors"]]


# -- bodies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "sent", "expected"),
    [
        (Product, {"name": "Widget", "price": "3"}, Product(name="Widget", price=3)),
        (Point, {"x": 1}, Point(1, 0)),
        (Size, {"width": 1, "height": "2"}, {"width": 1, "height": 2}),
        (list[Product], [{"name": "a", "price": 1}], [Product(name="a", price=1)]),
        (dict[str, int], {"a": "1"}, {"a": 1}),
        (Annotated[Cat | Dog, Field(discriminator="kind")], {"kind": "cat", "lives": 9}, Cat(kind="cat", lives=9)),
        (Annotated[list[int], Body()], [1, "2"], [1, 2]),
        (Annotated[int, Body(gt=1)], 2, 2),
    ],
    ids=["model", "dataclass", "typed dict", "list", "mapping", "union", "marked list", "marked number"],
)
async def test_a_body_is_read_by_its_annotation(annotation: Any, sent: object, expected: object) -> None:
    app = NexiosApp(plugins=["validation"])
    received = []

    async def create(body: annotation) -> None:
        received.append(body)

    create.__annotations__["body"] = annotation
    app.post("/")(create)

    answer = await ask(app, "POST", "/", json=sent)

    assert (answer.status_code, received) == (204, [expected])


async def test_every_mistake_of_a_body_is_told_with_its_place() -> None:
    app = NexiosApp(plugins=["validation"])

    @app.post("/")
    async def create(products: list[Product]) -> None: ...

    answer = await ask(app, "POST", "/", json=[{"name": "", "price": "x"}, {"name": "b"}])

    assert errors_of(answer) == [
        ("body", "/0/name", "string_too_short"),
        ("body", "/0/price", "float_parsing"),
        ("body", "/1/price", "missing"),
    ]


async def test_the_place_of_a_mistake_in_a_union_is_a_place_in_the_body() -> None:
    app = NexiosApp(plugins=["validation"])

    @app.post("/")
    async def create(pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]]) -> None: ...

    answer = await ask(app, "POST", "/", json=[{"kind": "cat", "lives": "x"}, {"kind": "dog"}, {"kind": "cow"}])

    assert errors_of(answer) == [
        ("body", "/0/lives", "int_parsing"),
        ("body", "/1/tricks", "missing"),
        ("body", "/2", "union_tag_invalid"),
    ]
    assert "cow" not in answer.text


async def test_several_bodies_are_keys_of_one_object() -> None:
    app = NexiosApp(plugins=["validation"])

    @app.put("/")
    async def replace(product: Product, size: Size, note: Annotated[str, Body()] = "none") -> list[Any]:
        return [product.name, size["width"], note]

    sent = {"product": {"name": "a", "price": 1}, "size": {"width": 1, "height": 2}}
    assert (await ask(app, "PUT", "/", json=sent)).json() == ["a", 1, "none"]
    assert errors_of(await ask(app, "PUT", "/", json={"product": {"name": "a"}})) == [
        ("body", "/product/price", "missing"),
        ("body", "/size", "missing"),
    ]


async def test_one_body_may_be_embedded() -> None:
    app = NexiosApp(plugins=["validation"])

    @app.post("/")
    async def create(product: Annotated[Product, Body(embed=True)]) -> str:
        return product.name

    assert (await ask(app, "POST", "/", json={"product": {"name": "a", "price": 1}})).text == "a"


@pytest.mark.parametrize(("content", "expected"), [(b"", "none"), (b"null", "none"), (b'{"name":"a","price":1}', "a")])
async def test_a_body_with_a_default_may_be_left_out(content: bytes, expected: str) -> None:
    app = NexiosApp(plugins=["validation"])

    @app.post("/")
    async def create(product: Product | None = None) -> str:
        return "none" if product is None else product.name

    assert (await ask(app, "POST", "/", content=content)).text == expected


async def test_embedded_bodies_with_defaults_may_be_left_out_together() -> None:
    app = NexiosApp(plugins=["validation"])

    @app.post("/")
    async def create(a: Annotated[int, Body()] = 1, b: Annotated[int, Body()] = 2) -> list[int]:
        return [a, b]

    assert (await ask(app, "POST", "/")).json() == [1, 2]


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/ld+json"])
async def test_every_spelling_of_json_is_read(content_type: str) -> None:
    app = NexiosApp(plugins=["validation"])

    @app.post("/")
    async def create(product: Product) -> str:
        return product.name

    answer = await ask(app, "POST", "/", content=b'{"name":"a","price":1}', headers={"content-type": content_type})

    assert (answer.status_code, answer.text) == (200, "a")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json x", "x"])
async def test_another_media_type_is_refused_and_not_passed_by(content_type: str) -> None:
    app = NexiosApp(plugins=["validation"])

    @app.post("/")
    async def create(product: Product) -> None:
        pytest.fail("the handler ran")

    answer = await ask(app, "POST", "/", content=b'{"name":"a","price":1}', headers={"content-type": content_type})

    assert answer.status_code == 415


async def test_a_codec_of_another_plugin_reads_its_media_type() -> None:
    class Lines:
        media_types = ("text/x-lines",)

        def encode(self, value: object) -> bytes:
            return b""

        def decode(self, data: bytes) -> object:
            return dict(line.split("=") for line in data.decode().splitlines())

    class LinesPlugin:
        name = "lines"

        def register(self, registry: Any) -> None:
            registry.codec(Lines())

    app = NexiosApp(plugins=["validation", LinesPlugin()])

    @app.post("/")
    async def create(product: Product) -> str:
        return f"{product.name} {product.price}"

    headers = {"content-type": "text/x-lines"}
    assert (await ask(app, "POST", "/", content=b"name=a\nprice=2", headers=headers)).text == "a 2.0"
    assert errors_of(await ask(app, "POST", "/", content=b"name=a", headers=headers)) == [("body", "/price", "missing")]


# -- parameters ---------------------------------------------------------------------------------------------------


async def test_scalars_that_are_not_in_the_path_are_query_parameters() -> None:
    app = NexiosApp(plugins=["validation"])

    @app.get("/items/{id}")
    async def show(id: int, limit: int, ratio: float = 0.5, active: bool | None = None) -> list[Any]:
        return [id, limit, ratio, active]

    assert (await ask(app, "GET", "/items/7?limit=3&active=no&other=1")).json() == [7, 3, 0.5, False]
    assert errors_of(await ask(app, "GET", "/items/7?ratio=x")) == [
        ("query", "limit", "missing"),
        ("query", "ratio", "float_parsing"),
    ]


async def test_a_list_takes_every_value_of_its_name_and_a_scalar_the_first() -> None:
    app = NexiosApp(plugins=["validation"])

    @app.get("/")
    async def show(ids: list[int], name: str, tags: set[str] | None = None) -> list[Any]:
        return [ids, name, tags]

    assert (await ask(app, "GET", "/?ids=1&ids=2&name=a&name=b")).json() == [[1, 2], "a", None]
    wrong = await ask(app, "GET", "/?ids=1&ids=x&name=a")
    assert wrong.json()["errors"] == [
        {
            "in": "query",
            "name": "ids",
            "pointer": "/1",
            "type": "int_parsing",
            "detail": "Input should be a valid integer, unable to parse string as an integer",
        }
    ]


async def test_markers_stand_in_annotations_and_in_defaults() -> None:
    app = NexiosApp(plugins=["validation"])

    @app.get("/{id}")
    async def show(
        id: Annotated[int, Path(ge=1)],
        user_agent: Annotated[str, Header()],
        limit: int = Query(10, le=100, alias="max"),
        token: str = Header(alias="x-token", min_length=3),
        theme: str | None = Cookie(None),
        *,
        since: Annotated[list[int], Query(default_factory=lambda: [1])],
    ) -> list[Any]:
        return [id, user_agent, limit, token, theme, since]

    headers = {"user-agent": "test", "x-token": "abc", "cookie": "theme=dark"}
    assert (await ask(app, "GET", "/1?max=5", headers=headers)).json() == [1, "test", 5, "abc", "dark", [1]]
    assert errors_of(await ask(app, "GET", "/0?max=101&since=1", headers={"x-token": "a", "user-agent": "x"})) == [
        ("path", "id", "greater_than_equal"),
        ("header", "x-token", "string_too_short"),
        ("query", "max", "less_than_equal"),
    ]


async def test_a_model_collects_query_parameters_or_headers() -> None:
    class Filters(BaseModel):
        limit: Annotated[int, Field(ge=1)] = 10
        tags: list[str] = []
        sort_by: str = Field("name", alias="sort")

    class Context(BaseModel):
        x_tenant: str
        accept_language: str = "en"

    app = NexiosApp(plugins=["validation"])

    @app.get("/")
    async def show(filters: Annotated[Filters, Query()], context: Annotated[Context, Header()]) -> list[Any]:
        return [filters.limit, filters.tags, filters.sort_by, context.x_tenant]

    answer = await ask(app, "GET", "/?tags=a&tags=b&sort=price", headers={"x-tenant": "t1"})
    assert answer.json() == [10, ["a", "b"], "price", "t1"]
    assert errors_of(await ask(app, "GET", "/?limit=0")) == [
        ("query", "limit", "greater_than_equal"),
        ("header", "x-tenant", "missing"),
    ]


async def test_mistakes_of_parameters_and_of_the_body_are_told_together() -> None:
    app = NexiosApp(plugins=["validation"])

    @app.post("/")
    async def create(product: Product, dry_run: bool = False) -> None: ...

    answer = await ask(app, "POST", "/?dry_run=maybe", json={"name": "a"})

    assert errors_of(answer) == [("query", "dry_run", "bool_parsing"), ("body", "/price", "missing")]


# -- where it works -----------------------------------------------------------------------------------------------


async def test_dependencies_are_supplied_like_handlers() -> None:
    app = NexiosApp(plugins=["validation"])

    async def get_tenant(x_tenant: Annotated[str, Header()], verbose: bool = False) -> str:
        return f"{x_tenant} {verbose}"

    @app.get("/")
    async def show(name: str, tenant: Annotated[str, Depend(get_tenant)]) -> str:
        return f"{name} {tenant}"

    assert (await ask(app, "GET", "/?name=a&verbose=1", headers={"x-tenant": "t"})).text == "a t True"
    assert errors_of(await ask(app, "GET", "/?name=a")) == [("header", "x-tenant", "missing")]


async def test_a_client_cannot_choose_the_arguments_of_a_class() -> None:
    class Repository:
        def __init__(self, table: str = "users") -> None:
            self.table = table

    app = NexiosApp(plugins=["validation"])

    @app.get("/")
    async def show(repository: Annotated[Repository, Depend()]) -> str:
        return repository.table

    assert (await ask(app, "GET", "/?table=secrets")).text == "users"


async def test_outside_of_requests_defaults_stay() -> None:
    app = NexiosApp(plugins=["validation"])

    def make_name(prefix: str = "a") -> str:
        return prefix

    async def job(name: Any = Depend(make_name)) -> Any:
        return name

    async with app.scope() as scope:
        assert await scope.call(job) == "a"


async def test_the_request_and_its_parameters_stand_side_by_side() -> None:
    app = NexiosApp(plugins=["validation"])

    @app.get("/")
    async def show(request: Request, limit: int = 3) -> str:
        return f"{request.path} {limit}"

    assert (await ask(app, "GET", "/?limit=4")).text == "/ 4"
