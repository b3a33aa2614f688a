"""Sections add layers, in the order that they need; what an author adds wins."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp, Request
from nexios.http.proxies import TrustedProxies
from nexios.middleware.layers import layer_name
from nexios.security import (
    CORSMiddleware,
    CORSPlugin,
    CSRFMiddleware,
    CSRFPlugin,
    SecurityMiddleware,
    SecurityPlugin,
    TrustedHostMiddleware,
)
from nexios.session import SessionMiddleware
from nexios.testing import SyncTestClient, check_plugin

SECRET = "9d1f3c5b7a2e4d6f8091a3b5c7d9e1f2"
CORS: dict[str, Any] = {"allow_origins": ["https://good.example"]}


def test_sections_add_their_layers_in_the_order_they_need() -> None:
    sections: dict[str, Any] = {"csrf": {}, "session": {}, "security": {"allowed_hosts": ["x.example"]}, "cors": CORS}
    app = NexiosApp(MakeConfig(secret_key=SECRET, **sections))

    names = [layer_name(layer) for layer in app.layers]

    assert names == ["cors (config)", "hosts (config)", "security (config)", "session", "csrf (config)"]


def test_without_a_section_nothing_is_added() -> None:
    app = NexiosApp()

    assert app.layers == []
    assert app.proxies is None


@pytest.mark.parametrize(
    ("variable", "value", "names"),
    [
        ("NEXIOS_CORS__ALLOW_ORIGINS", "https://a.example,https://b.example", ["cors (config)"]),
        ("NEXIOS_CSRF__FIELD", "token", ["csrf (config)"]),
        ("NEXIOS_SECURITY__ALLOWED_HOSTS", '["a.example"]', ["hosts (config)", "security (config)"]),
    ],
)
def test_what_the_environment_says_is_not_silently_off(variable: str, value: str, names: list[str]) -> None:
    app = NexiosApp(MakeConfig(secret_key=SECRET, environ={variable: value}))

    assert [layer_name(layer) for layer in app.layers] == names


def test_the_section_of_proxies_is_used_unless_the_application_names_some() -> None:
    section = {"trusted_proxies": ["10.0.0.0/8"], "proxy_hops": 2, "proxy_header": "forwarded"}
    own = TrustedProxies(["192.0.2.0/24"])

    assert NexiosApp(MakeConfig(security=section)).proxies is not None
    assert NexiosApp(MakeConfig(security=section), trusted_proxies=own).proxies is own


def test_a_network_that_is_none_stops_the_application_where_it_is_made() -> None:
    with pytest.raises(Exception, match=r"'10\.0\.0\.0/80' is not a network"):
        NexiosApp(MakeConfig(security={"trusted_proxies": ["10.0.0.0/80"]}))


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (CSRFMiddleware(), SessionMiddleware(), "move add_middleware of 'csrf' below that of 'session'"),
        (CSRFMiddleware(), CORSMiddleware(**CORS), "move add_middleware of 'cors' above that of 'csrf'"),
    ],
)
def test_a_wrong_order_stops_the_start_and_says_which_line_to_move(first: Any, second: Any, message: str) -> None:
    app = NexiosApp(MakeConfig(secret_key=SECRET))
    app.add_middleware(first)
    app.add_middleware(second)

    with pytest.raises(Exception, match=message), SyncTestClient(app):
        pass


def test_a_section_that_could_not_see_the_session_says_so() -> None:
    app = NexiosApp(MakeConfig(secret_key=SECRET, csrf={}))
    app.add_middleware(SessionMiddleware())

    with pytest.raises(Exception, match=r"add app\.add_middleware\(CSRFMiddleware\(\)\) below it"), SyncTestClient(app):
        pass


def test_an_author_s_own_layers_win_over_those_of_the_sections() -> None:
    app = NexiosApp(MakeConfig(secret_key=SECRET, debug=True, csrf={"field": "one"}, security={}, cors=CORS))
    app.add_middleware(SecurityMiddleware(frame_options="SAMEORIGIN"))
    app.add_middleware(SessionMiddleware())
    app.add_middleware(CSRFMiddleware(field="two"))

    @app.get("/")
    async def index(request: Request) -> str:
        return request.csrf_input

    with SyncTestClient(app) as client:
        answer = client.get("/")
        assert 'name="two"' in answer.text
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"
        assert client.post("/", data={"one": "x"}).status_code == 403


@pytest.mark.parametrize("section", ["cors", "csrf", "security"])
def test_a_section_set_to_none_switches_its_plugin_off(section: str) -> None:
    app = NexiosApp(MakeConfig(**{section: None}))

    assert app.plugins[section].state == "off"


def test_arguments_of_a_plugin_are_its_section() -> None:
    app = NexiosApp(plugins=[CORSPlugin(**CORS)])

    assert [layer_name(layer) for layer in app.layers] == ["cors (config)"]


def test_hosts_of_the_section_and_of_the_author_are_both_asked() -> None:
    app = NexiosApp(MakeConfig(security={"allowed_hosts": ["a.example", "b.example"]}))
    app.add_middleware(TrustedHostMiddleware(["b.example", "c.example"]))
    app.get("/")(lambda: "hello")

    with SyncTestClient(app) as client:
        statuses = [client.get(f"http://{host}.example/").status_code for host in "abc"]

    assert statuses == [400, 200, 400]


@pytest.mark.slow
@pytest.mark.parametrize("plugin", [CORSPlugin, CSRFPlugin, SecurityPlugin])
def test_the_plugins_pass_the_compliance_kit(plugin: type) -> None:
    check_plugin(plugin, import_ms=5_000)
