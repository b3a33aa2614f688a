"""The snippets that described Nexios before it existed run as printed; what they leave out stands around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from nexios import Depend, MakeConfig, NexiosApp, Request, Response, Router, get_application
from nexios.auth import AuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.decorator import auth
from nexios.auth.jwt import Key, TokenIssuer
from nexios.auth.middleware import AuthenticationMiddleware
from nexios.exceptions import ConfigurationError
from nexios.middleware import BaseMiddleware, CORSMiddleware, CSRFMiddleware, SecurityMiddleware, SessionMiddleware
from nexios.testing import TestClient

pytestmark = pytest.mark.anyio


class Database:
    """The database that the snippets speak to."""

    def __init__(self) -> None:
        self.is_open = True

    async def __aenter__(self) -> Database:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def transaction(self) -> Database:
        return self

    async def query(self, statement: str) -> list[str]:
        return [statement]

    fetch_all = query

    async def fetch_one(self, statement: str, values: list[Any]) -> dict[str, Any]:
        return {"id": values[0]}

    async def close(self) -> None:
        self.is_open = False


async def test_a_taste_of_nexios() -> None:
    app = get_application()

    @app.get("/hello/{name}")
    async def hello(request, response, name: str):  # type: ignore[no-untyped-def]  # as printed
        return {"message": f"Hello, {name}!"}

    @app.post("/api/data")
    async def create_data(request, response):  # type: ignore[no-untyped-def]  # as printed
        data = await request.json
        return {"status": "success", "id": 123, "data": data}

    async with TestClient(app) as client:
        assert (await client.get("/hello/Ada")).json() == {"message": "Hello, Ada!"}
        created = await client.post("/api/data", json={"a": 1})
        assert created.json() == {"status": "success", "id": 123, "data": {"a": 1}}


async def test_the_quick_start() -> None:
    app = get_application()

    @app.get("/")
    async def index(request, response):  # type: ignore[no-untyped-def]  # as printed
        return {"message": "Welcome to Nexios!"}

    @app.get("/users/{user_id}")
    async def get_user(request, response, user_id: int):  # type: ignore[no-untyped-def]  # as printed
        return {"user_id": user_id, "name": "John Doe", "email": "john@example.com"}

    async with TestClient(app) as client:
        assert (await client.get("/")).json() == {"message": "Welcome to Nexios!"}
        assert (await client.get("/users/42")).json() == {
            "user_id": 42,
            "name": "John Doe",
            "email": "john@example.com",
        }


async def test_the_routing_system_with_the_function_that_its_decorators_lack() -> None:
    app = NexiosApp()

    @app.get("/users/{user_id:int}")
    async def get_user(request, response, user_id: int):  # type: ignore[no-untyped-def]  # as printed
        return {"user_id": user_id}

    @app.post("/users")
    @app.put("/users/{user_id}")
    @app.delete("/users/{user_id}")
    async def change(request, response):  # type: ignore[no-untyped-def]  # the slip: a function to decorate
        return {"method": request.method}

    users = Router(prefix="/api/users")

    @users.get("/")
    async def list_users(request, response):  # type: ignore[no-untyped-def]  # as printed
        return {"users": []}

    app.mount_router(users)

    async with TestClient(app) as client:
        assert (await client.get("/users/7")).json() == {"user_id": 7}
        assert (await client.post("/users")).json() == {"method": "POST"}
        assert (await client.put("/users/7")).json() == {"method": "PUT"}
        assert (await client.delete("/users/7")).json() == {"method": "DELETE"}
        assert (await client.get("/api/users/")).json() == {"users": []}


async def test_the_middleware_decorator(capsys: pytest.CaptureFixture[str]) -> None:
    app = NexiosApp()

    @app.middleware
    async def custom_middleware(request, response, next_handler):  # type: ignore[no-untyped-def]  # as printed
        print("Processing request to", request.url.path)
        response = await next_handler()
        print("Completed request to", request.url.path)
        return response

    @app.get("/here")
    async def here():  # type: ignore[no-untyped-def]
        print("handling")
        return

    async with TestClient(app) as client:
        assert (await client.get("/here")).status_code == 204
    assert capsys.readouterr().out == "Processing request to /here\nhandling\nCompleted request to /here\n"


async def test_dependency_injection_closes_what_it_opened() -> None:
    app = NexiosApp()
    opened: list[Database] = []

    async def get_db() -> AsyncIterator[Database]:
        db = Database()
        opened.append(db)
        try:
            yield db
        finally:
            await db.close()

    @app.get("/items")
    async def list_items(request, response, db=Depend(get_db)):  # type: ignore[no-untyped-def]  # as printed
        items = await db.query("SELECT * FROM items")
        return {"items": items}

    async with TestClient(app) as client:
        assert (await client.get("/items")).json() == {"items": ["SELECT * FROM items"]}
    assert [db.is_open for db in opened] == [False]


async def test_everything_is_async_by_default() -> None:
    app = NexiosApp()
    db = Database()

    @app.get("/users")
    async def list_users(request, response):  # type: ignore[no-untyped-def]  # as printed
        async with db.transaction():
            users = await db.fetch_all("SELECT * FROM users")
            return response.json(users)

    async with TestClient(app) as client:
        assert (await client.get("/users")).json() == ["SELECT * FROM users"]


async def test_a_service_is_injected_by_its_class() -> None:
    app = NexiosApp()

    class UserService:
        db = Database()

        async def get_user(self, user_id: int) -> dict[str, Any]:
            return await self.db.fetch_one("SELECT * FROM users WHERE id = ?", [user_id])

    @app.get("/users/{user_id:int}")
    async def get_user(request, response, user_id, user_service=Depend(UserService)):  # type: ignore[no-untyped-def]
        user = await user_service.get_user(user_id)
        return response.json(user)

    async with TestClient(app) as client:
        assert (await client.get("/users/7")).json() == {"id": 7}


async def test_path_parameters_by_attribute() -> None:
    app = NexiosApp()

    @app.get("/items/{item_id:int}")
    async def get_item(request, response):  # type: ignore[no-untyped-def]  # as printed
        return response.json({"id": request.path_params.item_id})

    async with TestClient(app) as client:
        assert (await client.get("/items/7")).json() == {"id": 7}


async def test_middleware_as_a_class() -> None:
    app = NexiosApp()
    order: list[str] = []

    class CustomMiddleware(BaseMiddleware):
        async def __call__(self, request, response, call_next):  # type: ignore[no-untyped-def]  # as printed
            order.append("before")
            response = await call_next()
            order.append("after")
            return response

    app.add_middleware(CustomMiddleware())

    @app.get("/")
    async def index() -> str:
        order.append("handler")
        return "ok"

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "ok"
    assert order == ["before", "handler", "after"]


async def test_the_event_system() -> None:
    app = NexiosApp()
    events: list[str] = []

    @app.on_startup()
    async def startup() -> None:
        events.append("initialize_database")

    @app.on_shutdown()
    async def shutdown() -> None:
        events.append("cleanup_resources")

    async with TestClient(app):
        assert events == ["initialize_database"]
    assert events == ["initialize_database", "cleanup_resources"]


async def test_log_requests_with_request_path(capsys: pytest.CaptureFixture[str]) -> None:
    app = NexiosApp()

    async def log_requests(request, response, call_next):  # type: ignore[no-untyped-def]  # as printed
        print(f"Incoming: {request.path}")
        response = await call_next()
        print(f"Completed: {request.path}")
        return response

    app.add_middleware(log_requests)

    async with TestClient(app) as client:
        assert (await client.get("/nowhere")).status_code == 404
    assert capsys.readouterr().out == "Incoming: /nowhere\nCompleted: /nowhere\n"


async def test_catch_exceptions_with_the_response_class() -> None:
    app = NexiosApp()

    @app.add_exception_handler(Exception)
    async def catch_exceptions(request, response, exception):  # type: ignore[no-untyped-def]  # as printed
        return Response.json({"error": str(exception)}, status=500)

    @app.get("/")
    async def index() -> None:
        raise ValueError("broken")

    async with TestClient(app) as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.json()) == (500, {"error": "broken"})


async def test_the_configuration_of_an_application() -> None:
    app = NexiosApp(config=MakeConfig(debug=True))

    assert app.debug is True
    assert app.config.debug is app.config["debug"] is True


async def test_clear_configuration_of_cors_with_the_braces_and_the_colon_that_it_lacks() -> None:
    app = NexiosApp(
        config=MakeConfig(debug=True, cors={"allowed_origins": ["https://localhost:5000", "api.nexios.hub"]})
    )
    app.add_middleware(CORSMiddleware())

    async with TestClient(app) as client:
        for origin in ("https://localhost:5000", "https://api.nexios.hub"):
            answer = await client.get("/", headers={"origin": origin})
            assert answer.headers.get_list("access-control-allow-origin") == [origin]
        answer = await client.get("/", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_an_origin_without_its_colon_is_an_error_that_shows_it() -> None:
    with pytest.raises(ConfigurationError, match=r"'https//localhost:5000' is not .* such as 'https://localhost:5000'"):
        NexiosApp(config=MakeConfig(cors={"allowed_origins": ["https//localhost:5000", "api.nexios.hub"]}))


async def test_the_production_configuration() -> None:
    app = NexiosApp(config=MakeConfig(debug=False, security={"ssl_redirect": True, "hsts_enabled": True}))
    app.add_middleware(SecurityMiddleware())

    @app.get("/")
    async def index() -> str:
        return "ok"

    async with TestClient(app) as client:
        plain = await client.get("http://shop.example/?a=1", follow_redirects=False)
        secure = await client.get("https://shop.example/")
    assert (plain.status_code, plain.headers["location"]) == (308, "https://shop.example/?a=1")
    assert secure.headers.get_list("strict-transport-security") == ["max-age=63072000"]
    assert "strict-transport-security" not in plain.headers


async def test_csrf_protection_after_session_management() -> None:
    app = NexiosApp(config=MakeConfig(debug=True))
    app.add_middleware(SessionMiddleware, secret_key="your-secret-key", session_cookie="session-id")
    app.add_middleware(CSRFMiddleware)

    @app.get("/form")
    async def form(request: Request) -> str:
        return request.csrf_token

    @app.post("/form")
    async def send() -> str:
        return "sent"

    async with TestClient(app) as client:
        page = await client.get("/form")
        assert (await client.post("/form")).status_code == 403
        assert (await client.post("/form", data={"csrf_token": page.text})).text == "sent"
        assert "HttpOnly; SameSite=Lax" in page.headers["set-cookie"]


async def test_modern_authentication() -> None:
    secret = "3f9c0a7d5b1e8f2604c6d9e7a1b35d80"
    app = NexiosApp(config=MakeConfig(secret_key=secret))
    db = Database()

    async def get_user_from_payload(**payload):  # type: ignore[no-untyped-def]  # as printed
        return await db.fetch_one("SELECT * FROM users WHERE id = ?", [payload["sub"]])

    app.add_middleware(AuthenticationMiddleware(backend=JWTAuthBackend(get_user_from_payload)))

    @app.get("/protected")
    @auth(["jwt"])
    async def protected(request, response):  # type: ignore[no-untyped-def]  # as printed
        return response.json({"user": request.user})

    async with TestClient(app) as client:
        refused = await client.get("/protected")
        client.with_token(TokenIssuer(Key.hmac(secret)).access_token("7"))
        assert (await client.get("/protected")).json() == {"user": {"id": "7"}}
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")


async def test_an_authentication_backend_of_the_applications_own() -> None:
    app = NexiosApp()

    async def validate_token(token: str | None) -> dict[str, str] | None:
        return {"name": "Ada"} if token == "Bearer t0k3n" else None

    class JWTAuth(AuthBackend):
        async def authenticate(self, request):  # type: ignore[no-untyped-def]  # as printed
            token = request.headers.get("Authorization")
            return await validate_token(token)

    app.auth_backend = JWTAuth()

    @app.get("/")
    @auth(["jwt"])
    async def index(request, response):  # type: ignore[no-untyped-def]
        return response.json(request.user)

    async with TestClient(app) as client:
        assert (await client.get("/")).status_code == 401
        assert (await client.with_token("t0k3n").get("/")).json() == {"name": "Ada"}
