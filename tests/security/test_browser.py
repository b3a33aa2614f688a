"""Two sites on this machine, and a real browser that is made to send what it should not."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.security import CORSMiddleware, CSRFMiddleware, SecurityMiddleware
from nexios.session import SessionMiddleware

uvicorn = pytest.importorskip("uvicorn")
playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# A browser takes "localhost" for another site than "127.0.0.1", and a port for another origin of the same one.
TIMEOUT = 60_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not on PATH"),
]

FETCH = """async ([url, options]) => {
    try { const answer = await fetch(url, options); return [answer.status, await answer.text()]; }
    catch (error) { return ["refused", error.name]; }
}"""


class Server(uvicorn.Server):  # type: ignore[name-defined,misc]
    """uvicorn in a thread, on a free port."""

    def __init__(self, app: NexiosApp) -> None:
        super().__init__(uvicorn.Config(app, port=0, log_level="warning", ws="websockets-sansio"))
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self) -> int:
        self.thread.start()
        assert self.ready.wait(60), "the server did not start"
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port

    def __exit__(self, *error: object) -> None:
        self.should_exit = True
        self.thread.join(20)

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def make_bank(friend: list[str]) -> NexiosApp:
    """A site with sessions, whose answers the scripts of *friend* may read."""
    app = NexiosApp(MakeConfig(debug=True, secret_key="9d1f3c5b7a2e4d6f8091a3b5c7d9e1f2"))
    app.add_middleware(CORSMiddleware(allow_origins=lambda origin: origin in friend, allow_credentials=True))
    app.add_middleware(SecurityMiddleware())
    app.add_middleware(SessionMiddleware())
    app.add_middleware(CSRFMiddleware())
    app.state.paid = []

    @app.get("/")
    async def page(request: Request, response: Response) -> Response:
        request.session["user"] = "ann"
        return response.html(
            f"""<!doctype html><title>Bank</title>
            <form method="post" action="/pay">{request.csrf_input}<input name="to"><button>Pay</button></form>
            <script nonce="{request.csp_nonce}">window.allowed = true</script><script>window.injected = true</script>
            <meta name="token" content="{request.csrf_token}">"""
        )

    @app.post("/pay")
    async def pay(request: Request) -> str:
        app.state.paid.append(request.session.get("user"))
        return "paid"

    @app.get("/balance")
    async def balance(request: Request) -> str:
        return f"42 of {request.session.get('user')}"

    @app.get("/broken")
    async def fail() -> None:
        raise RuntimeError("a mistake")

    @app.put("/settings")
    async def change() -> str:
        app.state.paid.append("settings")
        return "changed"

    @app.websocket("/live")
    async def live(socket: Any) -> None:
        await socket.accept()
        await socket.send_text("hello")

    return app


def make_other(bank: str) -> NexiosApp:
    """Another site, with a form that pays at *bank*."""
    app = NexiosApp()

    @app.get("/")
    async def page(response: Response) -> Response:
        fields = '<input name="to" value="mallory"><button>Win</button>'
        return response.html(
            f'<!doctype html><title>Other</title><form method="post" action="{bank}/pay">{fields}</form>'
        )

    return app


@pytest.fixture(scope="module")
def sites() -> Iterator[tuple[Any, str, str, str]]:
    """The bank, its address, and those of a friend and of a stranger: one site, two origins, and a third."""
    friends: list[str] = []
    bank = make_bank(friends)
    with Server(bank) as bank_port:
        address = f"http://127.0.0.1:{bank_port}"
        with Server(make_other(address)) as other_port:
            friends.append(f"http://127.0.0.1:{other_port}")
            yield bank, address, friends[0], f"http://localhost:{other_port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM,
            timeout=2 * TIMEOUT,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, sites: tuple[Any, str, str, str]) -> Iterator[Any]:
    """A page of a browser that is logged in at the bank."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(TIMEOUT)
    page.goto(sites[1])
    sites[0].state.paid.clear()
    yield page
    context.close()


def test_a_form_of_the_site_itself_is_accepted_and_only_its_own_scripts_run(page: Any, sites: Any) -> None:
    bank, address, _, _ = sites

    assert page.evaluate("[window.allowed, window.injected]") == [True, None]
    page.click("button")
    page.wait_for_url(f"{address}/pay")

    assert page.content().count("paid") == 1
    assert bank.state.paid == ["ann"]


def test_a_script_of_the_site_sends_the_token_in_a_header(page: Any, sites: Any) -> None:
    token = page.get_attribute("meta[name=token]", "content")

    refused = page.evaluate(FETCH, ["/pay", {"method": "POST"}])
    accepted = page.evaluate(FETCH, ["/pay", {"method": "POST", "headers": {"x-csrf-token": token}}])

    assert (refused[0], accepted) == (403, [200, "paid"])
    assert sites[0].state.paid == ["ann"]


@pytest.mark.parametrize("who", [2, 3], ids=["another origin of the site", "another site"])
def test_a_form_of_another_page_is_refused(page: Any, sites: Any, who: int) -> None:
    bank, address = sites[:2]
    page.goto(sites[who])

    with page.expect_response(f"{address}/pay") as answer:
        page.click("button")

    assert answer.value.status == 403
    assert bank.state.paid == []


def test_a_script_with_permission_reads_answers_and_errors(page: Any, sites: Any) -> None:
    _, address, friend, _ = sites
    page.goto(friend)
    options = {"credentials": "include"}

    assert page.evaluate(FETCH, [f"{address}/balance", options]) == [200, "42 of ann"]
    for path, status in (("/nowhere", 404), ("/broken", 500)):
        assert page.evaluate(FETCH, [address + path, options])[0] == status
    # Allowed to ask, and to read why it is refused: it has no token.
    put = page.evaluate(
        FETCH, [f"{address}/settings", {**options, "method": "PUT", "headers": {"content-type": "a/b"}}]
    )
    assert put[0] == 403
    assert sites[0].state.paid == []


def test_a_script_without_permission_reads_nothing_and_does_not_get_to_ask(page: Any, sites: Any) -> None:
    _, address, _, stranger = sites
    page.goto(stranger)
    options = {"credentials": "include"}

    for path in ("/balance", "/nowhere", "/broken"):
        assert page.evaluate(FETCH, [address + path, options]) == ["refused", "TypeError"]
    assert page.evaluate(FETCH, [f"{address}/settings", {**options, "method": "PUT"}]) == ["refused", "TypeError"]
    assert sites[0].state.paid == []


def test_a_socket_is_opened_by_pages_of_the_site_alone(page: Any, sites: Any) -> None:
    _, address, _, stranger = sites
    listen = """url => new Promise(done => {
        const socket = new WebSocket(url);
        socket.onmessage = event => done(event.data);
        socket.onerror = () => done("refused");
    })"""
    url = address.replace("http", "ws") + "/live"

    own = page.evaluate(f"({listen})('{url}')") if page.goto(f"{address}/balance") else None
    page.goto(stranger)
    other = page.evaluate(f"({listen})('{url}')")

    assert (own, other) == ("hello", "refused")
