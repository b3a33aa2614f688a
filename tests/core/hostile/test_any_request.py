"""Whatever an ASGI server may hand over, is answered, and is what it was."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nexios import NexiosApp, Request, Response
from nexios.http.cookies import set_cookie_header
from nexios.types import RawHeaders
from tests.core.hostile.target import READERS, Target
from tests.core.raw import Answer, call

# Servers decode paths as UTF-8; some hand over lone surrogates where that fails.
PATHS = st.text(st.characters(), max_size=30) | st.text("/\\.;@:%aA1\t\n\x00é", max_size=20)
ROUTES = st.sampled_from(["", "probe", "accepts", "file", "next", "slash/", "int/", "float/", "uuid/", "date/", "time/",
                          "layer/admin/", "mount/admin/x/", "ten/json", *READERS])  # fmt: skip
METHODS = st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "QUERY", "get ", ""]) | st.text(max_size=5)
NAMES = st.sampled_from(
    b"accept authorization content-length content-type cookie expect forwarded host if-match if-modified-since"
    b" if-none-match if-range if-unmodified-since origin range transfer-encoding upgrade x-forwarded-for".split()
) | st.binary(max_size=8)
VALUES = st.sampled_from(
    [b"*", b"*/*;q=0", b"0", b"5", b"bytes=0-1,3-", b"bytes=-", b"application/json", b"chunked", b'W/"a", "', b"a=b; a",
     b"text/plain; charset=utf-16", b"text/plain; charset=utf-7", b"Fri, 31 Feb 2026 25:00:00 GMT", b"100-continue",
     b"Fri, 31 Dec 9999 23:59:60 GMT", b"for=_a;proto=x", b"[::1]:8", b"Basic \xff"]
) | st.binary(max_size=12)  # fmt: skip
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=5)
OWN_HOST = st.booleans()
SCOPES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "query_string": st.binary(max_size=20) | st.sampled_from([b"to=//e", b"a=%ff", b"&" * 1_001]),
        "root_path": st.sampled_from(["", "/", "/x", "/int", "//"]) | PATHS,
        "http_version": st.sampled_from(["1.0", "1.1", "2", "3"]),
        "scheme": st.sampled_from(["http", "https"]),
        "client": st.sampled_from([None, ("::1", 1), ("unix:", None), ("", 0)]),
        "server": st.sampled_from([None, ("::1", 80), ("/run/x.sock", None), ("a b", 1)]),
        "extensions": st.sampled_from([None, {}, {"http.response.pathsend": {}, "http.response.trailers": {}}]),
        "state": st.just({}),
    },
)
BODIES = st.lists(st.binary(max_size=8) | st.sampled_from([b"[1]", b"\xff", b"{", b"1" * 20]), min_size=1, max_size=4)


def ask(app: Any, path: str, *arguments: Any, **options: Any) -> Answer:
    async def run() -> Answer:
        return await call(app, path, *arguments, **options)

    return anyio.run(run)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Target:
    return Target(tmp_path_factory.mktemp("target"))


@given(METHODS, ROUTES, PATHS, OWN_HOST, HEADERS, BODIES, st.booleans(), SCOPES)
@settings(max_examples=200, deadline=None)
def test_no_request_is_an_error_of_ours(
    target: Target,
    method: str,
    route: str,
    rest: str,
    own_host: bool,
    headers: RawHeaders,
    body: list[bytes],
    leaves: bool,
    scope: dict[str, Any],
) -> None:
    lines = [*([(b"host", b"testserver")] if own_host else []), *headers]

    answer = ask(target.app, f"/{route}{rest}", method, headers=lines, body=body, leaves=leaves, **scope)

    assert answer.status < 500
    assert answer.is_complete
    assert ("admin" in target.reached) <= bool(target.guarded)


@given(
    st.text(max_size=20) | st.sampled_from(["@google.com", "a:1", "[::1]", "a.example:8443"]), PATHS.map("/".__add__)
)
@example("testserver", "@google.com")
@example("testserver", "//google.com/")
@settings(max_examples=200, deadline=None)
def test_no_host_and_no_path_move_each_other(host: str, path: str) -> None:
    app, seen = NexiosApp(plugins=[]), []

    @app.middleware
    async def note(request: Request, response: Response, call_next: Any) -> Any:
        seen.append(request.url)
        return await call_next()

    ask(app, path, headers=[(b"host", host.encode("utf-8", "surrogatepass"))])

    for url in seen:
        assert url.path == path
        parts = urlsplit(str(url))
        assert (parts.netloc, parts.query, parts.fragment) == (url.netloc, "", "")
        assert url.netloc.startswith("[") or url.hostname == host.lower().partition(":")[0]


LEAVING = st.sampled_from(
    ["//evil.com/", "/\\evil.com/", "/\\/evil.com", "/\t/evil.com/", "//evil.com//", "/%5cevil.com/", "///evil.com/"]
)
PATTERNS = ["/{a}/{b}", "/{a}/{b}/", "/{a:path}/", "/{a}", "/{a}/", "/{a}/{b}/{c}"]


@given(LEAVING | PATHS, st.sampled_from(PATTERNS), st.sampled_from(["", "/api", "/", "//e"]), st.booleans())
@settings(max_examples=200, deadline=None)
def test_no_slash_redirect_leaves_the_site(path: str, pattern: str, root_path: str, below: bool) -> None:
    app = NexiosApp(plugins=[])

    async def nothing() -> None: ...

    for prefix in ("", "/api"):
        app.get(prefix + pattern)(nothing)

    location = ask(app, root_path + path if below else path, root_path=root_path).header("location")

    if location is not None:
        assert not location.startswith(("//", "/\\"))
        assert not urlsplit(location).netloc
        assert location.isascii()
        assert location.isprintable()


TOKENS = st.text("!#$%&'*+-.^_`|~0aZ", min_size=1, max_size=8)
VISIBLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"]), max_size=20)
OCTETS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='",;\\'), max_size=20)


@given(TOKENS, VISIBLE)
@settings(deadline=None)
def test_a_header_that_is_answered_with_reads_back(name: str, value: str) -> None:
    app = NexiosApp(plugins=[])

    @app.get("/")
    async def show(request: Request, response: Response) -> Response:
        return response.set_header(name, request.headers[name])

    host = [] if name.lower() == "host" else [(b"host", b"testserver")]
    answer = ask(app, "/", headers=[*host, (name.lower().encode(), value.encode("latin-1"))])

    assert answer.status == 200
    assert answer.header(name.lower()) == value.strip(" ")


@given(TOKENS, OCTETS)
@settings(deadline=None)
def test_a_cookie_that_is_set_comes_back(name: str, value: str) -> None:
    app = NexiosApp(plugins=[])

    @app.get("/")
    async def show(request: Request, response: Response) -> Response:
        return response.json(request.cookies).set_cookie("again", request.cookies[name])

    pair = set_cookie_header(name, value).partition(b";")[0]
    answer = ask(app, "/", headers=[(b"host", b"testserver"), (b"cookie", b"first=1; " + pair)])

    again = (answer.header("set-cookie") or "").partition(";")[0]
    assert again == f"again={value}"
