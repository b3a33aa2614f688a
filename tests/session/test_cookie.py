"""Class 36: what is signed, with what, and for what."""

from __future__ import annotations

import base64
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios import MakeConfig, NexiosApp, Request
from nexios.exceptions import ConfigurationError
from nexios.keys import derive
from nexios.session import CookieTooLarge, SessionMiddleware
from nexios.testing import SyncTestClient
from tests.session.conftest import SECRET, Clock, add_routes

OTHER = "00112233445566778899aabbccddeeff"


def make(secret: Any = SECRET, debug: bool = True, **settings: Any) -> NexiosApp:
    app = NexiosApp(MakeConfig(debug=debug))
    app.add_middleware(SessionMiddleware, secret_key=secret, **settings)
    add_routes(app)
    return app


def visit(app: NexiosApp, cookie: str | None = None, name: str = "session") -> tuple[int, str]:
    headers = {"cookie": f"{name}={cookie}"} if cookie else {}
    with SyncTestClient(app, headers=headers) as client:
        answer = client.get("/visits")
        return answer.json()["visits"], answer.cookies[name]


def test_a_cookie_is_believed_by_whoever_has_the_secret() -> None:
    _, cookie = visit(make())

    assert visit(make(), cookie)[0] == 2
    assert visit(make(OTHER), cookie)[0] == 1


def test_a_rotated_secret_reads_old_cookies_and_writes_new_ones() -> None:
    _, old = visit(make(OTHER))
    count, new = visit(make([SECRET, OTHER]), old)

    assert count == 2
    assert visit(make(SECRET), new)[0] == 3
    assert visit(make(OTHER), new)[0] == 1


def test_a_cookie_serves_under_its_name_and_salt_only() -> None:
    _, cookie = visit(make())

    assert visit(make(session_cookie="other"), cookie, "other")[0] == 1
    assert visit(make(salt="other"), cookie)[0] == 1


@given(st.lists(st.text(max_size=4), max_size=3), st.lists(st.text(max_size=4), max_size=3))
def test_keys_of_different_purposes_differ(one: list[str], two: list[str]) -> None:
    assert (derive(b"s", *one) == derive(b"s", *two)) == (one == two)


def test_a_session_that_does_not_fit_is_an_error_and_not_a_loss() -> None:
    app = make()

    @app.post("/large")
    async def large(request: Request) -> None:
        request.session["text"] = "x" * 4_000

    with (
        SyncTestClient(app) as client,
        pytest.raises(CookieTooLarge, match=r"its cookie 'session' holds 4089: keep less, or keep it on the server"),
    ):
        client.post("/large")


def test_what_is_in_a_cookie_can_be_read_unless_it_is_encrypted() -> None:
    pytest.importorskip("cryptography", reason="nexios-session[encryption] is not installed")
    _, plain = visit(make())
    _, secret = visit(make(encrypt=True))

    assert b"visits" in base64.urlsafe_b64decode(plain.partition(".")[0] + "==")
    assert b"visits" not in base64.urlsafe_b64decode(secret.partition(".")[0] + "==")
    assert visit(make(encrypt=True), secret)[0] == 2
    assert visit(make([OTHER, SECRET], encrypt=True), secret)[0] == 2
    assert visit(make(encrypt=True), plain)[0] == 1


def test_a_cookie_is_expired_one_second_after_its_timeout() -> None:
    clock = Clock()
    app = make(idle_timeout=60, now=clock)

    with SyncTestClient(app) as client:
        client.get("/visits")
        clock.time += 59
        assert client.get("/visits").json() == {"visits": 2}
        clock.time += 61
        assert client.get("/visits").json() == {"visits": 1}


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        (None, "sessions in cookies need a secret"),
        ("short", "has 5 bytes, it needs at least 32"),
        ("your-secret-key-your-secret-key-your-secret-key", "is a placeholder"),
    ],
)
def test_a_secret_that_could_be_guessed_stops_the_start_outside_debug(
    secret: str | None, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Exception, match=reason) as refusal, SyncTestClient(make(secret, debug=False)):
        pass
    assert secret is None or secret not in str(refusal.value)

    caplog.set_level(logging.WARNING)
    with SyncTestClient(make(secret)) as client:  # in debug it is one loud warning
        client.get("/visits")
        assert client.get("/visits").json() == {"visits": 2}
    assert [record.levelname for record in caplog.records if record.name == "nexios.session"] == ["WARNING"]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"samesite": "none"}, "samesite='none' needs secure=True"),
        ({"session_cookie": "a b"}, "cookie"),
        ({"idle_timeout": 0}, "idle_timeout is 0"),
        ({"store": "rediss"}, "session.store is 'rediss'; did you mean 'redis'"),
        ({"store": "file"}, "needs a folder"),
        ({"store": "memory", "options": {"mots": 1}}, "does not fit the store 'memory'"),
        ({"idle_timout": 1}, "idle_timeout"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_cure(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(Exception, match=reason), SyncTestClient(make(**settings)):
        pass


def test_something_that_is_no_store_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="give the name of a store, or one with load, save and delete"):
        SessionMiddleware(store=42)  # type: ignore[arg-type]  # what the message is for
