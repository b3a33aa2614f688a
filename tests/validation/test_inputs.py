from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel

from nexios import NexiosApp
from nexios.exceptions import BindingError
from nexios.routing.route import ServedRoute
from nexios.validation import Body, Path, Query
from nexios.validation.inputs import Inputs


class Product(BaseModel):
    name: str


class Color(Enum):
    RED = "red"


class Database:
    pass


def inputs_of(app: NexiosApp) -> Inputs:
    (served,) = (each for each in app.routes if isinstance(each, ServedRoute))
    (supply,) = app.assembly.plan(served).supplies()
    assert isinstance(supply.about, Inputs)
    return supply.about


def new_app() -> NexiosApp:
    return NexiosApp(plugins=["validation"])


@pytest.mark.parametrize(
    "annotation",
    [int, str | None, UUID, Decimal, Color, Literal["a", 1], int | str, bytes, Annotated[int, Path]],
    ids=["int", "optional", "uuid", "decimal", "enum", "literal", "union", "bytes", "bare marker"],
)
def test_what_fits_into_one_field_is_a_query_parameter(annotation: Any) -> None:
    app = new_app()

    async def show(value: Any) -> None: ...

    show.__annotations__["value"] = annotation
    app.get("/")(show)

    (group,) = inputs_of(app).groups
    assert (group.location.name, group.names, group.lists) == ("query", ("value",), frozenset())


@pytest.mark.parametrize(
    "annotation", [list[int], set[str], tuple[int, ...], list[Color] | None, frozenset[int | str]], ids=str
)
def test_what_is_made_of_such_values_takes_all_of_a_name(annotation: Any) -> None:
    app = new_app()

    async def show(value: Any) -> None: ...

    show.__annotations__["value"] = annotation
    app.get("/")(show)

    assert inputs_of(app).groups[0].lists == {"value"}


@pytest.mark.parametrize("annotation", [Product, dict, list[Product], Product | None, list[list[int]], Any], ids=str)
def test_what_is_more_is_the_body(annotation: Any) -> None:
    app = new_app()

    async def create(value: Any) -> None: ...

    create.__annotations__["value"] = annotation
    app.post("/")(create)

    body = inputs_of(app).body
    assert body is not None
    assert (body.names, body.embedded) == (("value",), False)


def test_a_get_has_no_body() -> None:
    app = new_app()

    with pytest.raises(BindingError, match=r"GET /: .*show asks for product: Product, .* mark it with Query\(\)"):

        @app.get("/")
        async def show(product: Product) -> None: ...


def test_unless_it_is_asked_for_in_so_many_words() -> None:
    app = new_app()

    @app.get("/")
    async def show(product: Annotated[Product, Body()]) -> None: ...

    assert inputs_of(app).body is not None


def test_a_type_that_nothing_is_known_of_is_left_to_others() -> None:
    app = new_app()

    with pytest.raises(BindingError, match="asks for database: Database, which nobody supplies"):

        @app.get("/")
        async def show(database: Database) -> None: ...


def test_a_marker_on_such_a_type_is_an_error_that_says_why() -> None:
    app = new_app()

    with pytest.raises(BindingError, match="asks for database: Database, whose type cannot be read"):

        @app.get("/")
        async def show(database: Annotated[Database, Query()]) -> None: ...


def test_a_path_marker_must_name_a_parameter_of_the_path() -> None:
    app = new_app()

    with pytest.raises(BindingError, match=r"id: int is marked Path\(\), and the path has: \{number\}"):

        @app.get("/{number}")
        async def show(id: Annotated[int, Path()]) -> None: ...


def test_a_model_of_models_does_not_fit_into_a_query() -> None:
    class Filters(BaseModel):
        product: Product

    app = new_app()

    with pytest.raises(BindingError, match="its field 'product' is more than that"):

        @app.get("/")
        async def show(filters: Annotated[Filters, Query()]) -> None: ...


def test_two_defaults_are_one_too_many() -> None:
    with pytest.raises(ValueError, match=r"Query\(1, default_factory=...\) has two defaults"):
        Query(1, default_factory=list)


def test_an_argument_that_no_marker_takes_is_named() -> None:
    with pytest.raises(TypeError, match=r"Query\(\) takes no argument minimum"):
        Query(minimum=1)  # type: ignore[call-arg]


def test_two_routes_that_name_a_type_share_its_adapter() -> None:
    app = new_app()

    @app.post("/a")
    async def first(product: Product) -> None: ...

    @app.post("/b")
    async def second(product: Product) -> None: ...

    plans = [app.assembly.plan(served) for served in app.routes if isinstance(served, ServedRoute)]
    first_body, second_body = (supply.about.body for plan in plans for supply in plan.supplies())
    assert first_body.adapter is second_body.adapter
