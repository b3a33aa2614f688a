from __future__ import annotations

import json

from tests.cli.processes import Nexios, Write

APP = """\
from nexios import NexiosApp, Router

app = NexiosApp(plugins=[])
api = Router(prefix="/api", tags=["api"])

async def log(request, response, call_next):
    return await call_next()

app.add_middleware(log)

@app.get("/", name="home")
async def index():
    return {}

@api.route("/items/{id}", methods=["GET", "POST"])
async def item(id: int):
    return id

async def files(scope, receive, send):
    pass

app.mount_router(api)
app.mount("/files", files)
"""


def test_each_route_is_listed_with_its_handler_place_and_middleware(nexios: Nexios, write: Write) -> None:
    write("app.py", APP)

    ended = nexios("routes")

    assert [line.split() for line in ended.stdout.splitlines()] == [
        ["METHOD", "PATH", "HANDLER", "SOURCE", "MIDDLEWARE"],
        ["GET", "/", "index", "app.py:11", "log"],
        ["GET,POST", "/api/items/{id}", "item", "app.py:15", "log"],
        ["MOUNT", "/files", "files", "app.py:23", "log"],
    ]


def test_the_routes_are_told_to_other_programs(nexios: Nexios, write: Write) -> None:
    write("app.py", APP)

    routes = json.loads(nexios("routes", "app:app", "--json").stdout)

    assert routes[0] == {
        "protocol": "http",
        "methods": ["GET"],
        "path": "/",
        "host": None,
        "name": "home",
        "handler": "index",
        "source": "app.py:11",
        "middleware": ["log"],
        "tags": [],
    }
    assert routes[1]["tags"] == ["api"]


def test_an_application_without_routes_says_so(nexios: Nexios, write: Write) -> None:
    write("app.py", "from nexios import NexiosApp\napp = NexiosApp(plugins=[])\n")

    assert nexios("routes").stdout == "The application serves no route.\n"


def test_a_foreign_application_cannot_tell_its_routes(nexios: Nexios, write: Write) -> None:
    write("app.py", "async def app(scope, receive, send): ...\n")

    ended = nexios("routes")

    assert ended.stderr == "nexios: app:app is not a NexiosApp but a function: it cannot tell what it serves\n"
    assert ended.returncode == 2


def test_an_application_inside_asgi_middleware_tells_its_routes(nexios: Nexios, write: Write) -> None:
    wrapper = """
class Wrapper:
    def __init__(self, app):
        self.app = app
    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)

wrapped = Wrapper(app)
"""
    write("app.py", APP + wrapper)

    assert "/api/items/{id}" in nexios("routes", "app:wrapped").stdout


def test_a_route_that_cannot_be_served_is_said_with_its_line(nexios: Nexios, write: Write) -> None:
    write(
        "app.py",
        "from nexios import NexiosApp\napp = NexiosApp(plugins=[])\n\n@app.get('/{a')\nasync def index(): ...\n",
    )

    ended = nexios("routes")

    assert ended.stderr.startswith("nexios: app.py:4: RouteError: ")
    assert ended.returncode == 2
