from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from enum import Enum
from typing import Annotated, Any, Generic, Literal, TypeVar

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from pydantic import BaseModel, Field, computed_field

from nexios import Depend, MakeConfig, NexiosApp, Plugin, Registry, Router
from nexios.openapi import OpenAPIError, openapi, webhooks
from nexios.validation import Body, Cookie, Header, LimitOffset, Page, Path, Problem, Query

T = TypeVar("T")


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Product(BaseModel):
    """Something to sell."""

    name: Annotated[str, Field(min_length=1, examples=["Widget"])]
    color: Color = Color.RED


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


class Box(BaseModel, Generic[T]):
    content: T


def new_app(**settings: Any) -> NexiosApp:
    return NexiosApp(MakeConfig(openapi=settings), plugins=["validation", "openapi"])


def operation_of(app: NexiosApp, path: str, method: str = "get") -> Any:
    document = openapi(app)
    validate(document, cls=OpenAPIV31SpecValidator)
    return document["paths"][path][method]


def test_what_the_config_says_is_what_the_document_says() -> None:
    app = new_app(
        title="Shop",
        version="2.1.0",
        description="Sells *things*",
        contact={"email": "a@example.com"},
        license={"name": "MIT"},
        servers=[{"url": "https://api.example.com"}],
        tags=[{"name": "admin", "description": "For us"}],
    )

    @app.get("/", tags=["public"])
    async def show() -> None: ...

    document = openapi(app)

    assert document["openapi"] == "3.1.1"
    assert document["info"] == {
        "title": "Shop",
        "version": "2.1.0",
        "description": "Sells *things*",
        "contact": {"email": "a@example.com"},
        "license": {"name": "MIT"},
    }
    assert document["servers"] == [{"url": "https://api.example.com"}]
    assert document["tags"] == [{"name": "admin", "description": "For us"}, {"name": "public"}]


def test_parameters_are_those_that_the_handler_reads() -> None:
    app = new_app()

    def get_tenant(x_tenant: Annotated[str, Header(description="Whose", examples=["acme"])]) -> str:
        return x_tenant

    @app.get("/items/{id}/{kind}")
    async def show(
        id: Annotated[int, Path(ge=1)],
        kind: Literal["a", "b"],
        color: Color,
        window: Annotated[LimitOffset, Query()],
        tags: list[str] | None = None,
        theme: str | None = Cookie(None, deprecated=True),
        secret: str | None = Query(None, include_in_schema=False),
        tenant: Any = Depend(get_tenant),
    ) -> None: ...

    parameters = {(each["in"], each["name"]): each for each in operation_of(app, "/items/{id}/{kind}")["parameters"]}

    assert list(parameters) == [
        ("path", "id"),
        ("path", "kind"),
        ("query", "limit"),
        ("query", "offset"),
        ("query", "color"),
        ("query", "tags"),
        ("cookie", "theme"),
        ("header", "x-tenant"),
    ]
    assert parameters["path", "id"]["schema"] == {"type": "integer", "minimum": 1}
    assert parameters["path", "kind"]["schema"] == {"type": "string", "enum": ["a", "b"]}
    assert parameters["query", "color"] == {
        "name": "color",
        "in": "query",
        "required": True,
        "schema": {"$ref": "#/components/schemas/Color"},
    }
    assert parameters["query", "tags"]["schema"] == {"type": "array", "items": {"type": "string"}}
    assert parameters["cookie", "theme"]["deprecated"] is True
    assert parameters["header", "x-tenant"]["description"] == "Whose"
    assert parameters["header", "x-tenant"]["examples"] == {"example 1": {"value": "acme"}}


def test_bodies_and_answers_name_their_types() -> None:
    app = new_app()

    @app.post("/", status_code=201, responses={404: Problem, 409: {"description": "It is there already"}})
    async def create(
        product: Annotated[Product, Body(description="What to sell", examples=[{"name": "x"}])],
    ) -> Product:
        return product

    operation = operation_of(app, "/", "post")

    assert operation["requestBody"] == {
        "required": True,
        "description": "What to sell",
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Product"},
                "examples": {"example 1": {"value": {"name": "x"}}},
            }
        },
    }
    assert operation["responses"]["201"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Product"
    }
    assert list(operation["responses"]) == ["201", "400", "404", "408", "409", "413", "415", "422"]
    assert operation["responses"]["409"] == {"description": "It is there already"}
    validation_problem = operation["responses"]["422"]["content"]["application/problem+json"]["schema"]
    assert validation_problem == {"$ref": "#/components/schemas/ValidationProblem"}
    assert openapi(app)["components"]["schemas"]["Product"]["description"] == "Something to sell."


def test_a_type_that_is_read_and_written_in_two_ways_has_two_schemas() -> None:
    class Account(BaseModel):
        name: str

        @computed_field
        def initial(self) -> str:
            return self.name[0]

    app = new_app()

    @app.post("/")
    async def create(account: Account) -> Account:
        raise NotImplementedError

    schemas = openapi(app)["components"]["schemas"]

    assert schemas["Account-Input"]["required"] == ["name"]
    assert schemas["Account-Output"]["required"] == ["name", "initial"]


def test_types_of_one_name_do_not_collide() -> None:
    def declare(prefix: str) -> Router:
        router = Router(prefix)

        class Item(BaseModel):
            if prefix == "/a":
                a: int
            else:
                b: int

        @router.get("/")
        async def show() -> Item:
            raise NotImplementedError

        show.__annotations__["return"] = Item
        return router

    app = new_app()
    for prefix in ("/a", "/b"):
        app.mount_router(declare(prefix))

    document = openapi(app)

    names = {
        document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        for path in ("/a/", "/b/")
    }
    assert len(names) == 2
    assert len([name for name in document["components"]["schemas"] if "Item" in name]) == 2


def test_recursive_and_generic_types_are_described() -> None:
    app = new_app()

    @app.post("/")
    async def create(tree: Tree) -> Box[list[Tree]]:
        raise NotImplementedError

    validate(openapi(app), cls=OpenAPIV31SpecValidator)
    assert any("Tree" in name and "Box" in name for name in openapi(app)["components"]["schemas"])


def test_a_page_says_that_it_has_links() -> None:
    app = new_app()

    @app.get("/")
    async def show() -> Page[Product]:
        raise NotImplementedError

    assert "Link" in operation_of(app, "/")["responses"]["200"]["headers"]


def test_names_and_words_come_from_the_handler_unless_the_route_says_otherwise() -> None:
    app = new_app()

    @app.get("/a", tags=["items"])
    async def show_item() -> None:
        """Show it.

        With *care*.
        """

    @app.get("/b", summary="Other", description="Words", operation_id="other", deprecated=True)
    async def another() -> None: ...

    first, second = operation_of(app, "/a"), operation_of(app, "/b")
    assert (first["operationId"], first["summary"], first["tags"]) == ("show_item", "Show item", ["items"])
    assert first["description"] == "Show it.\n\nWith *care*."
    assert second["operationId"] == "other"
    assert (second["summary"], second["description"], second["deprecated"]) == ("Other", "Words", True)


def test_operation_ids_are_unique_and_earlier_ones_stay() -> None:
    app = new_app()
    routers = [Router("/a"), Router("/b")]
    for router in routers:

        @router.route("/x/{id}", methods=["GET", "PUT"])
        async def show(id: int) -> None: ...

        @router.get("/y")
        async def find() -> None: ...

        app.mount_router(router)

    ids = [operation["operationId"] for item in openapi(app)["paths"].values() for operation in item.values()]

    assert ids == ["show_get_a_x_id", "show_put_a_x_id", "find", "show_get_b_x_id", "show_put_b_x_id", "find_get_b_y"]


def test_an_operation_id_that_is_declared_twice_is_an_error_naming_both_places() -> None:
    app = new_app()

    @app.get("/a", operation_id="same")
    async def first() -> None: ...

    @app.get("/b", operation_id="same")
    async def second() -> None: ...

    with pytest.raises(OpenAPIError, match=r"operation_id='same' stands for two operations: /a \(.*\) and /b \("):
        openapi(app)


def test_routes_below_routers_have_their_prefixes_and_tags() -> None:
    app = new_app()
    outer, inner = Router("/api", tags=["api"]), Router("/v1", tags=["v1"])
    inner.get("/items/{rest:path}")(_show_rest)
    outer.mount_router(inner)
    app.mount_router(outer)

    operation = operation_of(app, "/api/v1/items/{rest}")

    assert operation["tags"] == ["api", "v1"]
    assert operation["parameters"][0]["name"] == "rest"


async def _show_rest(rest: str) -> str:
    return rest


def test_what_is_left_out_is_left_out_with_its_types() -> None:
    app = new_app()

    @app.get("/hidden", include_in_schema=False)
    async def hidden() -> Product:
        raise NotImplementedError

    document = openapi(app)

    assert document["paths"] == {}
    assert "components" not in document


def test_query_operations_and_streams_need_openapi_3_2() -> None:
    def declare(app: NexiosApp) -> Any:
        @app.query("/search")
        async def search(product: Product) -> list[Product]:
            raise NotImplementedError

        @app.get("/stream")
        async def stream() -> AsyncIterator[Product]:
            raise NotImplementedError

        return openapi(app)

    old, new = declare(new_app()), declare(new_app(openapi="3.2"))

    assert "/search" not in old["paths"]
    assert old["paths"]["/stream"]["get"]["responses"]["200"]["content"]["application/jsonl"] == {
        "schema": {"type": "string"}
    }
    assert new["openapi"] == "3.2.0"
    assert new["paths"]["/search"]["query"]["requestBody"]["required"] is True
    assert new["paths"]["/stream"]["get"]["responses"]["200"]["content"]["application/jsonl"] == {
        "itemSchema": {"$ref": "#/components/schemas/Product"}
    }


def test_webhooks_are_documented_and_not_served() -> None:
    app = new_app()

    @webhooks(app).post("/product-added", responses={200: "Taken"})
    async def product_added(product: Product) -> None:
        """A product was added."""

    document = openapi(app)
    validate(document, cls=OpenAPIV31SpecValidator)

    hook = document["webhooks"]["product-added"]["post"]
    assert hook["description"] == "A product was added."
    assert hook["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Product"}
    assert document["paths"] == {}


def test_packages_say_what_they_know_of_operations() -> None:
    class Auth(Plugin):
        name = "auth"

        def register(self, registry: Registry) -> None:
            registry.contribute("openapi", {"security_schemes": {"token": {"type": "http", "scheme": "bearer"}}})
            registry.contribute("openapi", {"operation": self.protect, "tags": [{"name": "auth"}]})

        def protect(self, served: Any, plan: Any, operation: dict[str, Any]) -> None:
            if any(node.signature.call is get_user for node in plan.nodes()):
                operation["security"] = [{"token": []}]
                operation["responses"]["401"] = {"description": "Unauthorized"}

    def get_user() -> str:
        return "ann"

    app = NexiosApp(plugins=["validation", "openapi", Auth()])

    @app.get("/mine")
    async def mine(user: Any = Depend(get_user)) -> None: ...

    @app.get("/public")
    async def public() -> None: ...

    document = openapi(app)
    validate(document, cls=OpenAPIV31SpecValidator)
    assert document["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    assert document["paths"]["/mine"]["get"]["security"] == [{"token": []}]
    assert "security" not in document["paths"]["/public"]["get"]
    assert document["tags"] == [{"name": "auth"}]


def test_a_type_that_cannot_be_documented_is_an_error_that_names_the_handler() -> None:
    class Job(BaseModel):
        run: Callable[[], None]

    app = new_app()

    async def create(job: Any) -> None: ...

    create.__annotations__["job"] = Job
    app.post("/jobs")(create)

    with pytest.raises(
        OpenAPIError, match=r"POST /jobs, .*create \(.*test_document.py:\d+\), cannot be documented: .*"
    ):
        openapi(app)


@pytest.mark.parametrize("responses", [{"abc": Problem}, [404], {99: Problem}])
def test_responses_that_make_no_sense_are_an_error_that_names_the_handler(responses: Any) -> None:
    app = new_app()

    @app.get("/", responses=responses)
    async def show() -> None: ...

    with pytest.raises((OpenAPIError, ValueError), match="show"):
        openapi(app)


def test_structs_are_described_beside_models() -> None:
    msgspec = pytest.importorskip("msgspec")
    struct = msgspec.defstruct("Product", [("weight", int)])
    app = new_app()

    async def create(product: Product) -> Any: ...

    create.__annotations__["return"] = struct
    app.post("/")(create)

    document = openapi(app)
    validate(document, cls=OpenAPIV31SpecValidator)
    assert set(document["components"]["schemas"]) >= {"Product", "Product_struct"}


class Stock(BaseModel):
    in_store: Annotated[int, Field(alias="inStore")]
    remark: str | None


class Shop(BaseModel):
    shop_name: Annotated[str, Field(alias="shopName")]
    stock: Stock


def test_an_answer_is_described_by_the_names_that_it_is_written_with() -> None:
    app = new_app()

    @app.get("/usual")
    async def usual() -> Shop: ...

    @app.get("/named", response_by_alias=False)
    async def named() -> list[Shop]: ...

    @app.get("/filled", response_exclude_none=True)
    async def filled() -> Stock: ...

    document = openapi(app)
    validate(document, cls=OpenAPIV31SpecValidator)
    schemas = document["components"]["schemas"]

    def answer(path: str) -> Any:
        return document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert answer("/usual") == {"$ref": "#/components/schemas/Shop"}
    assert schemas["Shop"]["properties"]["stock"] == {"$ref": "#/components/schemas/Stock"}
    assert schemas["Stock"]["required"] == ["inStore", "remark"]
    assert answer("/named")["items"] == {"$ref": "#/components/schemas/Shop_by_name"}
    assert list(schemas["Shop_by_name"]["properties"]) == ["shop_name", "stock"]
    assert schemas["Shop_by_name"]["properties"]["stock"] == {"$ref": "#/components/schemas/Stock_by_name"}
    assert schemas["Stock_by_name"]["required"] == ["in_store", "remark"]
    assert answer("/filled") == {"$ref": "#/components/schemas/Stock_filled"}
    assert schemas["Stock_filled"]["required"] == ["inStore"]


def test_a_thousand_routes_are_described_quickly() -> None:
    app = new_app()
    models = []
    for number in range(50):
        model: Any = type(f"Model{number}", (BaseModel,), {"__annotations__": {"name": str, "size": int}})
        models.append(model)
    for number in range(1_000):

        async def show(id: int, limit: int = 10) -> Any: ...

        show.__annotations__["return"] = models[number % 50]
        app.get(f"/things{number}/{{id}}")(show)

    started = time.process_time()
    document = openapi(app)
    taken = time.process_time() - started

    assert len(document["paths"]) == 1_000
    # 300 ms on an idle machine; what is guarded here is the order of magnitude.
    assert taken < 1.0
    assert openapi(app) is document
