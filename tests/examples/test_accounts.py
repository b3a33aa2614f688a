from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest

from nexios.testing import TestClient, WebSocketDenied
from tests.servers import serve

argon2 = pytest.importorskip("argon2", reason="the extra nexios-auth[passwords] is not installed")
pytestmark = pytest.mark.anyio

from examples.accounts.app import make_app  # noqa: E402  # needs what was just asked for

QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ADA = {"name": "ada", "password": "correct horse"}


@pytest.fixture
async def client() -> AsyncIterator[TestClient]:
    async with TestClient(make_app(engine=QUICK)) as client:
        yield client


async def test_a_browser_logs_in_and_out(client: TestClient) -> None:
    assert (await client.get("/me")).status_code == 401
    assert (await client.post("/login", json={**ADA, "password": "wrong"})).status_code == 401
    assert (await client.post("/login", json={"name": "nobody", "password": "wrong"})).status_code == 401
    assert (await client.post("/login", json=ADA)).json() == {"hello": "Ada"}
    assert (await client.get("/me")).json() == {"name": "Ada", "by": "session"}
    assert (await client.get("/admin/users")).json() == ["ada", "bob"]
    await client.post("/logout")
    assert (await client.get("/me")).status_code == 401


async def test_a_program_has_a_token(client: TestClient) -> None:
    form = {"grant_type": "password", "username": "bob", "password": "battery staple"}
    pair = (await client.post("/token", data=form)).json()
    client.with_token(pair["access_token"])

    assert (await client.get("/me")).json() == {"name": "Bob", "by": "oauth2"}
    assert (await client.get("/admin/users")).status_code == 403
    async with client.websocket_connect("/news") as socket:
        assert await socket.receive_json() == {"news for": "Bob"}

    client.with_token(pair["access_token"][:-2])
    with pytest.raises(WebSocketDenied):
        async with client.websocket_connect("/news"):
            pass


async def test_everything_asks_for_a_user_but_what_is_open(client: TestClient) -> None:
    statuses = {path: (await client.get(path)).status_code for path in ("/docs", "/openapi.json", "/redoc", "/nowhere")}
    document = (await client.get("/openapi.json")).json()

    assert statuses == {"/docs": 200, "/openapi.json": 200, "/redoc": 401, "/nowhere": 404}
    assert document["paths"]["/me"]["get"]["security"] == [{"session": []}, {"oauth2": []}]
    assert "security" not in document["paths"]["/login"]["post"]


@pytest.mark.slow
def test_the_button_authorize_of_the_documents_works_in_a_browser() -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("chromium is not installed")

    with serve(make_app(engine=QUICK)) as url, sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{url}/docs")
        page.get_by_role("button", name="Authorize").first.click()
        dialog = page.locator(".auth-container", has=page.locator("#oauth_username"))
        dialog.locator("#oauth_username").fill("bob")
        dialog.locator("#oauth_password").fill("battery staple")
        with page.expect_response("**/token") as token:
            dialog.get_by_role("button", name="Apply given OAuth2 credentials").click()
        page.get_by_role("button", name="Close").first.click()
        operation = page.locator(".opblock", has=page.locator("[data-path='/me']"))
        operation.locator(".opblock-summary-control").click()
        operation.get_by_role("button", name="Try it out").click()
        with page.expect_response("**/me") as me:
            operation.get_by_role("button", name="Execute").click()
        seen = token.value.status, me.value.json()
        browser.close()

    assert seen == (200, {"name": "Bob", "by": "oauth2"})
