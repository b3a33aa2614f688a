"""What is sent over raw sockets, and what may become of it."""

from __future__ import annotations

import asyncio
import importlib.metadata
import re
import subprocess
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

from tests.cli.processes import NEXIOS, PATIENCE, Running

APP = """
    from nexios import NexiosApp

    app = NexiosApp({"limits": {"body_timeout": 1}}, plugins=[])

    @app.route("/{name}", methods=["GET", "POST"])
    async def show(request, name):
        return f"<{name} {len(await request.body)}>"
    """

# Behind every case: what a server serves as a request of its own, unless it has refused or read it as content.
NEXT = b"GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
CHUNKED = b"5\r\nabcde\r\n0\r\n\r\n"


@dataclass(frozen=True)
class Case:
    """One request with the header *sends*. Whoever serves nothing of it is right; else it must be what *may* says:
    the handlers that are reached, with the bytes of their content, in order."""

    name: str
    sends: bytes
    may: tuple[str, ...] = ()
    content: bytes = b""
    line: bytes = b"POST /first HTTP/1.1"

    @property
    def message(self) -> bytes:
        fields = self.sends + b"\r\n" if self.sends else b""
        return self.line + b"\r\n" + fields + b"\r\n" + self.content + NEXT


def _post(name: str, *fields: bytes, content: bytes = b"", may: tuple[str, ...] = ()) -> Case:
    return Case(name, b"\r\n".join((b"Host: x", *fields)), may, content)


GET = b"GET /first HTTP/1.1"
BOTH = ("first 0, next 0",)
CODED = b"Transfer-Encoding: chunked"
READ = ("first 5, next 0",)

CASES = [
    _post("two requests in one segment", b"Content-Length: 5", content=b"abcde", may=READ),
    _post("a chunked request", CODED, content=CHUNKED, may=READ),
    # RFC 9112 section 6.3: whoever serves this must have read it as chunked, and closed the connection.
    _post("Content-Length and Transfer-Encoding", b"Content-Length: 5", CODED, content=CHUNKED, may=("first 5",)),
    _post("Transfer-Encoding and Content-Length", CODED, b"Content-Length: 4", content=CHUNKED, may=("first 5",)),
    _post("two Content-Lengths, one of them 0", b"Content-Length: 0", b"Content-Length: 5", content=b"abcde"),
    _post("two equal Content-Lengths", b"Content-Length: 5", b"Content-Length: 5", content=b"abcde", may=READ),
    _post("Content-Length: 5, 5", b"Content-Length: 5, 5", content=b"abcde", may=READ),
    _post("Content-Length: +5", b"Content-Length: +5", content=b"abcde"),
    _post("Content-Length: -1", b"Content-Length: -1", content=b"abcde"),
    _post("Content-Length: 5_0", b"Content-Length: 5_0", content=b"abcde" * 10),
    _post("Content-Length: 0x5", b"Content-Length: 0x5", content=b"abcde"),
    _post("Content-Length in Arabic digits", "Content-Length: \u0665".encode(), content=b"abcde"),
    _post("Content-Length without a value", b"Content-Length:", content=b"abcde"),
    _post("Content-Length of 30 digits", b"Content-Length: " + b"9" * 30, content=b"abcde"),
    _post("a blank before the colon of Content-Length", b"Content-Length : 5", content=b"abcde"),
    _post("a blank before the colon of Transfer-Encoding", b"Transfer-Encoding : chunked", content=CHUNKED),
    _post("Transfer-Encoding on a folded line", b"Transfer-Encoding:", b" chunked", content=CHUNKED, may=READ),
    _post("Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: gzip, chunked", content=CHUNKED),
    _post("Transfer-Encoding: chunked, identity", b"Transfer-Encoding: chunked, identity", content=CHUNKED),
    _post("Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: chunked, chunked", content=CHUNKED),
    _post("Transfer-Encoding: xchunked", b"Transfer-Encoding: xchunked", content=CHUNKED),
    _post("Transfer-Encoding: chunked with a vertical tab", b"Transfer-Encoding: \x0bchunked", content=CHUNKED),
    _post("two Transfer-Encodings", CODED, b"Transfer-Encoding: identity", content=CHUNKED),
    _post(
        "Transfer_Encoding with an underscore",
        b"Transfer_Encoding: chunked",
        b"Content-Length: 5",
        content=b"abcde",
        may=READ,
    ),
    Case("Transfer-Encoding in HTTP/1.0", b"Host: x\r\n" + CODED, ("first 5",), CHUNKED, b"POST /first HTTP/1.0"),
    _post("a chunk size with 0x", CODED, content=b"0x5\r\nabcde\r\n0\r\n\r\n"),
    _post("a chunk size with a sign", CODED, content=b"+5\r\nabcde\r\n0\r\n\r\n"),
    _post("a chunk size with an underscore", CODED, content=b"0_5\r\nabcde\r\n0\r\n\r\n"),
    _post("a chunk size of 20 digits", CODED, content=b"F" * 20 + b"\r\nabcde\r\n0\r\n\r\n"),
    _post("a chunk longer than its size", CODED, content=b"3\r\nabcde\r\n0\r\n\r\n"),
    _post("a chunk that ends with LF alone", CODED, content=b"5\r\nabcde\n0\r\n\r\n"),
    _post("a chunk size that ends with LF alone", CODED, content=b"5\nabcde\r\n0\r\n\r\n", may=READ),
    _post("a chunk extension with LF alone", CODED, content=b"5;a\nabcde\r\n0\r\n\r\n", may=READ),
    _post("a trailer named Host", CODED, content=b"5\r\nabcde\r\n0\r\nHost: evil\r\n\r\n", may=READ),
    Case(
        "GET with Upgrade and Content-Length",
        b"Host: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 5",
        (),
        b"abcde",
        GET,
    ),
    Case("no Host", b"Accept: */*"),
    Case("two Hosts", b"Host: x\r\nHost: y"),
    *[Case(f"Host: {host.decode()}", b"Host: " + host) for host in (b"a/b", b"u@h", b"[::1", b"x:99999")],
    Case(
        "an absolute target with another host than Host",
        b"Host: x\r\nContent-Length: 0",
        (*BOTH, "next 0"),
        line=b"GET http://evil.example/first HTTP/1.1",
    ),
    _post("a NUL in a value", b"X: a\0b"),
    _post("CR alone in a value", b"X: a\rContent-Length: 5", content=b"abcde"),
    _post("LF alone at the end of a field", b"X: a\nContent-Length: 5", content=b"abcde", may=READ),
    _post("a DEL in a value", b"X: a\x7fb"),
    _post("a name with a blank", b"X y: 1"),
    _post("a line without a colon", b"X"),
    _post("101 fields", *[b"X-%d: 1" % number for number in range(100)], may=("next 0",)),
    _post("40 KB of fields", *[b"X-%d: " % number + b"v" * 4_000 for number in range(10)], may=("next 0",)),
    Case("two blanks in the request line", b"Host: x", BOTH, line=b"GET  /first HTTP/1.1"),
    Case("a method in lower case", b"Host: x", (*BOTH, "next 0"), line=b"get /first HTTP/1.1"),
    Case("HTTP/9.9", b"Host: x", BOTH, line=b"GET /first HTTP/9.9"),
    Case("a NUL in the path", b"Host: x", line=b"GET /fi\0rst HTTP/1.1"),
    Case(
        "a Content-Length over the limit, and Expect",
        b"Host: x\r\nExpect: 100-continue\r\nContent-Length: 9999999",
        (),
        b"abcde",
    ),
]


async def ask(port: int, case: Case) -> str:
    """What became of *case*: the handlers that were served, or the status of the refusal."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        async with asyncio.timeout(PATIENCE):
            writer.write(case.message)
            while data := await reader.read(65_536):
                answer += data
    except ConnectionError:  # what came before it counts
        pass
    finally:
        writer.close()
    return read_outcome(answer)


def read_outcome(answer: bytes) -> str:
    served = ", ".join(f"{name.decode()} {size.decode()}" for name, size in re.findall(rb"<(\w+) (\d+)>", answer))
    statuses = ", ".join(status.decode() for status in re.findall(rb"HTTP/1\.[01] (1\d\d|[45]\d\d)", answer))
    return "; ".join(filter(None, (served, statuses))) or "closed"


async def ask_all(port: int) -> dict[str, str]:
    outcomes = await asyncio.gather(*(ask(port, case) for case in CASES))
    return {case.name: outcome for case, outcome in zip(CASES, outcomes, strict=True)}


def is_safe(case: Case, outcome: str) -> bool:
    served, _, _ = outcome.partition(";")
    return not re.search(r"[a-z] \d", served) or served in case.may


# -- the table of the documentation --------------------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "framing.md"
SERVERS = {
    "uvicorn, httptools": ("uvicorn", "httptools"),
    "uvicorn, h11": ("uvicorn", "h11"),
    "hypercorn": ("hypercorn", "h11"),
    "granian": ("granian",),
}
HEAD = """# Framing, server by server

Where a request ends, and which host it is for, is read twice: by the server from the bytes, and by the framework from
the header fields that it is handed. This is what becomes of requests that two readers could understand differently,
sent over raw sockets to `nexios run` with a second request, `/next`, right behind them.

`first 5, next 0` means that both handlers were reached, the first with five bytes of content. A number alone is the
status of a refusal, and nothing was reached; `closed` is a refusal without a word. The tests hold each server to the
standard (RFC 9112): whatever is reached has been read as it says.

The page is written by `hatch run tables`.
"""


def versions(server: str) -> str:
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in SERVERS[server])


def render(results: dict[str, dict[str, str]]) -> str:
    lines = ["| sent | " + " | ".join(map(versions, results)) + " |", "|---" * (len(results) + 1) + "|"]
    lines += [f"| {case.name} | " + " | ".join(each[case.name] for each in results.values()) + " |" for case in CASES]
    return HEAD + "\n" + "\n".join(lines) + "\n"


def documented(server: str) -> dict[str, str]:
    """What the page says of *server*; nothing where it was written with other versions."""
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    if versions(server) not in rows[0]:
        return {}
    column = rows[0].index(versions(server))
    return {row[0]: row[column] for row in rows[1:]}


def start(server: str, folder: Path) -> subprocess.Popen[str]:
    """``nexios run`` of APP below *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    Path(folder, "app.py").write_text(textwrap.dedent(APP), "utf-8")
    if SERVERS[server] == ("uvicorn", "h11"):  # it takes httptools where that can be imported
        Path(folder, "httptools.py").write_text("raise ImportError\n", "utf-8")
    command = [*NEXIOS, "run", "--server", SERVERS[server][0], "--port", "0", "--no-access-log"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def measure(server: str, folder: Path) -> dict[str, str]:
    running = Running(start(server, folder))
    try:
        return asyncio.run(ask_all(running.port))
    finally:
        running.signal()
        running.wait()
        running.end()


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        PAGE.write_text(render({server: measure(server, Path(scratch, server)) for server in SERVERS}), "utf-8")


if __name__ == "__main__":
    main()
