"""How sessions come into an application, and what they cost it."""

from __future__ import annotations

import gc
from typing import Any
from weakref import ref

import pytest

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.exceptions import ConfigurationError
from nexios.http.connection import Connection
from nexios.session import Conflict, Session, SessionError, SessionMiddleware
from nexios.testing import SyncTestClient
from tests.core.raw import call
from tests.session.conftest import SECRET, add_routes


class Counting:
    """A third party's store, that only can be awaited, and counts."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.loads = self.saves = 0

    async def load(self, key: str, seconds: int) -> bytes | None:
        self.loads += 1
        return self.kept.get(key)

    async def save(self, key: str, record: bytes, seconds: int, replaces: bytes | None) -> Conflict | None:
        self.saves += 1
        if self.kept.get(key) != replaces:
            return Conflict(self.kept.get(key))
        self.kept[key] = record
        return None

    async def delete(self, key: str) -> None:
        self.kept.pop(key, None)


class Remote(Counting):
    """One that can also be read without awaiting, and counts who does."""

    is_local = False

    def __init__(self) -> None:
        super().__init__()
        self.blocked = 0

    def load_now(self, key: str, seconds: int) -> bytes | None:
        self.blocked += 1
        return self.kept.get(key)


def app_with(*layers: Any, **config: Any) -> NexiosApp:
    app = NexiosApp(MakeConfig({"debug": True, "secret_key": SECRET, **config}))
    for layer in layers:
        app.add_middleware(layer)
    add_routes(app)
    return app


def test_every_spelling_of_the_import_is_one_class() -> None:
    from nexios.middleware import SessionMiddleware as third
    from nexios.session import SessionMiddleware as first
    from nexios.session.middleware import SessionMiddleware as second

    assert first is second is third


def test_a_section_of_the_configuration_is_enough() -> None:
    with SyncTestClient(app_with(session={"session_cookie": "id"})) as client:
        client.get("/visits")
        assert client.get("/visits").json() == {"visits": 2}
        assert list(client.cookies) == ["id"]


def test_beside_a_section_the_authors_own_layer_serves_with_its_settings() -> None:
    with SyncTestClient(app_with(SessionMiddleware(), session={"session_cookie": "id"})) as client:
        client.get("/visits")
        assert client.get("/visits").json() == {"visits": 2}
        assert list(client.cookies) == ["id"]


def test_the_environment_configures_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXIOS_SESSION__STORE", "memory")
    with SyncTestClient(app_with(SessionMiddleware())) as client:
        client.get("/visits")
        assert len(client.cookies["session"]) == 43


def test_a_layer_that_stands_too_far_out_is_told_so() -> None:
    async def early(request: Request, response: Response, call_next: Any) -> Response:
        request.session.get("a")
        answer: Response = await call_next()
        return answer

    refused = pytest.raises(ConfigurationError, match="was used before the session middleware")
    with SyncTestClient(app_with(early, SessionMiddleware())) as client, refused:
        client.get("/visits")


def test_a_handler_that_does_not_touch_the_session_never_hits_the_store() -> None:
    store = Remote()
    with SyncTestClient(app_with(SessionMiddleware(store=store))) as client:
        client.get("/visits")
        for _ in range(3):
            client.get("/elsewhere")

    assert (store.loads, store.blocked, store.saves) == (0, 0, 1)


def test_a_handler_that_does_is_served_with_one_load_and_one_save() -> None:
    store = Remote()
    with SyncTestClient(app_with(SessionMiddleware(store=store))) as client:
        for expected in (1, 2, 3):
            assert client.get("/visits").json() == {"visits": expected}

    assert (store.loads, store.blocked, store.saves) == (2, 0, 3)


def test_reading_saves_nothing() -> None:
    store = Remote()
    with SyncTestClient(app_with(SessionMiddleware(store=store))) as client:
        client.get("/visits")
        client.get("/peek")

    assert store.saves == 1


def test_a_use_that_nobody_could_foresee_is_read_at_once_and_foreseen_from_then_on() -> None:
    store = Remote()
    app = app_with(SessionMiddleware(store=store))
    name = "ses" + "sion"

    @app.get("/hidden")
    async def hidden(request: Request) -> Any:
        return dict(getattr(request, "".join(["ses", "sion"])))

    assert name == "session"
    with SyncTestClient(app) as client:
        client.get("/visits")
        for _ in range(3):
            assert client.get("/hidden").json() == {"visits": 1}

    assert (store.blocked, store.loads) == (1, 2)


def test_a_store_that_can_only_be_awaited_is_read_before_every_handler() -> None:
    store = Counting()
    with SyncTestClient(app_with(SessionMiddleware(store=store))) as client:
        for expected in (1, 2):
            assert client.get("/visits").json() == {"visits": expected}
        client.get("/elsewhere")

    assert store.loads == 2


def test_what_the_client_sends_never_reaches_the_store() -> None:
    store = Remote()
    with SyncTestClient(app_with(SessionMiddleware(store=store))) as client:
        for value in ("../x", "*", "K" * 42 + "\u212a", "A" * 1_000):
            client.get("/visits", headers=[(b"cookie", f"session={value}".encode())])
        client.cookies.clear()
        client.get("/visits", headers={"cookie": "session=" + "A" * 43})

    assert store.loads + store.blocked == 1
    assert all(len(key) == 64 for key in store.kept)


def test_a_stream_may_read_the_session_and_not_change_it() -> None:
    app = app_with(SessionMiddleware())
    seen: list[object] = []

    @app.get("/stream")
    async def stream(request: Request) -> Any:
        request.session["a"] = 1

        async def chunks() -> Any:
            seen.append(request.session["a"])
            yield b"x"
            with pytest.raises(SessionError, match="written with the answer's headers"):
                request.session["b"] = 2

        return chunks()

    with SyncTestClient(app) as client:
        client.get("/stream")

    assert seen == [1]


def test_a_connection_without_an_answer_reads_the_session() -> None:
    app = app_with(SessionMiddleware())
    with SyncTestClient(app) as client:
        client.get("/visits")
        cookie = f"session={client.cookies['session']}".encode()
        connection = Connection(app, {"type": "websocket", "headers": [(b"cookie", cookie)]}, None, {b"cookie": cookie})  # type: ignore[arg-type]

        session = connection.session

        assert session == {"visits": 1}
        with pytest.raises(SessionError):
            session["a"] = 1


class _Nowhere:
    now = staticmethod(lambda: 1_000.0)

    def open(self, session: Session) -> None:
        return None

    async def load(self, session: Session) -> None: ...

    async def keep(self, session: Session) -> None: ...


@pytest.fixture
def session() -> Session:
    return Session(_Nowhere(), Connection.__new__(Connection))  # which it never asks


@pytest.mark.anyio
async def test_a_request_is_freed_with_its_answer_and_not_by_the_garbage_collector() -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET), plugins=["session"])
    app.add_middleware(SessionMiddleware())
    requests: list[Any] = []
    untouched: list[Session] = []

    @app.get("/{touch}")
    async def visit(request: Request, touch: str) -> dict[str, bool]:
        requests.append(ref(request))
        if touch == "yes":
            request.session["visited"] = True
        else:
            untouched.append(request.session)
        return {}

    gc.disable()
    try:
        for path in ("/yes", "/no"):
            assert (await call(app, path)).status == 200
        assert [request() for request in requests] == [None, None]
    finally:
        gc.enable()
    with pytest.raises(SessionError, match="the request of this session is over: touch the session"):
        untouched[0].get("visited")


def test_touching_and_changing_are_told_apart(session: Session) -> None:
    assert (session.accessed, session.modified) == (False, False)
    session.get("a")
    assert (session.accessed, session.modified) == (True, False)
    session["a"] = 1
    assert (session.accessed, session.modified, session.new) == (True, True, True)


def test_the_repr_neither_opens_nor_shows(session: Session) -> None:
    assert repr(session) == "<Session untouched>"
    assert not session.accessed


def test_it_is_a_mapping(session: Session) -> None:
    session |= {"a": 1, "b": 2}
    del session["a"]

    assert session | {"c": 3} == {"b": 2, "c": 3}
    assert (len(session), list(session), "b" in session, session.pop("b")) == (1, ["b"], True, 2)
    with pytest.raises(KeyError):
        del session["b"]


def test_keys_are_strings_and_times_lie_ahead(session: Session) -> None:
    with pytest.raises(TypeError, match=r"session\[1\]: the keys of a session are strings"):
        session[1] = 1  # type: ignore[index]
    with pytest.raises(ValueError, match="cannot expire in 0 seconds"):
        session.expire_in(0)
