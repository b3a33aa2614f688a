"""Files: whole, in ranges, and not at all."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Any

import anyio
import pytest

from nexios import NexiosApp, Response
from nexios.http import files
from nexios.http.files import INLINE, FileBody, OpenFile, Piece, guess_type, open_regular, read_at, read_warm
from nexios.http.ranges import Range
from nexios.testing import TestClient
from tests.core.raw import call

pytestmark = pytest.mark.anyio
CONTENT = bytes(range(256)) * 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.txt").write_bytes(CONTENT)
    (tmp_path / "big.bin").write_bytes(CONTENT * 60)
    (tmp_path / "empty").write_bytes(b"")
    return tmp_path


@pytest.fixture
def app(folder: Path) -> NexiosApp:
    app = NexiosApp(plugins=[])

    async def show(response: Response, name: str) -> Response:
        return response.file(folder / name)

    app.route("/{name}", ["GET", "POST"])(show)
    return app


@pytest.fixture(autouse=True)
def no_descriptor_is_left_open() -> Any:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    yield
    if before:
        assert len(os.listdir("/proc/self/fd")) <= before + 2


@pytest.mark.parametrize("name", ["small.txt", "big.bin", "empty"])
async def test_a_file_is_sent_with_what_describes_it(app: NexiosApp, folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()

    async with TestClient(app) as client:
        answer = await client.get(f"/{name}")
        head = await client.head(f"/{name}")

    assert answer.content == content
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["last-modified"].endswith("GMT")
    assert answer.headers["etag"].startswith('"')
    assert head.content == b""
    assert dict(head.headers) == dict(answer.headers)


@pytest.mark.parametrize("name", ["missing", ".", "..%00", "x" * 5000, "\udc80"])
async def test_what_is_no_regular_file_is_not_found(app: NexiosApp, name: str) -> None:
    assert (await call(app, f"/{name}")).status == 404


async def test_a_named_pipe_is_not_found_and_not_waited_for(app: NexiosApp, folder: Path) -> None:
    os.mkfifo(folder / "pipe")

    with anyio.fail_after(5):
        assert (await call(app, "/pipe")).status == 404


async def test_a_folder_is_not_found(app: NexiosApp, folder: Path) -> None:
    (folder / "folder").mkdir()

    assert (await call(app, "/folder")).status == 404


@pytest.mark.parametrize("name", ["small.txt", "big.bin"])
@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=5-", 5, None),
        ("bytes=-7", -7, None),
        ("bytes=10-99", 10, 100),
        ("bytes=0-9999999", 0, None),
    ],
)
async def test_a_range_is_a_part_with_its_place(
    app: NexiosApp, folder: Path, name: str, header: str, start: int, stop: int | None
) -> None:
    content = (folder / name).read_bytes()

    async with TestClient(app) as client:
        answer = await client.get(f"/{name}", headers={"range": header})

    assert answer.status_code == 206
    assert answer.content == content[start:stop]
    first = start if start >= 0 else len(content) + start
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(content)}"
    assert answer.headers["content-length"] == str(len(answer.content))


async def test_several_ranges_come_as_parts(app: NexiosApp) -> None:
    async with TestClient(app) as client:
        answer = await client.get("/small.txt", headers={"range": "bytes=0-9,100-109"})

    assert answer.status_code == 206
    kind, _, boundary = answer.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/byteranges"
    parts = answer.content.split(b"--" + boundary.encode())
    assert len(parts) == 4
    assert parts[1].endswith(CONTENT[:10] + b"\r\n")
    assert b"content-range: bytes 100-109/10240" in parts[2]
    assert parts[2].endswith(CONTENT[100:110] + b"\r\n")
    assert parts[3] == b"--\r\n"
    assert answer.headers["content-length"] == str(len(answer.content))


async def test_several_large_ranges_are_streamed_with_their_exact_length(app: NexiosApp) -> None:
    async with TestClient(app) as client:
        answer = await client.get("/big.bin", headers={"range": "bytes=0-299999,300010-600000"})

    assert answer.headers["content-length"] == str(len(answer.content))
    assert len(answer.content) > INLINE


async def test_a_range_beyond_the_end_is_416_with_the_size(app: NexiosApp) -> None:
    async with TestClient(app) as client:
        answer = await client.get("/small.txt", headers={"range": "bytes=99999-"})

    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "header", ["bytes=x", "lines=1-2", "bytes=5-1", "", "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 5000, 2))]
)
async def test_a_range_that_is_none_or_too_many_is_ignored(app: NexiosApp, header: str) -> None:
    async with TestClient(app) as client:
        answer = await client.get("/small.txt", headers={"range": header})

    assert answer.status_code in (200, 416)
    assert len(answer.content) <= len(CONTENT)


async def test_only_get_has_ranges(app: NexiosApp) -> None:
    async with TestClient(app) as client:
        assert (await client.post("/small.txt", headers={"range": "bytes=0-0"})).status_code == 200
        assert (await client.head("/small.txt", headers={"range": "bytes=0-0"})).status_code == 200


async def test_conditions_are_evaluated(app: NexiosApp) -> None:
    async with TestClient(app) as client:
        first = await client.get("/small.txt")
        tag, modified = first.headers["etag"], first.headers["last-modified"]

        for headers in ({"if-none-match": tag}, {"if-modified-since": modified}):
            unchanged = await client.get("/small.txt", headers=headers)
            assert (unchanged.status_code, unchanged.content) == (304, b"")
            assert unchanged.headers["etag"] == tag
            assert "content-type" not in unchanged.headers
        for headers in ({"if-match": '"other"'}, {"if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT"}):
            assert (await client.get("/small.txt", headers=headers)).status_code == 412
        for validator, status in ((tag, 206), ('"other"', 200)):
            ranged = await client.get("/small.txt", headers={"range": "bytes=0-0", "if-range": validator})
            assert ranged.status_code == status


@pytest.mark.parametrize("name", ["small.txt", "big.bin"])
async def test_a_file_that_is_no_success_has_neither_conditions_nor_ranges(folder: Path, name: str) -> None:
    app = NexiosApp(plugins=[])

    @app.get("/")
    async def missing(response: Response) -> Response:
        return response.status(404).file(folder / name)

    async with TestClient(app) as client:
        usual = await client.get("/")
        for condition in (
            {"if-none-match": "*"},
            {"if-match": '"other"'},
            {"if-modified-since": usual.headers["last-modified"]},
            {"if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT"},
            {"range": "bytes=0-0"},
        ):
            answer = await client.get("/", headers=condition)
            assert (answer.status_code, answer.content) == (404, (folder / name).read_bytes())


@pytest.mark.parametrize("name", ["small.txt", "big.bin"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_file_is_not_sent_with_a_status_that_has_no_content(folder: Path, name: str, method: str) -> None:
    app = NexiosApp(plugins=[])

    @app.get("/")
    async def nothing(response: Response) -> Response:
        return response.status(204).file(folder / name)

    answer = await call(app, "/", method, extensions={"http.response.pathsend": {}})

    assert (answer.status, answer.body, answer.header("content-length")) == (204, b"", None)
    assert answer.messages[-1]["type"] == "http.response.body"


async def test_where_no_more_files_can_be_opened_nothing_is_said_to_be_missing(app: NexiosApp) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, before[1]))
    try:
        answer = await call(app, "/small.txt")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    assert answer.status == 500
    assert (await call(app, "/small.txt")).status == 200


async def test_what_the_handler_says_of_the_file_stands(folder: Path) -> None:
    app = NexiosApp(plugins=[])

    @app.get("/")
    async def show(response: Response) -> Response:
        return response.file(str(folder / "small.txt"), "ä.txt", content_type="text/x", headers={"etag": '"mine"'})

    async with TestClient(app) as client:
        answer = await client.get("/")

    assert answer.headers["content-type"] == "text/x"
    assert answer.headers["etag"] == '"mine"'
    assert answer.headers["content-disposition"].startswith("attachment")


async def test_a_file_that_a_layer_answers_with_is_prepared_as_well(folder: Path) -> None:
    app = NexiosApp(plugins=[])

    @app.middleware
    async def shows(request: Any, response: Response, call_next: Any) -> Response:
        return response.file(folder / (request.path[1:] or "small.txt"))

    assert (await call(app)).body == CONTENT
    assert (await call(app, "/big.bin")).body == CONTENT * 60
    assert (await call(app, "/other")).status == 404


async def test_a_file_that_shrinks_while_it_is_sent_cuts_the_answer(app: NexiosApp, folder: Path) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)
        if message.get("body"):
            os.truncate(folder / "big.bin", 10)

    async def receive() -> Any:
        await anyio.Event().wait()

    from tests.core.raw import make_scope

    with pytest.raises(EOFError, match=r"big.bin became shorter while it was sent"):
        await app(make_scope("/big.bin"), receive, send)
    assert sum(len(message.get("body", b"")) for message in sent) < len(CONTENT) * 60


async def test_a_server_that_can_send_files_itself_is_given_the_path(app: NexiosApp, folder: Path) -> None:
    answer = await call(app, "/big.bin", extensions={"http.response.pathsend": {}})

    assert answer.messages[1] == {"type": "http.response.pathsend", "path": str(folder / "big.bin")}
    part = await call(
        app, "/big.bin", headers=[(b"host", b"x"), (b"range", b"bytes=1-400000")],
        extensions={"http.response.pathsend": {}},
    )  # fmt: skip
    assert len(part.body) == 400_000


async def test_a_server_that_can_send_files_itself_is_given_an_absolute_path(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = NexiosApp(plugins=[])
    app.get("/")(lambda response: response.file("big.bin"))
    monkeypatch.chdir(folder)

    answer = await call(app, extensions={"http.response.pathsend": {}})

    assert answer.messages[1] == {"type": "http.response.pathsend", "path": str(folder / "big.bin")}


async def test_a_client_that_leaves_closes_the_file(app: NexiosApp) -> None:
    async with TestClient(app) as client, client.stream("GET", "/big.bin") as answer:
        assert await anext(answer.aiter_raw())


@pytest.mark.parametrize("works", ["unknown", "cold", "unsupported"])
async def test_files_are_read_in_a_thread_where_the_cache_cannot_be_asked(
    app: NexiosApp, monkeypatch: pytest.MonkeyPatch, works: str
) -> None:
    if works == "unknown":
        monkeypatch.setattr(files, "NOWAIT", None)
    else:
        import errno

        def refuse(*args: Any) -> int:
            raise BlockingIOError if works == "cold" else OSError(errno.EOPNOTSUPP, "no")

        monkeypatch.setattr(os, "preadv", refuse, raising=False)
        monkeypatch.setattr(files, "NOWAIT", 8)
    assert (await call(app, "/big.bin")).body == CONTENT * 60


def test_an_error_of_the_disk_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> int:
        raise OSError(5, "input/output error")

    monkeypatch.setattr(os, "preadv", fail, raising=False)
    monkeypatch.setattr(files, "NOWAIT", 8)
    with pytest.raises(OSError, match="input/output error"):
        read_warm(0, 1, 0)


async def test_bytes_are_read_from_their_place(folder: Path) -> None:
    file, status = open_regular(folder / "small.txt")
    assert status.st_size == file.size == len(CONTENT)
    assert await read_at(file.descriptor, 10, 5) == CONTENT[5:15]
    assert await read_at(file.descriptor, 10, len(CONTENT) - 3) == CONTENT[-3:]
    file.close()
    file.close()
    assert file.descriptor == -1


def test_the_length_of_a_body_is_known_from_its_pieces() -> None:
    file = OpenFile(-1, "x", 100)

    assert FileBody(file, (Piece(b"", Range(0, 100)),)).is_whole
    assert not FileBody(file, (Piece(b"", Range(0, 50)),)).is_whole
    assert not FileBody(file, (Piece(b"a", Range(0, 99)),)).is_whole
    assert FileBody(file, (Piece(b"ab", Range(0, 10)), Piece(b"", Range(20, 30))), b"tail").length == 26


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.txt", "text/plain; charset=utf-8"),
        ("a.html", "text/html; charset=utf-8"),
        ("a.png", "image/png"),
        ("a.tar.gz", "application/octet-stream"),
        ("a", "application/octet-stream"),
        ("a.nothing-knows", "application/octet-stream"),
    ],
)
def test_the_type_is_guessed_from_the_name(name: str, kind: str) -> None:
    assert guess_type(name) == kind


async def test_a_small_file_that_has_shrunk_is_no_answer(folder: Path) -> None:
    file, _ = open_regular(folder / "small.txt")
    os.truncate(folder / "small.txt", 10)
    body = FileBody(file, (Piece(b"", Range(0, len(CONTENT))),))

    with pytest.raises(EOFError, match="became shorter"):
        await body.read()
    file.close()
