"""Two browsers at one application, in any order of pages, logins and logouts: whose token changes what."""

from __future__ import annotations

from typing import Any

import anyio
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from nexios import MakeConfig, NexiosApp, Request
from nexios.security import CSRFMiddleware
from nexios.session import SessionMiddleware
from tests.core.raw import Answer, call

browsers = st.sampled_from(["ann's", "mallory's"])


def make() -> NexiosApp:
    app = NexiosApp(MakeConfig(debug=True, secret_key="9d1f3c5b7a2e4d6f8091a3b5c7d9e1f2"), plugins=["session", "csrf"])
    app.add_middleware(SessionMiddleware(store="memory"))
    app.add_middleware(CSRFMiddleware())

    @app.get("/form")
    async def form(request: Request) -> str:
        return request.csrf_token

    @app.get("/begin")
    async def begin(request: Request) -> str:
        request.session.setdefault("cart", 1)
        return request.csrf_token

    @app.post("/login")
    async def login(request: Request) -> str:
        request.session["user"] = "somebody"
        request.session.regenerate()
        return "in"

    @app.post("/logout")
    async def logout(request: Request) -> str:
        request.session.invalidate()
        return "out"

    @app.post("/change")
    async def change() -> str:
        return "changed"

    return app


class Browsers(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.app = make()
        self.cookies: dict[str, dict[str, str]] = {"ann's": {}, "mallory's": {}}
        # Every token, with the browser that it was given to and the session, by number, that it was given in.
        self.tokens: list[tuple[str, str, int]] = []
        self.session = {"ann's": 0, "mallory's": 0}
        self.last: dict[str, str | None] = {"ann's": None, "mallory's": None}
        self.begun = {"ann's": False, "mallory's": False}

    def send(self, browser: str, method: str, path: str, token: str | None = None) -> Answer:
        jar = self.cookies[browser]
        headers = [(b"host", b"x"), (b"cookie", "; ".join(f"{name}={jar[name]}" for name in jar).encode())]
        if token is not None:
            headers.append((b"x-csrf-token", token.encode()))
        answer: Answer = anyio.run(lambda: call(self.app, path, method, headers=headers))
        for name, value in answer.messages[0]["headers"]:
            if name == b"set-cookie":
                cookie, _, content = value.decode().partition(";")[0].partition("=")
                jar[cookie] = content
        return answer

    @rule(browser=browsers, path=st.sampled_from(["/form", "/begin"]))
    def open_a_page(self, browser: str, path: str) -> None:
        token = self.send(browser, "GET", path).body.decode()
        self.tokens.append((token, browser, self.session[browser]))
        self.last[browser] = token
        self.begun[browser] |= path == "/begin"

    @precondition(lambda self: any(self.last.values()))
    @rule(data=st.data(), path=st.sampled_from(["/login", "/logout"]))
    def log_in_or_out(self, data: Any, path: str) -> None:
        browser = data.draw(st.sampled_from([each for each, token in self.last.items() if token]))
        assert self.send(browser, "POST", path, self.last[browser]).status == 200
        if path == "/login" or self.begun[browser]:  # a logout of nobody ends nothing
            self.session[browser] += 1
            self.last[browser] = None
        self.begun[browser] = path == "/login"

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), browser=browsers)
    def use_any_token(self, data: Any, browser: str) -> None:
        token, owner, session = data.draw(st.sampled_from(self.tokens))
        status = self.send(browser, "POST", "/change", token).status

        if owner != browser or session != self.session[browser]:
            assert status == 403
        if token == self.last[browser]:
            assert status == 200

    @precondition(lambda self: self.cookies["mallory's"].get("csrf"))
    @rule()
    def plant_a_cookie(self) -> None:
        """As a page of a neighbouring domain can. It ends what the victim was doing, and wins nothing."""
        own = self.cookies["ann's"].get("csrf")
        self.cookies["ann's"]["csrf"] = self.cookies["mallory's"]["csrf"]
        for token, owner, _ in self.tokens:
            if owner == "mallory's" and self.begun["ann's"]:
                assert self.send("ann's", "POST", "/change", token).status == 403
        if own is None:
            del self.cookies["ann's"]["csrf"]
        else:
            self.cookies["ann's"]["csrf"] = own


TestBrowsers = Browsers.TestCase
TestBrowsers.settings = settings(max_examples=40, stateful_step_count=15, deadline=None)
