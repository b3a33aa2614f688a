"""A real browser, whose network reaches this machine only, opens the pages of the example."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import BaseModel

from examples.products.app import app as products
from nexios import MakeConfig, NexiosApp

uvicorn = pytest.importorskip("uvicorn")
playwright = pytest.importorskip("playwright.sync_api")
# A machine that does other things as well may take its time; a page that never shows is found all the same.
playwright.expect.set_options(timeout=60_000)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not on PATH"),
]

HOSTILE = "</script><script>window.taken = 1</script><img src=x onerror='window.taken = 1'>[x](javascript:taken=1)"


class Note(BaseModel):
    text: str


hostile = NexiosApp(
    MakeConfig(openapi={"title": HOSTILE, "description": HOSTILE, "tags": [{"name": HOSTILE, "description": HOSTILE}]}),
    plugins=["validation", "openapi"],
)


@hostile.post("/notes", tags=[HOSTILE], summary=HOSTILE, description=HOSTILE, responses={400: HOSTILE})
async def write_note(note: Note) -> Note:
    return note


class Server(uvicorn.Server):  # type: ignore[name-defined,misc]
    """uvicorn in a thread, on a free port."""

    def __enter__(self) -> str:
        self.thread = threading.Thread(target=self.run)
        self.ready = threading.Event()
        self.thread.start()
        assert self.ready.wait(60), "the server did not start"
        return f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}"

    def __exit__(self, *error: object) -> None:
        self.should_exit = True
        self.thread.join(20)

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@dataclass
class Visit:
    """One page, and what happened on it."""

    page: Any
    host: str
    foreign: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> Any:
        self.page.on("request", lambda request: self._note(request.url))
        self.page.on("requestfailed", lambda request: self.blocked.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(self.host + path)
        return self.page

    def _note(self, url: str) -> None:
        if not url.startswith((self.host, "data:", "blob:")):
            self.foreign.append(url)

    def check(self) -> None:
        """Nothing has left the machine, and no script has failed."""
        assert [url for url in self.foreign if url not in self.blocked] == []
        assert self.errors == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM,
            timeout=120_000,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
        )
        yield browser
        browser.close()


def serve(app: NexiosApp) -> Server:
    return Server(uvicorn.Config(app, port=0, log_level="warning"))


@pytest.fixture(scope="module")
def example() -> Iterator[str]:
    with serve(products) as host:
        yield host


@pytest.fixture(scope="module")
def trap() -> Iterator[str]:
    with serve(hostile) as host:
        yield host


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(60_000)
    yield page
    page.close()


def test_trying_it_out_in_swagger_ui_posts_a_product_and_shows_the_answer(
    page: Any, example: str, tmp_path: Any
) -> None:
    visit = Visit(page, example)
    visit.open("/docs")

    page.get_by_text("/products", exact=True).nth(1).click()
    page.get_by_role("button", name="Try it out").click()
    page.locator("textarea.body-param__text").fill('{"name": "Gadget", "price": 4.5}')
    page.get_by_role("button", name="Execute").click()

    answer = page.locator(".live-responses-table .response .highlight-code").first
    playwright.expect(page.locator(".live-responses-table .response .response-col_status").first).to_contain_text("201")
    playwright.expect(answer).to_contain_text('"name": "Gadget"')
    page.screenshot(path=tmp_path / "docs.png", full_page=True)
    visit.check()


@pytest.mark.parametrize(
    ("path", "text"), [("/docs", "Create product"), ("/scalar", "Create product"), ("/redoc", "/products")]
)
def test_a_page_shows_what_the_application_serves(page: Any, example: str, path: str, text: str, tmp_path: Any) -> None:
    visit = Visit(page, example)
    visit.open(path)

    playwright.expect(page.get_by_text(text).first).to_be_visible()
    playwright.expect(page).to_have_title("Products")
    page.screenshot(path=tmp_path / "page.png")
    visit.check()


@pytest.mark.parametrize("path", ["/docs", "/scalar", "/redoc"])
def test_hostile_words_of_a_document_run_no_script(page: Any, trap: str, path: str) -> None:
    visit = Visit(page, trap)
    visit.open(path)

    playwright.expect(page.get_by_text("window.taken").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.taken") is None
    assert [url for url in visit.foreign if url not in visit.blocked] == []
