from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from nexios.openapi import compare

BASE: dict[str, Any] = {
    "openapi": "3.1.1",
    "info": {"title": "Shop", "version": "1"},
    "paths": {
        "/products/{id}": {
            "get": {
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                    {"name": "sort", "in": "query", "schema": {"enum": ["name", "price"]}},
                ],
                "responses": {
                    "200": {
                        "description": "OK",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Product"}}},
                    },
                    "404": {"description": "Not Found"},
                },
            },
            "put": {
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewProduct"}}}
                },
                "responses": {"204": {"description": "No Content"}},
            },
        }
    },
    "components": {
        "schemas": {
            "Product": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "price": {"type": "number"},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Product"}},
                },
                "required": ["name", "price"],
            },
            "NewProduct": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "maxLength": 80},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                },
                "required": ["name"],
            },
        }
    },
}

Edit = Callable[[Any], Any]


def get(document: Any) -> Any:
    return document["paths"]["/products/{id}"]["get"]


def put(document: Any) -> Any:
    return document["paths"]["/products/{id}"]["put"]


def product(document: Any) -> Any:
    return document["components"]["schemas"]["Product"]


def new_product(document: Any) -> Any:
    return document["components"]["schemas"]["NewProduct"]


def changes_of(edit: Edit) -> list[tuple[bool, str]]:
    changed = copy.deepcopy(BASE)
    edit(changed)
    return [(change.breaking, f"{change.where.split()[0]} {change.what}") for change in compare(BASE, changed)]


BREAKING: list[tuple[str, Edit, str]] = [
    ("removed path", lambda d: d["paths"].clear(), "GET is no longer served"),
    ("removed method", lambda d: d["paths"]["/products/{id}"].pop("put"), "PUT is no longer served"),
    ("removed parameter", lambda d: get(d)["parameters"].pop(), "GET the query parameter 'sort' is no longer read"),
    (
        "new required parameter",
        lambda d: get(d)["parameters"].append({"name": "x", "in": "header", "required": True}),
        "GET the header parameter 'x' is new and required",
    ),
    (
        "parameter becomes required",
        lambda d: get(d)["parameters"][1].update(required=True),
        "GET the query parameter 'limit' is now required",
    ),
    (
        "tighter bound",
        lambda d: get(d)["parameters"][1]["schema"].update(maximum=50),
        "GET the query parameter 'limit' no longer takes the value beyond maximum 50, it was 100",
    ),
    (
        "fewer choices",
        lambda d: get(d)["parameters"][2]["schema"].update(enum=["name"]),
        "GET the query parameter 'sort' no longer takes the value \"price\"",
    ),
    (
        "another type",
        lambda d: get(d)["parameters"][0].update(schema={"type": "boolean"}),
        "GET the path parameter 'id' no longer takes the value as integer",
    ),
    (
        "body becomes required",
        lambda d: put(d)["requestBody"].update(required=True),
        "PUT a body is now required",
    ),
    (
        "required property of the body",
        lambda d: new_product(d)["required"].append("note"),
        "PUT the body no longer takes the value without 'note'",
    ),
    (
        "body no longer nullable",
        lambda d: new_product(d)["properties"].update(note={"type": "string"}),
        "PUT the body no longer takes note as null",
    ),
    (
        "property of the body removed",
        lambda d: new_product(d)["properties"].pop("note"),
        "PUT the body: 'note' is no longer read",
    ),
    (
        "body closed",
        lambda d: new_product(d).update(additionalProperties=False),
        "PUT the body no longer takes further properties of the value",
    ),
    (
        "answer may lack a property",
        lambda d: product(d)["required"].remove("price"),
        "GET 200 may now answer with the value without 'price'",
    ),
    (
        "answer with another type",
        lambda d: product(d)["properties"]["price"].update(type=["number", "null"]),
        "GET 200 may now answer with price as null",
    ),
    ("answer gone", lambda d: get(d)["responses"].pop("200"), "GET no longer answers 200"),
    (
        "answer new",
        lambda d: get(d)["responses"].update({"202": {"description": "Accepted"}}),
        "GET may now answer 202",
    ),
    (
        "another media type",
        lambda d: get(d)["responses"]["200"].update(content={"application/xml": {}}),
        "GET 200 is no longer answered as application/json",
    ),
    (
        "security",
        lambda d: get(d).update(security=[{"token": []}]),
        "GET asks for credentials that were not needed",
    ),
]

COMPATIBLE: list[tuple[str, Edit, str]] = [
    ("new path", lambda d: d["paths"].update({"/new": {"get": {"responses": {}}}}), "GET is new"),
    (
        "new optional parameter",
        lambda d: get(d)["parameters"].append({"name": "x", "in": "query"}),
        "GET the query parameter 'x' is new",
    ),
    (
        "looser bound",
        lambda d: get(d)["parameters"][1]["schema"].update(maximum=200),
        "GET the query parameter 'limit' now takes the value beyond maximum 100, it was 200",
    ),
    (
        "wider type",
        lambda d: get(d)["parameters"][0].update(schema={"type": "number"}),
        "GET the path parameter 'id' now takes the value as number",
    ),
    (
        "answer with more",
        lambda d: product(d)["properties"].update(color={"type": "string"}),
        "GET 200 now has 'color'",
    ),
    ("an error gone", lambda d: get(d)["responses"].pop("404"), "GET no longer answers 404"),
    ("deprecated", lambda d: get(d).update(deprecated=True), "GET is deprecated"),
]


@pytest.mark.parametrize(("edit", "what"), [row[1:] for row in BREAKING], ids=[row[0] for row in BREAKING])
def test_a_change_that_breaks_clients_is_named(edit: Edit, what: str) -> None:
    assert (True, what) in changes_of(edit)


@pytest.mark.parametrize(("edit", "what"), [row[1:] for row in COMPATIBLE], ids=[row[0] for row in COMPATIBLE])
def test_a_change_that_breaks_nobody_is_told_apart(edit: Edit, what: str) -> None:
    assert changes_of(edit) == [(False, what)]


def test_a_document_has_not_changed_from_itself() -> None:
    assert compare(BASE, BASE) == []


def test_the_name_of_a_path_parameter_is_nobodys_business() -> None:
    renamed = copy.deepcopy(BASE)
    renamed["paths"]["/products/{number}"] = renamed["paths"].pop("/products/{id}")
    renamed["paths"]["/products/{number}"]["get"]["parameters"][0]["name"] = "number"

    assert compare(BASE, renamed) == []


def test_breaking_changes_come_first() -> None:
    def edit(document: Any) -> None:
        get(document).update(deprecated=True)
        put(document)["requestBody"].update(required=True)

    assert [breaking for breaking, _ in changes_of(edit)] == [True, False]
