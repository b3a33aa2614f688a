"""What is allowed and too open all the same is reported to `nexios audit`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp, Request, Router
from nexios.findings import Finding
from nexios.security import CORSMiddleware, CSRFMiddleware, SecurityMiddleware
from nexios.session import SessionMiddleware

GOOD = "9d1f3c5b7a2e4d6f8091a3b5c7d9e1f2"


def findings(app: NexiosApp) -> Iterator[Finding]:
    for plugin, check in app.contributions("audit"):
        if plugin in ("cors", "csrf", "security"):
            yield from check()


def found(app: NexiosApp, subject: str) -> list[tuple[str, str]]:
    return [(finding.level, finding.problem) for finding in findings(app) if finding.subject == subject]


@pytest.mark.parametrize(
    ("settings", "level", "problem"),
    [
        ({"allow_origins": ["*"]}, "warning", "scripts of every site"),
        ({"allow_origin_regex": "https?://.*"}, "warning", "matches origins of anybody"),
        ({"allow_origin_regex": ".*", "allow_credentials": True}, "error", "matches origins of anybody"),
        ({"allow_origins": ["http://a.example"], "allow_credentials": True}, "error", "not served over TLS"),
        ({"allow_origins": ["http://a.example"]}, "warning", "not served over TLS"),
        ({"allow_origins": ["http://localhost.evil.example"]}, "warning", "not served over TLS"),
        ({"allow_origins": ["https://a.example", "http://localhost:5173"], "allow_credentials": True}, None, ""),
        ({"allow_origin_regex": r"https://[a-z0-9-]+\.example\.com", "allow_credentials": True}, None, ""),
    ],
)
@pytest.mark.parametrize("on", ["application", "router", "section"])
def test_permissive_cors_is_found_wherever_it_is_said(
    settings: dict[str, Any], level: str | None, problem: str, on: str
) -> None:
    app = NexiosApp(MakeConfig(cors=settings) if on == "section" else MakeConfig())
    router = Router()
    router.get("/")(lambda: "hello")
    if on != "section":
        (app if on == "application" else router).add_middleware(CORSMiddleware(**settings))
    app.mount_router(router)

    reported = found(app, "cors")

    assert [each for each, _ in reported] == ([level] if level else [])
    assert all(problem in text for _, text in reported)


def test_sessions_without_csrf_are_found_where_something_changes() -> None:
    def make(*layers: Any, method: str = "POST") -> NexiosApp:
        app = NexiosApp(MakeConfig(secret_key=GOOD))
        for layer in layers:
            app.add_middleware(layer)
        app.route("/", methods=[method])(lambda: "hello")
        return app

    half = make(SessionMiddleware())
    guarded = Router(prefix="/guarded")
    guarded.add_middleware(CSRFMiddleware())
    guarded.post("/")(lambda: "hello")
    half.mount_router(guarded)

    ((level, problem),) = found(half, "csrf")
    assert level == "warning"
    assert " 1 routes change something" in problem
    assert found(make(SessionMiddleware(), method="GET"), "csrf") == []
    assert found(make(), "csrf") == []
    assert found(make(SessionMiddleware(), CSRFMiddleware()), "csrf") == []
    plain = make(SessionMiddleware(), CSRFMiddleware(secure=False))
    assert [level for level, _ in found(plain, "csrf")] == ["error"]
    weak = make(SessionMiddleware(), CSRFMiddleware(secret_key="changeme"))
    assert found(weak, "csrf") == [("error", "its secret_key has 8 bytes, it needs at least 32")]


def test_a_session_that_no_token_can_be_bound_to_is_found() -> None:
    def make(**config: Any) -> NexiosApp:
        app = NexiosApp(MakeConfig(secret_key=GOOD, csrf={}, **config))

        @app.post("/login")
        async def login(request: Request) -> None:
            request.session["user"] = "ann"

        return app

    assert [level for level, _ in found(make(), "csrf")] == ["warning"]
    assert found(make(session={}), "csrf") == []


def test_what_is_exempt_is_noted() -> None:
    app = NexiosApp(MakeConfig(secret_key=GOOD, csrf={}))
    app.post("/hook", csrf=False)(lambda: "hello")

    assert [finding.subject.partition(" (")[0] for finding in findings(app) if finding.level == "note"] == [
        "POST /hook"
    ]


@pytest.mark.parametrize(
    ("settings", "subject", "level"),
    [
        ({}, None, ""),
        ({"ssl_redirect": True}, "https", "note"),
        ({"ssl_redirect": True, "hsts_enabled": True}, None, ""),
        ({"csp_enabled": False}, "csp", "warning"),
        ({"csp": "script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'"}, "csp", "warning"),
        ({"csp": {"default-src": ["*"]}}, "csp", "warning"),
        ({"csp": {"default-src": ["*"], "script-src": ["'self'"]}}, None, ""),
        ({"trusted_proxies": ["0.0.0.0/0"]}, "proxies", "error"),
    ],
)
def test_headers_that_protect_less_are_found(settings: dict[str, Any], subject: str | None, level: str) -> None:
    app = NexiosApp(MakeConfig(security=settings))

    reported = [(finding.subject, finding.level) for finding in findings(app)]

    assert reported == ([(subject, level)] if subject else [])


def test_without_the_headers_that_is_said() -> None:
    app = NexiosApp()
    assert [(finding.subject, finding.level) for finding in findings(app)] == [("headers", "warning")]

    app.add_middleware(SecurityMiddleware())
    assert list(findings(app)) == []
