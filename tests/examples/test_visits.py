from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from examples.visits.app import make_app
from nexios import NexiosApp
from nexios.testing import SyncTestClient
from tests.servers import run_server, serve

STORES = ["cookie", "memory", "file", "redis"]


@contextmanager
def app_with(store: str) -> Iterator[NexiosApp]:
    if store != "redis":
        yield make_app(store, secret_key="5f1c0e9d8b7a69584736251403f2e1d0")
        return
    with run_server() as socket:
        yield make_app(store, redis={"url": f"unix://{socket}", "timeout": 10})


@pytest.mark.parametrize("store", STORES)
def test_it_counts(store: str) -> None:
    with app_with(store) as app, SyncTestClient(app) as client:
        assert [client.get("/").json()["visits"] for _ in range(3)] == [1, 2, 3]


@pytest.mark.slow
@pytest.mark.parametrize("store", STORES)
def test_it_counts_in_a_browser_on_localhost(store: str) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("chromium is not installed")

    with app_with(store) as app, serve(app) as url, sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        seen = [page.goto(f"{url}/").json()["visits"] for _ in range(3)]
        [cookie] = page.context.cookies()
        browser.close()

    assert seen == [1, 2, 3]
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("session", True, "Lax")
