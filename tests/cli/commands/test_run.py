from __future__ import annotations

import http.client
import json
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nexios.cli import main
from nexios.cli.errors import CommandError
from nexios.cli.servers import check_installed
from tests.cli.processes import Nexios, Serve, Write, until

HELLO = """
    from nexios import NexiosApp

    app = NexiosApp(plugins=[])

    @app.get("/")
    async def index():
        return "hello"
"""


def test_an_application_is_served_by_each_server(server: str, serve: Serve, write: Write) -> None:
    write("app.py", HELLO)

    running = serve("app:app", "--server", server)

    assert running.get() == "hello"
    running.signal()
    assert running.wait() == 0


def test_an_application_that_knows_no_lifespan_is_served_by_each_server(
    server: str, serve: Serve, write: Write
) -> None:
    write(
        "bare.py",
        """
        async def app(scope, receive, send):
            assert scope["type"] == "http"
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
            await send({"type": "http.response.body", "body": b"bare"})
        """,
    )

    running = serve("bare", "--server", server)

    assert running.get() == "bare"
    running.signal()
    assert running.wait() == 0


@pytest.mark.parametrize(
    "arguments",
    [(), ("main",), ("main:app",), ("main.py",), ("--app", "main:app"), (":app",), ("main:make", "--factory")],
    ids=" ".join,
)
def test_an_application_is_found_by_each_way_of_naming_it(
    arguments: tuple[str, ...], serve: Serve, write: Write
) -> None:
    write("main.py", HELLO + "\n    def make():\n        return app\n")

    assert serve(*arguments).get() == "hello"


HINT = " (--traceback shows all of it)"
BROKEN = {
    "several.py": "from nexios import NexiosApp\nfirst = NexiosApp()\nsecond = NexiosApp()\nalias = second\n",
    "nothing.py": "thing = {}\nasync def handler(request, response): ...\ndef make(): return 3\n",
    "raises.py": "def connect():\n    return {}['db']\n\nconnect()\n",
    "imports.py": "import json\nimport no_such_package\n",
    "syntax.py": "ok = 1\ndef broken(:\n",
    "exits.py": "import sys\nsys.exit('not today')\n",
    "factory.py": "def make():\n    raise RuntimeError('no key')\n",
}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no application is named, and there is no app.py or main.py in "),
        (("nope:app",), "there is no module 'nope' in "),
        (("several.app",), "there is no module 'several.app' in "),
        (("several:fist",), "'several' has no attribute 'fist'; did you mean 'first'?"),
        (("several",), "there are several applications in 'several': first, second; say which, for example "),
        (("nothing",), "there is no application in 'nothing': name it as nothing:attribute"),
        (("nothing:thing",), "nothing:thing is not an ASGI application but a dict"),
        (("nothing:handler",), "nothing:handler is not an ASGI application but a function"),
        (("nothing:make",), "nothing:make is not an ASGI application but a function; add --factory if it makes one"),
        (("nothing:make", "--factory"), "what nothing:make() returned is not an ASGI application but an int"),
        (("nothing", "--factory"), "--factory needs the function that makes the application: nothing:create_app"),
        (("raises",), f"raises.py:2: KeyError: 'db'{HINT}"),
        (("imports",), f"imports.py:2: ModuleNotFoundError: No module named 'no_such_package'{HINT}"),
        (("syntax",), f"syntax.py:2: SyntaxError: invalid syntax{HINT}"),
        (("exits",), f"exits.py:2: SystemExit: not today{HINT}"),
        (("factory:make", "--factory"), f"factory.py:2: RuntimeError: no key{HINT}"),
        (("several:first", "--app", "other"), "two applications are named: several:first and --app other"),
        (("several:first", "--host", "192.0.2.1"), "cannot listen on 192.0.2.1:8000: "),
        (("several:first", "--fd", "99"), "cannot serve on file descriptor 99: Bad file descriptor"),
        (("several:first", "--uds", "no/such/folder"), "cannot listen on no/such/folder: No such file or directory"),
    ],
)  # fmt: skip
def test_what_cannot_be_served_is_said_in_one_line(
    arguments: tuple[str, ...],
    message: str,
    write: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, source in BROKEN.items():
        write(name, source)
        monkeypatch.delitem(sys.modules, name.removesuffix(".py"), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    place = () if {"--host", "--fd", "--uds"} & set(arguments) else ("--port", "0")

    with pytest.raises(SystemExit) as ended:
        main(["run", *arguments, *place])

    said = capsys.readouterr().err
    assert said.startswith(f"nexios: {message}")
    assert said.count("\n") == 1
    assert ended.value.code == 2


def test_the_whole_traceback_is_shown_on_demand(nexios: Nexios, write: Write) -> None:
    write("raises.py", BROKEN["raises.py"])

    ended = nexios("run", "raises", "--port", "0", "--traceback")

    assert ended.stderr.startswith("Traceback (most recent call last):")
    assert ended.stderr.endswith("nexios: raises.py:2: KeyError: 'db'\n")
    assert ended.returncode == 2


def test_a_port_that_is_taken_is_said_in_one_line(nexios: Nexios, write: Write) -> None:
    write("app.py", HELLO)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        ended = nexios("run", "--port", str(port))

    assert ended.stderr == (
        f"nexios: 127.0.0.1:{port} is taken, something listens there already: "
        "stop it or choose another with --port\n"
    )  # fmt: skip
    assert ended.returncode == 2


def test_a_server_that_is_not_installed_is_named_with_its_extra() -> None:
    with pytest.raises(
        CommandError, match=r"the server imaginary is not installed: pip install 'nexios-cli\[imaginary\]'"
    ):
        check_installed("imaginary")


def test_a_failing_start_is_said_once_under_each_server(server: str, nexios: Nexios, write: Write) -> None:
    write(
        "app.py",
        """
        async def app(scope, receive, send):
            assert (await receive())["type"] == "lifespan.startup"
            await send({"type": "lifespan.startup.failed", "message": "no database at db:5432"})
        """,
    )

    ended = nexios("run", "--server", server, "--port", "0", "--log-level", "critical")

    assert ended.stderr == "nexios: the application did not start: no database at db:5432\n"
    assert ended.returncode == 2


def test_the_reason_of_a_hook_that_fails_at_the_start_is_shown(nexios: Nexios, write: Write) -> None:
    write(
        "app.py",
        HELLO
        + """
    @app.on_startup
    async def connect():
        raise ConnectionError("no database at db:5432")
""",
    )

    ended = nexios("run", "--port", "0")

    assert ended.stderr.endswith("nexios: the application did not start: ConnectionError: no database at db:5432\n")
    assert ended.returncode == 2


def test_nobody_is_believed_about_where_a_request_comes_from(server: str, serve: Serve, write: Write) -> None:
    write(
        "app.py",
        """
        import json

        async def app(scope, receive, send):
            body = json.dumps([scope["client"][0], scope["scheme"]]).encode()
            length = str(len(body)).encode()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
            await send({"type": "http.response.body", "body": body})
        """,
    )

    running = serve("--server", server)
    answer = running.get("/", **{"x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https"})

    assert json.loads(answer) == ["127.0.0.1", "http"]


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose name leaves room for a socket's in the 107 bytes that Unix allows."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_a_unix_socket_is_served_by_each_server_and_removed(
    server: str, serve: Serve, write: Write, short_folder: Path
) -> None:
    path = short_folder / "app.sock"
    write("app.py", HELLO)

    running = serve("--server", server, "--uds", str(path))
    running.stderr.wait_for(f"serving on unix:{path}")

    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert answer.read() == b"hello"
    running.signal()
    assert running.wait() == 0
    assert not path.exists()


def test_the_socket_of_a_killed_server_is_replaced_and_that_of_a_living_one_is_not(
    serve: Serve, nexios: Nexios, write: Write, short_folder: Path
) -> None:
    path = short_folder / "app.sock"
    write("app.py", HELLO)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    serve("--uds", str(path)).stderr.wait_for("serving on unix:")

    second = nexios("run", "--uds", str(path))
    assert second.stderr == f"nexios: {path} is taken, something listens there already: stop that one\n"
    assert second.returncode == 2


@pytest.mark.slow
def test_a_listening_socket_of_another_program_is_served_and_left_as_it_was(
    server: str, serve: Serve, write: Write
) -> None:
    write("app.py", HELLO)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for _ in range(2):
            running = serve("--server", server, "--fd", str(listener.fileno()))
            assert running.get() == "hello"
            running.signal()
            assert running.wait() == 0


def test_python_is_told_where_the_application_is(serve: Serve, write: Write) -> None:
    write("package/__init__.py", "")
    write("package/app.py", HELLO.replace('"hello"', "__name__"))

    assert serve(os.path.join("package", "app.py")).get() == "package.app"


def test_the_port_is_free_as_soon_as_the_server_has_ended(serve: Serve, write: Write) -> None:
    write("app.py", HELLO)
    first = serve()
    port = first.port
    first.signal()
    first.wait()

    second = serve("--port", str(port))
    until(lambda: second.process.poll() is None and second.get() == "hello")
