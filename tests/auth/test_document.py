from __future__ import annotations

from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp, Router
from nexios.auth import APIKeyBackend, AuthenticationMiddleware, BasicBackend, SessionBackend, auth, public, requires
from nexios.testing import TestClient
from tests.auth.doors import TokenAuth

pytest.importorskip("nexios.openapi")
pytestmark = pytest.mark.anyio


def make_app() -> NexiosApp:
    app = NexiosApp(MakeConfig(debug=True), plugins=["validation", "openapi", "auth"])
    app.auth_backend = [TokenAuth("jwt"), BasicBackend(lambda name, password: None)]
    router = Router("/robots", auth="required")
    router.add_middleware(
        AuthenticationMiddleware([APIKeyBackend(lambda name: None), SessionBackend(lambda key: None)])
    )

    async def answer() -> str:
        return "x"

    def fresh() -> Any:
        return lambda: "x"

    app.get("/open")(answer)
    app.get("/any")(auth()(fresh()))
    app.get("/one")(auth(["jwt"])(requires(scopes=["write", "read"])(fresh())))
    app.get("/own", openapi_extra={"security": []})(auth()(fresh()))
    router.get("/key")(fresh())
    router.get("/hello")(public(fresh()))
    app.mount_router(router)
    return app


async def test_documents_say_which_schemes_there_are_and_what_each_operation_asks_for() -> None:
    async with TestClient(make_app()) as client:
        document = (await client.get("/openapi.json")).json()

    assert document["components"]["securitySchemes"] == {
        "jwt": {"type": "http", "scheme": "bearer"},
        "basic": {"type": "http", "scheme": "basic"},
        "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "session": {"type": "apiKey", "in": "cookie", "name": "session"},
    }
    assert {path: item["get"].get("security") for path, item in document["paths"].items()} == {
        "/open": None,
        "/any": [{"jwt": []}, {"basic": []}],
        "/one": [{"jwt": ["read", "write"]}],
        "/own": [],
        "/robots/key": [{"api_key": []}, {"session": []}],
        "/robots/hello": None,
    }
    answers = document["paths"]["/one"]["get"]["responses"]
    assert "application/problem+json" in answers["401"]["content"]
    assert "403" in answers
    assert "401" not in document["paths"]["/open"]["get"]["responses"]


async def test_the_document_is_valid() -> None:
    validator = pytest.importorskip("openapi_spec_validator")

    async with TestClient(make_app()) as client:
        document = (await client.get("/openapi.json")).json()

    validator.validate(document)


async def test_an_application_that_denies_by_default_hides_its_documents_until_they_are_opened() -> None:
    closed = NexiosApp(MakeConfig(debug=True, auth={"required": True}), plugins=["validation", "openapi", "auth"])
    opened = NexiosApp(
        MakeConfig(debug=True, auth={"required": True, "public": ["/docs", "/openapi.json"]}),
        plugins=["validation", "openapi", "auth"],
    )
    statuses = []
    for app in (closed, opened):
        app.auth_backend = TokenAuth()
        async with TestClient(app) as client:
            statuses.append([(await client.get(path)).status_code for path in ("/docs", "/openapi.json", "/redoc")])

    assert statuses == [[401, 401, 401], [200, 200, 401]]


async def test_an_application_without_a_backend_has_no_security_schemes() -> None:
    app = NexiosApp(MakeConfig(debug=True), plugins=["validation", "openapi", "auth"])
    app.get("/")(lambda: "x")

    async with TestClient(app) as client:
        document = (await client.get("/openapi.json")).json()

    assert "components" not in document
    assert "security" not in document["paths"]["/"]["get"]
