from __future__ import annotations

from tests.cli.processes import Nexios, Write

APP = """
    from nexios import NexiosApp

    app = NexiosApp(title="Shop", plugins=[])

    @app.on_startup
    async def connect():
        print("connected")

    @app.on_shutdown
    async def disconnect():
        print("disconnected")

    async def answer():
        return 41
"""


def test_the_application_is_in_scope_and_await_works(nexios: Nexios, write: Write) -> None:
    write("app.py", APP)

    ended = nexios("shell", stdin="import app as module\nprint(app.title, 1 + await module.answer())\n")

    assert "Shop 42" in ended.stdout
    assert "connected" not in ended.stdout
    assert ended.returncode == 0


def test_an_error_is_shown_and_the_prompt_goes_on(nexios: Nexios, write: Write) -> None:
    write("app.py", APP)

    ended = nexios("shell", stdin="1 / 0\nawait app.nothing()\nprint('still here')\n")

    assert "ZeroDivisionError" in ended.stderr
    assert "AttributeError" in ended.stderr
    assert "still here" in ended.stdout


def test_the_application_runs_while_the_prompt_is_open_on_demand(nexios: Nexios, write: Write) -> None:
    write("app.py", APP)

    ended = nexios("shell", "--start", stdin="print(app.is_running)\n")

    words = ended.stdout.replace(">>>", "").split()
    assert words == ["connected", "True", "disconnected"]


def test_exit_leaves_the_prompt_in_order(nexios: Nexios, write: Write) -> None:
    write("app.py", APP)

    ended = nexios("shell", "--start", stdin="exit()\nprint('never')\n")

    assert "disconnected" in ended.stdout
    assert "never" not in ended.stdout
