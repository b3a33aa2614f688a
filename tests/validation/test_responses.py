from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel, Field

from nexios import MakeConfig, NexiosApp, Response
from nexios.exceptions import BindingError
from nexios.testing import TestClient
from nexios.validation import Problem, ResponseMismatch

pytestmark = pytest.mark.anyio


class User(BaseModel):
    name: str
    age: int = 0


class Account(User):
    password: str = "hunter2"


class Team(BaseModel):
    owner: User
    members: list[User] = []


@dataclass
class Row:
    name: str
    age: int
    password: str


def new_app(**config: Any) -> NexiosApp:
    return NexiosApp(MakeConfig(config), plugins=["validation"])


async def get(app: NexiosApp, **options: Any) -> Any:
    async with TestClient(app, **options) as client:
        return await client.get("/")


@pytest.mark.parametrize(
    "value",
    [
        User(name="Ann", age=3),
        Account(name="Ann", age=3),
        {"name": "Ann", "age": 3, "password": "hunter2"},
        Row("Ann", 3, "hunter2"),
    ],
    ids=["instance", "subclass", "dict", "object"],
)
@pytest.mark.parametrize("debug", [False, True])
async def test_fields_that_are_not_declared_never_leave(value: object, debug: bool) -> None:
    app = new_app(debug=debug)

    @app.get("/")
    async def show() -> User:
        return value  # type: ignore[return-value]

    answer = await get(app)

    assert (answer.headers["content-type"], answer.json()) == ("application/json", {"name": "Ann", "age": 3})


class Stranger(BaseModel):
    """A model of its own, with the same fields and one more."""

    name: str
    age: int
    password: str = "hunter2"


@pytest.mark.parametrize(
    "value",
    [
        [User(name="Ann", age=3), Account(name="Ann", age=3)],
        [User(name="Ann", age=3), {"name": "Ann", "age": 3, "password": "hunter2"}],
        [Stranger(name="Ann", age=3), Row("Ann", 3, "hunter2")],
    ],
    ids=["instances", "dict", "objects"],
)
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # as an application may
async def test_nor_do_those_of_the_items_of_a_list(value: list[object], debug: bool) -> None:
    app = new_app(debug=debug)

    @app.get("/", response_model=list[User])
    async def show() -> object:
        return value

    assert (await get(app)).json() == [{"name": "Ann", "age": 3}] * 2


@pytest.mark.parametrize("debug", [False, True])
async def test_nor_do_those_of_what_is_inside(debug: bool) -> None:
    app = new_app(debug=debug)

    @app.get("/")
    async def show() -> list[Team]:
        return [Team(owner=Account(name="Ann"), members=[Account(name="Bob")])]

    assert (await get(app)).json() == [{"owner": {"name": "Ann", "age": 0}, "members": [{"name": "Bob", "age": 0}]}]


@pytest.mark.parametrize(
    "value",
    [
        Team.model_construct(owner={"name": "Ann", "password": "hunter2"}),
        Team.model_construct(owner=User(name="Ann"), members=[{"password": "hunter2"}]),
        {"owner": {"password": "hunter2"}},
        "hunter2",
        None,
    ],
    ids=["instance", "deep", "dict", "text", "nothing"],
)
@pytest.mark.parametrize("debug", [False, True])
async def test_an_answer_that_breaks_its_type_is_an_error_and_sends_nothing(
    value: object, debug: bool, caplog: pytest.LogCaptureFixture
) -> None:
    app = new_app(debug=debug)

    @app.get("/")
    async def show() -> Team:
        return value  # type: ignore[return-value]

    with caplog.at_level(logging.ERROR, "nexios"):
        answer = await get(app, raise_server_exceptions=False)

    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert "hunter2" not in caplog.text
    assert "does not fit the type it declares, Team" in caplog.text


async def test_in_tests_it_is_raised() -> None:
    app = new_app()

    @app.get("/")
    async def show() -> User:
        return {"age": "x"}  # type: ignore[return-value]

    with pytest.raises(ResponseMismatch, match=r"show returned dict, .* User: name: Field required; age: Input should"):
        await get(app)


async def test_debug_looks_at_instances_again() -> None:
    class Priced(BaseModel):
        price: float = Field(gt=0)

    async def show() -> Priced:
        return Priced.model_construct(price=-1)

    show.__annotations__["return"] = Priced
    quiet, strict = new_app(), new_app(debug=True)
    quiet.get("/")(show)
    strict.get("/")(show)

    assert (await get(quiet)).json() == {"price": -1}
    with pytest.raises(ResponseMismatch, match="greater than 0"):
        await get(strict)


async def test_response_model_wins_over_the_annotation() -> None:
    app = new_app()

    @app.get("/", response_model=list[User])
    async def show() -> Any:
        return [{"name": "Ann", "password": "hunter2"}]

    assert (await get(app)).json() == [{"name": "Ann", "age": 0}]


async def test_response_model_none_leaves_the_answer_alone() -> None:
    app = new_app()

    @app.get("/", response_model=None)
    async def show() -> User:
        return {"anything": 1}  # type: ignore[return-value]

    assert (await get(app)).json() == {"anything": 1}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"fullName": "Ann", "age": 0, "note": None}),
        ({"response_by_alias": False}, {"name": "Ann", "age": 0, "note": None}),
        ({"response_exclude_unset": True}, {"fullName": "Ann"}),
        ({"response_exclude_none": True}, {"fullName": "Ann", "age": 0}),
        ({"response_exclude_defaults": True}, {"fullName": "Ann"}),
    ],
    ids=["none", "by_alias", "exclude_unset", "exclude_none", "exclude_defaults"],
)
async def test_options_of_the_route_say_how_models_are_written(options: dict[str, Any], expected: object) -> None:
    class Person(BaseModel):
        name: str = Field(serialization_alias="fullName")
        age: int = 0
        note: str | None = None

    app = new_app()

    async def show() -> Any:
        return Person(name="Ann")

    app.get("/", response_model=Person, **options)(show)

    assert (await get(app)).json() == expected


async def test_status_and_headers_may_stand_beside_the_body() -> None:
    app = new_app()

    @app.get("/")
    async def show() -> tuple[User, int, dict[str, str]]:
        return Account(name="Ann"), 202, {"x-kind": "user"}

    answer = await get(app)

    assert (answer.status_code, answer.headers["x-kind"], answer.json()) == (202, "user", {"name": "Ann", "age": 0})


async def test_an_answer_with_another_declared_status_has_that_ones_type() -> None:
    app = new_app()

    @app.get("/", responses={404: Problem})
    async def show() -> User:
        return Problem(title="Not Found", status=404), 404  # type: ignore[return-value]

    answer = await get(app)

    assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")


async def test_a_response_is_sent_as_it_is() -> None:
    app = new_app()

    @app.get("/")
    async def show(response: Response) -> User | Response:
        return response.text("plain")

    assert (await get(app)).text == "plain"


@pytest.mark.parametrize(("annotation", "value"), [(str, "text"), (bytes, b"text"), (str | None, "text")])
async def test_text_stays_text(annotation: Any, value: object) -> None:
    app = new_app()

    async def show() -> Any:
        return value

    show.__annotations__["return"] = annotation
    app.get("/")(show)

    answer = await get(app)

    assert (answer.text, answer.headers["content-type"].partition("/")[2][:4] in ("plai", "octe")) == ("text", True)


async def test_none_is_an_answer_without_content() -> None:
    app = new_app()

    @app.get("/")
    async def show() -> None: ...

    assert (await get(app)).status_code == 204


async def test_a_stream_of_models_is_sent_as_json_lines() -> None:
    app = new_app()
    closed = []

    @app.get("/")
    async def stream() -> AsyncIterator[User]:
        try:
            yield Account(name="Ann")
            yield {"name": "Bob", "password": "hunter2"}  # type: ignore[misc]
        finally:
            closed.append(True)

    answer = await get(app)

    assert answer.headers["content-type"] == "application/jsonl"
    assert [json.loads(line) for line in answer.text.splitlines()] == [
        {"name": "Ann", "age": 0},
        {"name": "Bob", "age": 0},
    ]
    assert closed == [True]


async def test_so_is_one_that_is_not_async() -> None:
    app = new_app()

    @app.get("/")
    async def stream() -> Iterator[User]:
        return (User(name=name) for name in ("Ann", "Bob"))

    assert (await get(app)).text.count("\n") == 2


async def test_a_model_that_no_route_declares_is_sent_whole() -> None:
    app = new_app()

    @app.get("/")
    async def show():  # type: ignore[no-untyped-def]
        return User(name="Ann")

    assert (await get(app)).json() == {"name": "Ann", "age": 0}


async def test_head_and_the_status_of_the_route_work_as_ever() -> None:
    app = new_app()

    @app.get("/", status_code=203)
    async def show() -> User:
        return User(name="Ann")

    async with TestClient(app) as client:
        answer = await client.head("/")

    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (203, b"", "22")


def test_a_response_model_that_cannot_be_written_is_an_error_that_names_the_handler() -> None:
    app = new_app()

    class Connection:
        pass

    @app.get("/", response_model=Connection)
    async def show() -> Any: ...

    with pytest.raises(BindingError, match=r"show declares to answer with .*Connection, which cannot be written"):
        app.assembly.compile_all()
