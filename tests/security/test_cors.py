"""Class 29: which scripts may read which answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nexios import HTTPException, MakeConfig, NexiosApp, Request, Response, Router
from nexios.exceptions import ConfigurationError
from nexios.security import CORSMiddleware
from nexios.session import SessionMiddleware
from nexios.testing import SyncTestClient, TestClient
from tests.core.raw import call

pytestmark = pytest.mark.anyio

GOOD = "https://good.example"
PREFLIGHT = {"access-control-request-method": "PUT", "access-control-request-headers": "x-one, content-type"}


def make(config: dict[str, Any] | None = None, **settings: Any) -> NexiosApp:
    app = NexiosApp(config, plugins=["cors"])
    app.add_middleware(CORSMiddleware(**settings))
    add_routes(app)
    return app


def add_routes(app: NexiosApp | Router) -> None:
    @app.get("/items")
    async def read() -> dict[str, int]:
        return {"id": 1}

    @app.post("/items", max_body=10)
    async def write(request: Request) -> Any:
        return await request.json

    @app.get("/items/broken")
    async def fail() -> None:
        raise RuntimeError("a mistake")

    @app.get("/items/limited")
    async def limit() -> None:
        raise HTTPException(429)

    @app.get("/items/missing-file")
    async def send_nothing(response: Response) -> Response:
        return response.file("/nowhere/at/all")

    @app.get("/items/broken-stream")
    async def break_off(response: Response) -> Response:
        async def chunks() -> Any:
            raise RuntimeError("before the first byte")
            yield b""

        return response.stream(chunks())


async def is_good(origin: str) -> bool:
    return origin == GOOD


WAYS: dict[str, dict[str, Any]] = {
    "exact": {"allow_origins": [GOOD]},
    "the other spelling": {"allowed_origins": [GOOD]},
    "pattern": {"allow_origin_regex": r"https://goo[a-d]\.example"},
    "function": {"allow_origins": lambda origin: origin == GOOD},
    "asynchronous function": {"allow_origins": is_good},
}


@pytest.mark.parametrize("settings", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (GOOD, True),
        ("https://good.example.evil", False),
        ("https://evilgood.example", False),
        ("https://evil.https://good.example", False),
        ("https://goodXexample", False),
        ("http://good.example", False),
        ("null", False),
        ("https://GOOD.example", False),
        ("https://good.example.", False),
        ("https://good.example:8443", False),
        ("https://good.example/", False),
        ("https://user@good.example", False),
        ("https://good.example https://evil.example", False),
        ("https://good.example, https://evil.example", False),
        ("", False),
        ("*", False),
    ],
)
async def test_an_origin_is_allowed_as_a_whole_or_not_at_all(
    settings: dict[str, Any], origin: str, allowed: bool
) -> None:
    async with TestClient(make(**settings, allow_credentials=True)) as client:
        answer = await client.get("/items", headers={"origin": origin})
        preflight = await client.options("/items", headers={"origin": origin, **PREFLIGHT})

    expected = (origin, "true") if allowed else (None, None)
    for each in (answer, preflight):
        named = each.headers.get("access-control-allow-origin"), each.headers.get("access-control-allow-credentials")
        assert named == expected
        assert "origin" in each.headers["vary"].lower()
    assert answer.status_code == 200
    assert preflight.status_code == (204 if allowed else 403)


async def test_two_lines_of_origin_are_refused() -> None:
    app = make(allow_origins=[GOOD])
    lines = [(b"host", b"x"), (b"origin", GOOD.encode()), (b"origin", b"https://evil.example")]

    answer = await call(app, "/items", headers=lines)

    assert answer.status == 400
    assert answer.header("access-control-allow-origin") is None


async def test_an_answer_varies_whether_or_not_a_page_asks() -> None:
    async with TestClient(make(allow_origins=[GOOD])) as client:
        answer = await client.get("/items")

    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-origin" not in answer.headers


async def test_every_page_may_read_what_is_open_to_all_and_caches_need_not_tell_them_apart() -> None:
    async with TestClient(make(allow_origins="*", expose_headers=["x-total"])) as client:
        answer = await client.get("/items", headers={"origin": "null"})
        plain = await client.get("/items")
        preflight = await client.options("/items", headers={"origin": GOOD, **PREFLIGHT})

    for each in (answer, plain):
        assert each.headers["access-control-allow-origin"] == "*"
        assert each.headers["access-control-expose-headers"] == "x-total"
        assert "vary" not in each.headers
    assert preflight.headers["access-control-allow-origin"] == "*"


ERRORS = [
    ("GET", "/items/nowhere", 404, True),
    ("DELETE", "/items", 405, False),
    ("POST", "/items", 413, False),
    ("GET", "/items/limited", 429, False),
    ("GET", "/items/broken", 500, False),
    ("GET", "/items/missing-file", 404, False),
    ("GET", "/items/broken-stream", 500, False),
    ("GET", "/items/", 308, True),
]


@pytest.mark.parametrize("on", ["application", "router"])
@pytest.mark.parametrize(("method", "path", "status", "only_outside"), ERRORS)
async def test_scripts_may_read_every_error(on: str, method: str, path: str, status: int, only_outside: bool) -> None:
    if on == "router" and only_outside:
        return  # no route of a router, so none of its layers
    app = NexiosApp(plugins=["cors"])
    if on == "application":
        app.add_middleware(CORSMiddleware, allow_origins=[GOOD])
        add_routes(app)
    else:
        router = Router()
        router.add_middleware(CORSMiddleware, allow_origins=[GOOD])
        add_routes(router)
        app.mount_router(router)

    content = b"x" * 11 if method == "POST" else None
    async with TestClient(app, raise_server_exceptions=False) as client:
        answer = await client.request(method, path, headers={"origin": GOOD}, content=content)

    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == GOOD
    assert answer.headers["vary"] == "Origin"


# -- preflights -----------------------------------------------------------------------------------------------------


async def test_a_preflight_is_answered_for_what_it_asks() -> None:
    app = make(allow_origins=[GOOD], allow_methods=["get", "PUT"], allow_headers=["X-One"], max_age=60)
    async with TestClient(app) as client:
        answer = await client.options("/items", headers={"origin": GOOD, **PREFLIGHT})

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-methods"] == "GET, PUT"
    assert answer.headers["access-control-allow-headers"] == "x-one"
    assert answer.headers["access-control-max-age"] == "60"
    assert answer.headers["vary"] == "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


async def test_an_options_request_that_is_no_preflight_reaches_the_router() -> None:
    app = make(allow_origins=[GOOD])

    @app.route("/own", methods=["OPTIONS"])
    async def own() -> str:
        return "mine"

    async with TestClient(app) as client:
        allowed = await client.options("/items", headers={"origin": GOOD})
        mine = await client.options("/own", headers={"origin": GOOD})
        preflight = await client.options("/own", headers={"origin": GOOD, **PREFLIGHT})

    assert (allowed.status_code, allowed.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert mine.text == "mine"
    assert mine.headers["access-control-allow-origin"] == GOOD
    assert preflight.status_code == 204


@pytest.mark.parametrize("allowed", [True, False])
async def test_a_private_network_is_opened_only_where_it_is_said(allowed: bool) -> None:
    asked = {"origin": GOOD, **PREFLIGHT, "access-control-request-private-network": "true"}
    async with TestClient(make(allow_origins=[GOOD], allow_private_network=allowed)) as client:
        answer = await client.options("/items", headers=asked)
        public = await client.options("/items", headers={"origin": GOOD, **PREFLIGHT})

    assert answer.headers.get("access-control-allow-private-network") == ("true" if allowed else None)
    assert "access-control-allow-private-network" not in public.headers
    assert ("Private-Network" in answer.headers["vary"]) is allowed


async def test_all_headers_are_named_back_where_a_star_would_mean_nothing() -> None:
    hostile = 'x-one, x-two,, "><svg onload=1>, a b, x\tthree, x-four'
    headers = {"origin": GOOD, **PREFLIGHT, "access-control-request-headers": hostile}
    async with TestClient(make(allow_origins=[GOOD], allow_headers=["*"], allow_credentials=True)) as client:
        answer = await client.options("/items", headers=headers)
    async with TestClient(make(allow_origins=[GOOD], allow_headers=["*"])) as client:
        plain = await client.options("/items", headers=headers)

    assert answer.headers["access-control-allow-headers"] == "x-one, x-two, x-four"
    assert plain.headers["access-control-allow-headers"] == "*, authorization"


async def test_what_a_preflight_is_answered_with_is_not_shared() -> None:
    app = NexiosApp()

    @app.middleware
    async def mark(request: Any, response: Any, call_next: Any) -> Any:
        answer = await call_next()
        answer.headers.append("x-seen", "1")
        return answer

    app.add_middleware(CORSMiddleware, allow_origins=[GOOD])
    async with TestClient(app) as client:
        for _ in range(3):
            answer = await client.options("/items", headers={"origin": GOOD, **PREFLIGHT})

    assert answer.headers.get_list("x-seen") == ["1"]


# -- together with others -------------------------------------------------------------------------------------------


async def test_a_router_decides_for_its_routes_and_the_application_for_the_others() -> None:
    app = NexiosApp()
    app.add_middleware(CORSMiddleware, allow_origins=[GOOD], allow_credentials=True)
    public = Router(prefix="/public")
    public.add_middleware(CORSMiddleware, allow_origins=["*"])
    closed = Router(prefix="/closed")
    closed.add_middleware(CORSMiddleware, allow_origins=["https://other.example"])
    for router in (public, closed):
        add_routes(router)
        app.mount_router(router)
    add_routes(app)

    async def allowed(path: str, origin: str) -> list[str | None]:
        headers = {"origin": origin}
        answers = [
            await client.get(path, headers=headers),
            await client.options(path, headers={**headers, **PREFLIGHT}),
        ]
        return [each.headers.get("access-control-allow-origin") for each in answers]

    async with TestClient(app) as client:
        assert await allowed("/items", GOOD) == [GOOD, GOOD]
        assert await allowed("/items", "https://evil.example") == [None, None]
        assert await allowed("/public/items", "https://evil.example") == ["*", "*"]
        assert await allowed("/closed/items", GOOD) == [None, None]
        assert await allowed("/closed/items", "https://other.example") == ["https://other.example"] * 2
        answer = await client.get("/public/items", headers={"origin": GOOD})
    assert "access-control-allow-credentials" not in answer.headers


async def test_a_router_answers_preflights_without_any_layer_of_the_application() -> None:
    app = NexiosApp(plugins=["cors"])
    outer, inner = Router(prefix="/api"), Router(prefix="/v1")
    inner.add_middleware(CORSMiddleware, allow_origins=[GOOD])
    add_routes(inner)
    outer.mount_router(inner)
    app.mount_router(outer)
    add_routes(app)

    async with TestClient(app) as client:
        answers = [
            await client.options(path, headers={"origin": GOOD, **PREFLIGHT}) for path in ("/api/v1/items", "/items")
        ]
        simple = await client.get("/api/v1/items", headers={"origin": GOOD})

    assert [each.headers.get("access-control-allow-origin") for each in answers] == [GOOD, None]
    assert simple.headers["access-control-allow-origin"] == GOOD


async def test_what_a_handler_allows_by_itself_stands() -> None:
    app = make(allow_origins=[GOOD], allow_credentials=True)

    @app.get("/font")
    async def font(response: Response) -> str:
        response.set_header("access-control-allow-origin", "*").set_header("vary", "Accept")
        return "glyphs"

    async with TestClient(app) as client:
        answer = await client.get("/font", headers={"origin": GOOD})

    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["vary"] == "Accept, Origin"


async def test_a_request_s_own_vary_is_never_reflected() -> None:
    async with TestClient(make(allow_origins=[GOOD])) as client:
        answer = await client.get("/items", headers={"origin": GOOD, "vary": "x-anything"})

    assert answer.headers["vary"] == "Origin"


async def test_the_same_answer_varies_as_304_and_206_and_to_head(tmp_path: Any) -> None:
    file = tmp_path / "font.woff"
    file.write_bytes(b"0123456789")
    app = make(allow_origins=[GOOD])

    @app.get("/font")
    async def font(response: Response) -> Response:
        return response.file(file)

    async with TestClient(app) as client:
        whole = await client.get("/font", headers={"origin": GOOD})
        conditional = {"origin": GOOD, "if-none-match": whole.headers["etag"]}
        others = [
            await client.head("/font", headers={"origin": GOOD}),
            await client.get("/font", headers={"origin": GOOD, "range": "bytes=0-3"}),
            await client.get("/font", headers=conditional),
        ]

    assert [each.status_code for each in others] == [200, 206, 304]
    for each in (whole, *others):
        assert each.headers["vary"] == "Origin"
        assert each.headers["access-control-allow-origin"] == GOOD


# -- declared wrongly -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "no origin is named: give allow_origins="),
        ({"allow_origins": ["*"], "allow_credentials": True}, "would let every page act as the user"),
        ({"allow_origins": "*", "allow_credentials": True}, "would let every page act as the user"),
        ({"allow_origins": ["*", GOOD]}, "'\\*' allows all of them"),
        ({"allow_origins": ["null"]}, "what every sandboxed page sends"),
        ({"allow_origins": ["https//localhost:5000"]}, "such as 'https://localhost:5000'"),
        ({"allow_origin_regex": r"https://(a|b\.example"}, r"a \( without its \)"),
        ({"allow_origins": [GOOD], "max_age": -1}, "max_age is -1"),
        ({"allow_origins": [GOOD], "allow_methods": ["GET it"]}, "'GET IT' is not a method"),
        ({"allow_origins": [GOOD], "allow_headers": ["a b"]}, "'a b' is not a header name"),
        ({"allow_origins": [GOOD], "expose_headers": ["x\r\ny"]}, "is not a header name"),
        ({"allow_origns": [GOOD]}, r"unknown key.*allow_origins"),
    ],
)
def test_a_wrong_setting_stops_the_start(settings: dict[str, Any], message: str) -> None:
    app = make(**settings)

    with pytest.raises(Exception, match=message), SyncTestClient(app):
        pass


@pytest.mark.parametrize(
    "section", [{"allow_origins": ["*"], "allow_credentials": True}, {"allow_origins": ["null"]}, {"max_age": "soon"}]
)
def test_a_wrong_section_stops_the_application_where_it_is_made(section: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="cors"):
        NexiosApp(MakeConfig(cors=section))


def test_an_empty_list_allows_nobody() -> None:
    with SyncTestClient(make(allow_origins=[])) as client:
        answer = client.get("/items", headers={"origin": GOOD})

    assert "access-control-allow-origin" not in answer.headers


def build_default(app: NexiosApp) -> None:
    app.add_middleware(CORSMiddleware())


def build_class(app: NexiosApp) -> None:
    app.add_middleware(CORSMiddleware)


def build_nothing(app: NexiosApp) -> None:
    pass


@pytest.mark.parametrize("build", [build_default, build_class, build_nothing])
async def test_a_section_configures_the_layer_that_is_added_and_adds_one_where_none_is(
    build: Callable[[NexiosApp], None],
) -> None:
    app = NexiosApp(MakeConfig(debug=True, cors={"allowed_origins": [GOOD]}))
    app.add_middleware(SessionMiddleware(secret_key="s" * 32))
    build(app)
    add_routes(app)

    async with TestClient(app) as client:
        answer = await client.get("/items", headers={"origin": GOOD})
        preflight = await client.options("/items", headers={"origin": GOOD, **PREFLIGHT})

    assert answer.headers.get_list("access-control-allow-origin") == [GOOD]
    assert answer.headers.get_list("vary") == ["Origin"]
    assert preflight.status_code == 204


def test_arguments_win_over_the_section() -> None:
    app = NexiosApp(MakeConfig(cors={"allow_origins": ["https://other.example"]}))
    app.add_middleware(CORSMiddleware(allow_origins=[GOOD]))

    with SyncTestClient(app) as client:
        answer = client.get("/", headers={"origin": GOOD})

    assert answer.headers["access-control-allow-origin"] == GOOD
