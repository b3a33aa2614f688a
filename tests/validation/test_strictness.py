from __future__ import annotations

import contextlib
import time
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, TypeAdapter

from nexios import NexiosApp
from nexios.exceptions import BadRequest
from nexios.http.codecs import dumps
from nexios.testing import TestClient
from nexios.validation.strictness import check_all, check_depth, check_for, check_names, check_names_and_depth

app = NexiosApp(plugins=["validation"])


class Box(BaseModel):
    content: Any = None
    size: float = 0


@app.post("/")
async def create(box: Box) -> str:
    return "taken"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"size":1} x',
        b'{"size":NaN}',
        b'{"content":[Infinity]}',
        b'{"content":-Infinity}',
        b"\xef\xbb\xbf{}",
        '{"size":1}'.encode("utf-16"),
        b'{"content":"\\ud800"}',
        b'{"content":"\xff"}',
        b'{"content":' + b"1" * 100_000 + b"}",
        b'{"content":' + b"[" * 100_000,
        b'{"content":' + b"[" * 64 + b"]" * 64 + b"}",
        b'{"content":' * 65 + b"1" + b"}" * 65,
    ],
    ids=lambda body: repr(body[:24]),
)
async def test_what_is_not_json_is_refused_without_an_echo(body: bytes) -> None:
    async with TestClient(app) as client:
        answer = await client.post("/", content=body)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 300


@pytest.mark.anyio
@pytest.mark.parametrize(
    "body",
    [
        b'{"content":"NaN and Infinity"}',
        b'{"content":' + b"[" * 63 + b"]" * 63 + b"}",
        b'{"content":"' + b"[" * 200 + b'"}',
        b'{"content":"' + b'\\"[' * 200 + b'"}',
        b'{"content":[' + b",".join([b"{}"] * 200) + b"]}",
    ],
    ids=lambda body: repr(body[:24]),
)
async def test_what_is_json_within_the_limits_is_taken(body: bytes) -> None:
    async with TestClient(app) as client:
        assert (await client.post("/", content=body)).text == "taken"


class Line(BaseModel):
    amount: int
    price: float = 0


class Tree(BaseModel):
    children: list[Tree] = []


class Loose(BaseModel):
    model_config = ConfigDict(extra="allow")

    amount: int


@app.post("/lines")
async def create_line(line: Line) -> str:
    return f"{line.amount} {line.price}"


@app.post("/trees")
async def plant(tree: Tree) -> str:
    return "taken"


@app.post("/loose")
async def loosen(loose: Loose) -> str:
    return "taken"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/lines", b'{"amount":1,"price":NaN}', 400),
        ("/lines", b'{"amount":1,"other":Infinity}', 400),
        # What a closed type leaves to its validator: documented.
        ("/lines", b'{"amount":1,"amount":2}', 200),
        ("/lines", b'{"amount":1,"price":1e400}', 200),
        ("/lines", b'{"amount":1,"other":' + b"[" * 100 + b"]" * 100 + b"}", 200),
        ("/lines", b'{"amount":1,"other":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
        ("/trees", b'{"children":[' * 32 + b"]}" * 32, 200),
        ("/trees", b'{"children":[' * 33 + b"]}" * 33, 400),
        # What leaves room for anything is held to the rules of request.json.
        ("/loose", b'{"amount":1,"amount":2}', 400),
        ("/loose", b'{"amount":1,"other":1e400}', 400),
        ("/loose", b'{"amount":1,"other":' + b"[" * 64 + b"]" * 64 + b"}", 400),
        ("/", b'{"content":1,"content":2}', 400),
        ("/", b'{"content":1e400}', 400),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_the_type_decides_how_much_is_looked_at(path: str, body: bytes, status: int) -> None:
    async with TestClient(app) as client:
        assert (await client.post(path, content=body)).status_code == status


@pytest.mark.parametrize(
    ("annotation", "check"),
    [
        (Line, check_names),
        (list[Line] | None, check_names),
        (dict[str, int], check_names),
        (Annotated[str, AfterValidator(str.strip)], check_names),
        (Tree, check_names_and_depth),
        (Any, check_all),
        (dict, check_all),
        (list, check_all),
        (dict[str, Any], check_all),
        (Loose, check_all),
        (Annotated[int, BeforeValidator(int)], check_all),
    ],
)
def test_what_is_checked_is_decided_by_the_schema(annotation: Any, check: Any) -> None:
    assert check_for(TypeAdapter(annotation).core_schema) is check


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max((depth_of(each) for each in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth_of(each) for each in value), default=0)
    return 0


@given(
    st.recursive(
        st.none() | st.text(alphabet='[]{}"\\a'),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('[]{}"\\', max_size=3), inner, max_size=3),
        max_leaves=12,
    ),
    st.integers(1, 6),
)
def test_the_depth_of_json_is_counted_outside_of_its_texts(value: object, limit: int) -> None:
    if depth_of(value) > limit:
        with pytest.raises(BadRequest, match="levels deep"):
            check_depth(dumps(value), limit)
    else:
        check_depth(dumps(value), limit)


@pytest.mark.parametrize("atom", [b"[", b"[]", b'"', b"\\", b'\\"', b"{[", b'["'])
def test_counting_the_depth_takes_linear_time(atom: bytes) -> None:
    body = atom * (1_000_000 // len(atom))
    started = time.process_time()

    with contextlib.suppress(BadRequest):
        check_depth(body, 64)

    assert time.process_time() - started < 2


def test_a_field_may_be_called_type() -> None:
    class Message(BaseModel):
        type: int
        kind: Any = None

    class Closed(BaseModel):
        type: int

    assert check_for(TypeAdapter(Message).core_schema) is check_all
    assert check_for(TypeAdapter(Closed).core_schema) is check_names
