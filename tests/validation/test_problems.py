from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from nexios import NexiosApp, Request, Response
from nexios.testing import TestClient
from nexios.validation import Body, ValidationFailed

pytestmark = pytest.mark.anyio

app = NexiosApp(plugins=["validation"])


class Login(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    password: Annotated[str, Field(min_length=12)] = ""
    pin: int = 0

    @field_validator("name")
    @classmethod
    def check_name(cls, name: str) -> str:
        if not name.islower():
            raise ValueError("Names are written small")
        return name


@app.post("/login")
async def login(login: Login) -> None: ...


@app.post("/numbers")
async def add(numbers: Annotated[list[int], Body()]) -> None: ...


async def post(path: str, content: Any) -> Any:
    async with TestClient(app) as client:
        return await client.post(path, json=content)


async def test_the_answer_is_a_problem_document_of_rfc_9457() -> None:
    answer = await post("/login", {"name": "Ann"})

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json() == {
        "type": "about:blank",
        "title": "Unprocessable Content",
        "status": 422,
        "detail": "the request has 1 mistake",
        "errors": [
            {
                "in": "body",
                "pointer": "/name",
                "detail": "Value error, Names are written small",
                "type": "value_error",
            }
        ],
    }


async def test_what_the_client_sent_is_not_sent_back() -> None:
    answer = await post("/login", {"name": "ann", "password": ["hunter2-hunter2"], "pin": "hunter3"})

    assert answer.status_code == 422
    assert "hunter" not in answer.text


async def test_pointers_are_escaped_and_cut() -> None:
    answer = await post("/login", {"name": "ann", "a/b~c": 1, "x" * 100_000: 2})

    assert [each["pointer"] for each in answer.json()["errors"]] == ["/a~1b~0c", "/" + "x" * 255 + "…"]


async def test_a_flood_of_mistakes_is_answered_with_the_first_hundred() -> None:
    answer = await post("/numbers", ["x"] * 5_000)

    assert len(answer.json()["errors"]) == 100
    assert answer.json()["detail"] == "the request has 100 mistakes or more"
    assert len(answer.content) < 30_000


async def test_an_application_may_answer_in_its_own_way() -> None:
    own = NexiosApp(plugins=["validation"])

    @own.get("/")
    async def show(limit: int) -> None: ...

    @own.add_exception_handler(ValidationFailed)
    async def explain(request: Request, response: Response, error: ValidationFailed) -> Response:
        return response.json([each["name"] for each in error.errors], status_code=400)

    async with TestClient(own) as client:
        answer = await client.get("/")

    assert (answer.status_code, answer.json()) == (400, ["limit"])


def test_the_exception_says_what_is_wrong() -> None:
    failed = ValidationFailed([{"in": "query", "name": "limit", "detail": "Field required", "type": "missing"}])

    assert "limit" in str(failed)
    assert failed.status_code == 422
