"""The chat in two processes over a real Redis, used in two real browsers at once.

With NEXIOS_SCREENSHOTS set to a folder, what the browsers show is kept there.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.servers import free_port, is_listening, run_process, run_server

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("uvicorn")
pytest.importorskip("redis")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE = 60_000

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not on PATH")]


@contextmanager
def chat_at(port: int, redis: str) -> Iterator[None]:
    run = [sys.executable, "-m", "nexios.cli", "run", "examples.chat.app:app", "--port", str(port)]
    with run_process(["env", f"CHAT_REDIS_URL=unix://{redis}", *run], lambda: is_listening(port)):
        yield


def browse(driver: Any, port: int, name: str) -> Any:
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    page = browser.new_page(viewport={"width": 760, "height": 520})
    page.set_default_timeout(PATIENCE)
    page.goto(f"http://127.0.0.1:{port}/?room=tea&name={name}")
    return page


def say(page: Any, text: str) -> None:
    page.fill("input", text)
    page.press("input", "Enter")


def sees(page: Any, selector: str, *texts: str) -> None:
    playwright.expect(page.locator(selector)).to_have_text(list(texts), timeout=PATIENCE)


def keep(page: Any, name: str) -> None:
    folder = os.environ.get("NEXIOS_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder, f"{name}.png"))


def test_two_browsers_at_two_processes_are_in_one_room() -> None:
    first, second = free_port(), free_port()
    with run_server() as redis, chat_at(first, redis), playwright.sync_playwright() as driver, ExitStack() as stack:
        other = stack.enter_context(ExitStack())
        other.enter_context(chat_at(second, redis))
        ann = browse(driver, first, "Ann")
        sees(ann, "#present li", "Ann")
        say(ann, "is anybody there?")
        bob = browse(driver, second, "Bob")
        sees(bob, "#log li", "Annis anybody there?")
        for page in (ann, bob):
            sees(page, "#present li", "Ann", "Bob")
        say(bob, "<b>yes</b>")
        sees(ann, "#log li", "Annis anybody there?", "Bob has come", "Bob<b>yes</b>")
        keep(ann, "chat-ann")
        keep(bob, "chat-bob")

        other.close()
        playwright.expect(bob.locator("#state")).to_contain_text("connecting again", timeout=PATIENCE)
        sees(ann, "#present li", "Ann")
        say(ann, "still here?")
        sees(ann, "#log li >> nth=-1", "Annstill here?")
        other.enter_context(chat_at(second, redis))
        sees(bob, "#log li", "Annis anybody there?", "Bob<b>yes</b>", "Annstill here?")
        sees(bob, "#present li", "Ann", "Bob")
        keep(bob, "chat-bob-is-back")
        for page in (ann, bob):
            page.context.browser.close()
