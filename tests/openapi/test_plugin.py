from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import BaseModel

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.exceptions import ConfigurationError, MissingPluginError
from nexios.openapi import openapi
from nexios.openapi.assets import FOLDER, recorded
from nexios.testing import TestClient

pytestmark = pytest.mark.anyio

PAGES = ("/docs", "/redoc", "/scalar")
HOSTILE = "</script><svg onload=alert(1)>\"'&{nonce}<!--"


class Product(BaseModel):
    name: str


def new_app(settings: dict[str, Any] | None = None, **config: Any) -> NexiosApp:
    app = NexiosApp(
        MakeConfig({"openapi": settings if settings is not None else {}, **config}), plugins=["validation", "openapi"]
    )

    @app.post("/products")
    async def create(product: Product) -> Product:
        return product

    return app


async def get(app: NexiosApp, url: str, **options: Any) -> Any:
    async with TestClient(app) as client:
        return await client.get(url, **options)


async def test_the_document_is_served_as_json_and_as_yaml() -> None:
    app = new_app()

    as_json = await get(app, "/openapi.json")
    as_yaml = await get(app, "/openapi.yaml")

    assert as_json.headers["content-type"] == "application/json"
    assert as_json.json() == openapi(app)
    assert as_yaml.headers["content-type"] == "application/yaml"
    assert as_yaml.text.startswith("openapi:")


async def test_a_client_that_has_the_document_need_not_fetch_it_again() -> None:
    app = new_app()
    tag = (await get(app, "/openapi.json")).headers["etag"]

    again = await get(app, "/openapi.json", headers={"if-none-match": tag})

    assert (again.status_code, again.content) == (304, b"")


async def test_a_route_that_is_added_later_is_described_too() -> None:
    app = new_app()
    await get(app, "/openapi.json")

    @app.get("/late")
    async def late() -> None: ...

    assert "/late" in (await get(app, "/openapi.json")).json()["paths"]


async def test_below_a_root_path_everything_is_found_there() -> None:
    app = new_app()

    async with TestClient(app, root_path="/api") as client:
        document = await client.get("/openapi.json")
        page = await client.get("/docs")

    assert document.json()["servers"] == [{"url": "/api"}]
    assert '"/api/openapi.json"' in page.text
    assert 'src="/api/docs/assets/swagger-ui-bundle.js?v=' in page.text


@pytest.mark.parametrize("url", PAGES)
async def test_a_page_runs_its_own_scripts_and_no_others(url: str) -> None:
    app = new_app()

    first, second = await get(app, url), await get(app, url)

    nonce = re.search(r"script-src 'nonce-([^']+)';", first.headers["content-security-policy"])
    assert nonce is not None
    assert nonce[1] not in second.text
    assert all(f'nonce="{nonce[1]}"' in tag for tag in re.findall(r"<script[^>]*>", first.text))
    assert not re.search(r"https?://", first.text)


@pytest.mark.parametrize("url", PAGES)
async def test_hostile_titles_stay_text(url: str) -> None:
    page = await get(new_app({"title": HOSTILE, "description": HOSTILE}), url)

    assert "<svg" not in page.text
    assert page.text.count("</script>") == page.text.count("<script")


async def test_a_middleware_that_sets_the_policy_says_with_which_nonce() -> None:
    app = new_app()

    @app.middleware
    async def secure(request: Request, response: Response, call_next: Any) -> Any:
        request.state.csp_nonce = "r4nd0m"
        answer = await call_next()
        return answer.set_header("content-security-policy", "script-src 'nonce-r4nd0m'")

    page = await get(app, "/docs")

    assert page.headers["content-security-policy"] == "script-src 'nonce-r4nd0m'"
    assert 'nonce="r4nd0m"' in page.text


async def test_servers_that_are_configured_may_be_tried_out() -> None:
    app = new_app({"servers": [{"url": "https://api.example.com/v1"}, {"url": "//x; script-src *"}, {"url": "/here"}]})

    policy = (await get(app, "/docs")).headers["content-security-policy"]

    assert "connect-src 'self' https://api.example.com;" in policy
    assert "*" not in policy


@pytest.mark.parametrize(
    "url",
    [f"/{page}/assets/{name}" for page, program in (("docs", "swagger"), ("redoc", "redoc"), ("scalar", "scalar"))
     for name in recorded()[program]["files"]],
)  # fmt: skip
async def test_assets_come_from_the_package_and_may_be_kept(url: str) -> None:
    answer = await get(new_app(), url)

    program = {"docs": "swagger"}.get(url.split("/")[1], url.split("/")[1])
    assert answer.content == (FOLDER / program / url.rpartition("/")[2]).read_bytes()
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["assets.json", "..%2fassets.json", "..%2f..%2fplugin.py", "%2fetc%2fpasswd", "LICENSE%00"]
)
async def test_nothing_else_is_served_as_an_asset(name: str) -> None:
    assert (await get(new_app(), f"/docs/assets/{name}")).status_code == 404


async def test_none_takes_all_of_it_away() -> None:
    app = NexiosApp(MakeConfig(openapi=None), plugins=["validation", "openapi"])

    assert app.plugins["openapi"].state == "off"
    for url in (*PAGES, "/openapi.json"):
        assert (await get(app, url)).status_code == 404
    with pytest.raises(MissingPluginError, match="openapi=None"):
        openapi(app)


async def test_every_url_can_be_moved_or_left_out() -> None:
    app = new_app({"url": "/api.json", "docs_url": "/swagger", "redoc_url": None, "scalar_url": None, "yaml_url": None})

    assert '"/api.json"' in (await get(app, "/swagger")).text
    for url in (*PAGES, "/openapi.json", "/openapi.yaml"):
        assert (await get(app, url)).status_code == 404


@pytest.mark.parametrize(
    ("visible", "debug", "status"),
    [("always", False, 200), ("debug", False, 404), ("debug", True, 200), ("never", True, 404)],
)
async def test_the_config_says_when_it_is_visible(visible: str, debug: bool, status: int) -> None:
    app = new_app({"visible": visible}, debug=debug)

    assert (await get(app, "/docs")).status_code == status
    assert openapi(app)["paths"].keys() == {"/products"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"docs_url": "docs"}, "docs_url is 'docs'; write a path such as '/docs'"),
        ({"url": None}, "url is None, and the pages read the document from there"),
        ({"openapi": "3.0"}, "openapi.openapi"),
        ({"titel": "x"}, "title"),
    ],
)
def test_settings_that_make_no_sense_are_refused_when_the_application_is_made(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        new_app(settings)


async def test_the_pages_are_not_part_of_the_document() -> None:
    assert openapi(new_app())["paths"].keys() == {"/products"}
