from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter
from pydantic.dataclasses import dataclass
from typing_extensions import TypedDict

from nexios.validation.shapes import fields_of, has_choices, shape_of


class Tree(BaseModel):
    name: str = Field(alias="title")
    children: list[Tree] = []
    tags: set[str] = set()


class Shape(TypedDict):
    width: int


@dataclass
class Point:
    x: int
    ys: list[int]


@pytest.mark.parametrize(
    ("annotation", "shape"),
    [
        (int, "scalar"),
        (Annotated[int, BeforeValidator(int)], "scalar"),
        (Literal["a"] | None, "scalar"),
        (list[int], "list"),
        (list[int] | None, "list"),
        (tuple[int, str], "list"),
        (list[Tree], "object"),
        (Tree | int, "object"),
        (Tree, "object"),
        (Shape, "object"),
        (Point, "object"),
        (dict[str, int], "object"),
        (Any, "object"),
    ],
    ids=str,
)
def test_a_type_has_the_shape_of_what_it_describes(annotation: Any, shape: str) -> None:
    assert shape_of(TypeAdapter(annotation).core_schema) == shape


@pytest.mark.parametrize(
    ("annotation", "fields"),
    [
        (Tree, {"title": "scalar", "children": "object", "tags": "list"}),
        (Shape, {"width": "scalar"}),
        (Point, {"x": "scalar", "ys": "list"}),
        (Point | None, {"x": "scalar", "ys": "list"}),
        (int, None),
        (dict[str, int], None),
    ],
    ids=str,
)
def test_the_fields_of_an_object_are_named_as_input_names_them(annotation: Any, fields: object) -> None:
    assert fields_of(TypeAdapter(annotation).core_schema) == fields


@pytest.mark.parametrize(("annotation", "expected"), [(int, False), (Point, False), (int | str, True), (Tree, False)])
def test_unions_have_choices(annotation: Any, expected: bool) -> None:
    assert has_choices(TypeAdapter(annotation).core_schema) is expected
