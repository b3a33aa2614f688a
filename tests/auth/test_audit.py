"""Weak places are found by those who know them, and shown to people and to CI."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import Depend, MakeConfig, NexiosApp, Plugin, Registry, Router
from nexios.auth import AuthBackend, auth, current_user, public
from nexios.auth.audit import audit
from nexios.findings import Finding

GOOD = "9d1f3c5b7a2e4d6f8091a3b5c7d9e1f2"


class Nobody(AuthBackend):
    async def authenticate(self, request: Any) -> None:
        return None


def make(plugins: Any = ("auth",), **config: Any) -> NexiosApp:
    return NexiosApp(MakeConfig(**config), plugins=list(plugins), timeout=5)


def found(app: NexiosApp) -> list[tuple[str, str]]:
    """Level and subject of each finding, without where the route is declared."""
    return [(finding.level, finding.subject.partition(" (")[0]) for _, finding in audit(app)]


async def answer() -> str:
    return "hello"


def test_a_route_without_protection_is_found_unless_it_says_so() -> None:
    app = make()
    app.auth_backend = Nobody()
    app.get("/read")(answer)
    app.post("/write")(answer)

    @app.get("/guarded")
    @auth()
    async def guarded() -> None: ...

    @app.get("/welcome")
    @public
    async def welcome() -> None: ...

    @app.post("/by-dependency")
    async def by_dependency(user: Any = Depend(current_user)) -> None: ...

    app.post("/by-option", auth="required")(guarded)
    app.post("/open-by-option", auth="public")(lambda: None)
    closed = Router(prefix="/closed", auth="required")
    closed.post("/")(lambda: None)
    app.mount_router(closed)
    opened = Router(prefix="/opened", auth="public")
    opened.post("/")(lambda: None)
    app.mount_router(opened)

    assert found(app) == [("error", "POST /write"), ("warning", "GET /read")]
    assert audit(app)[0].finding.subject.startswith(f"POST /write ({__file__}:")
    assert audit(app)[0].plugin == "auth"


def test_what_the_configuration_opens_is_meant_to_be_open() -> None:
    app = make(auth={"required": True, "public": ["/docs"]})
    app.auth_backend = Nobody()
    app.post("/docs/search")(answer)
    app.post("/write")(answer)

    assert found(app) == []


def test_an_application_that_asks_for_nobody_is_one_finding() -> None:
    app = make()
    for path in ("/a", "/b", "/c"):
        app.post(path)(answer)

    assert found(app) == [("warning", "routes")]
    assert "all 3 serve everybody" in audit(app)[0].finding.problem


def test_settings_of_the_application_are_looked_at() -> None:
    limits = {"body": 1_000_000_000, "header_bytes": 65_536, "body_timeout": 86_400}
    app = make(debug=True, secret_key="changeme", limits=limits)
    app.post("/upload", max_body=10_000_000_000)(answer)
    plain = NexiosApp(plugins=[])
    plain.get("/")(answer)

    assert found(app) == [
        ("error", "debug"),
        ("error", "secret_key"),
        ("warning", "limits.body"),
        ("warning", "limits.body_timeout"),
        ("warning", "POST /upload"),
        ("warning", "routes"),
    ]
    assert found(plain) == [("note", "timeouts")]
    assert found(make(secret_key=GOOD)) == []
    assert "changeme" not in str(audit(app))


def test_a_plugin_reports_its_own() -> None:
    class Leaky(Plugin):
        name = "leaky"

        def register(self, registry: Registry) -> None:
            registry.contribute("audit", lambda: [Finding("warning", "pipe", "it drips", "tighten it")])

    app = make([Leaky()])

    assert audit(app) == [("leaky", ("warning", "pipe", "it drips", "tighten it"))]


def test_a_mounted_application_is_looked_at_as_well() -> None:
    app = make()
    inner = make(debug=True)
    inner.get("/read")(answer)
    app.mount("/inner", inner)

    assert found(app) == [("error", "/inner: debug"), ("warning", "routes"), ("warning", "/inner: routes")]


@pytest.mark.parametrize("asks", ["required", "jwt"])
def test_what_does_not_start_is_found_instead_of_raised(asks: str) -> None:
    app = make()
    app.get("/me", auth="required" if asks == "required" else ["jwt"])(answer)

    ((plugin, finding),) = audit(app)

    assert (plugin, finding.level) == ("auth", "error")
    assert "no backend finds out who that is" in finding.problem
