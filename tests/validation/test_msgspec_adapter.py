from __future__ import annotations

from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp
from nexios.exceptions import BindingError
from nexios.testing import TestClient
from nexios.validation import ResponseMismatch

msgspec = pytest.importorskip("msgspec")
pytestmark = pytest.mark.anyio


class Product(msgspec.Struct):  # type: ignore[name-defined,misc]
    name: str
    price: float


class Priced(Product):
    cost: float = 0


def new_app(**config: Any) -> NexiosApp:
    return NexiosApp(MakeConfig(config), plugins=["validation"])


async def post(app: NexiosApp, **options: Any) -> Any:
    async with TestClient(app) as client:
        return await client.post("/", **options)


async def test_a_struct_is_a_body_and_an_answer() -> None:
    app = new_app()

    @app.post("/", status_code=201)
    async def create(product: Product) -> Product:
        return product

    answer = await post(app, json={"name": "a", "price": 1.5})

    assert (answer.status_code, answer.json()) == (201, {"name": "a", "price": 1.5})


@pytest.mark.parametrize(
    ("content", "pointer", "kind"),
    [
        (b'[{"name":"a","price":"x"}]', "/0/price", "invalid"),
        (b'[{"name":"a"}]', "/0/price", "missing"),
        (b"{}", "", "invalid"),
    ],
)
async def test_a_mistake_is_told_with_its_place(content: bytes, pointer: str, kind: str) -> None:
    app = new_app()

    @app.post("/")
    async def create(products: list[Product]) -> None: ...

    answer = await post(app, content=content)

    assert answer.status_code == 422
    assert [(each["pointer"], each["type"]) for each in answer.json()["errors"]] == [(pointer, kind)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"name":"\xff","price":1}',
        b'{"name":"a","price":NaN}',
        b'{"name":"a","price":1,"more":' + b"[" * 64 + b"]" * 64 + b"}",
    ],
)
async def test_what_is_not_json_is_refused(content: bytes) -> None:
    app = new_app()

    @app.post("/")
    async def create(product: Product) -> None: ...

    assert (await post(app, content=content)).status_code == 400


@pytest.mark.parametrize("value", [Priced("a", 1, 2), {"name": "a", "price": 1, "cost": 2}], ids=["subclass", "dict"])
async def test_fields_that_are_not_declared_never_leave(value: object) -> None:
    app = new_app()

    @app.post("/")
    async def create() -> Product:
        return value  # type: ignore[return-value]

    assert (await post(app)).json() == {"name": "a", "price": 1}


@pytest.mark.parametrize("debug", [False, True])
async def test_an_answer_that_breaks_its_type_is_an_error(debug: bool) -> None:
    app = new_app(debug=debug)

    @app.post("/")
    async def create() -> list[Product]:
        return [Product(name=1, price="x")]

    with pytest.raises(ResponseMismatch, match=r"create returned list, which does not fit .*Product"):
        await post(app)


def test_options_of_pydantic_are_refused_where_they_mean_nothing() -> None:
    app = new_app()

    @app.post("/", response_exclude_none=True)
    async def create() -> Product:
        raise NotImplementedError

    with pytest.raises(BindingError, match="create: exclude_none: msgspec structs say themselves"):
        app.assembly.compile_all()
