from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from time import perf_counter
from typing import Any
from weakref import ref

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nexios import Connection, Depend, HTTPException, MakeConfig, NexiosApp, Request, Response, Router
from nexios.auth import (
    APIKeyBackend,
    AuthBackend,
    AuthenticationMiddleware,
    BasicBackend,
    Identity,
    NotAuthenticated,
    auth,
    current_user,
    optional_user,
)
from nexios.exceptions import ConfigurationError
from nexios.middleware import AuthenticationMiddleware as FromTheCore
from nexios.middleware import CallNext
from nexios.testing import SyncTestClient, TestClient
from nexios.types import Message
from tests.auth.doors import ADA, OPENED, PROTOCOLS, House, TokenAuth, knock
from tests.core.raw import call

pytestmark = pytest.mark.anyio
each_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)


class FieldAuth(AuthBackend):
    """Believes a field; only a test may."""

    vary: tuple[str, ...] = ("X-Who",)

    def authenticate(self, request: Connection, /) -> Any:  # not async, which is fine
        return request.headers.get("x-who")

    def challenge(self) -> str | None:
        return "Field"


def test_the_name_that_the_core_announces_is_this_one() -> None:
    assert FromTheCore is AuthenticationMiddleware


def test_a_backend_is_named_after_its_class_unless_it_says_otherwise() -> None:
    class JWTAuth(AuthBackend): ...

    class SpecialBackend(JWTAuth): ...

    class Named(AuthBackend):
        scheme = "given"

    assert [each.scheme for each in (FieldAuth, JWTAuth, SpecialBackend, Named)] == ["field", "jwt", "jwt", "given"]


async def test_a_backend_without_authenticate_says_so() -> None:
    with pytest.raises(NotImplementedError, match=r"Half must define async authenticate\(self, request\)"):
        await type("Half", (AuthBackend,), {})().authenticate(None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (TokenAuth, r"TokenAuth is a class: give an instance, TokenAuth\(\)"),
        ([], "give at least one backend"),
        (None, "None is no backend: derive its class"),
        ([TokenAuth(), lambda request: 1], "is no backend"),
    ],
)
def test_what_is_no_backend_is_an_error_where_it_is_given(given: Any, said: str) -> None:
    app = NexiosApp(plugins=["auth"])

    with pytest.raises(ConfigurationError, match=said):
        AuthenticationMiddleware(given)
    with pytest.raises(ConfigurationError, match=said):
        app.auth_backend = given


@each_protocol
async def test_credentials_that_are_not_good_make_nobody_of_a_request_to_an_open_route(protocol: str) -> None:
    house = House()
    seen: list[Any] = []

    async def answer(request: Connection) -> None:
        seen.append((request.user, request.auth.is_authenticated))
        if protocol == "websocket":
            await request.accept()

    house.serve(house.app, "/", protocol, answer)

    async with TestClient(house.app, raise_server_exceptions=False) as client:
        for token in (None, "forged", "ada", "broken"):
            await knock(client, "/", protocol, token)

    assert seen == [(None, False), (None, False), (ADA, True)]


@each_protocol
async def test_what_is_open_to_all_works_while_a_backend_is_broken_and_nothing_else_does(protocol: str) -> None:
    house = House()
    house.app.auth_backend = [TokenAuth("broken"), FieldAuth()]

    async def look(request: Connection) -> None:
        house.ran.append(str(request.user))

    async def inject(request: Connection, user: Any = Depend(optional_user)) -> None:
        house.ran.append(str(user))

    house.serve(house.app, "/open", protocol, _accept if protocol == "websocket" else _nothing)
    house.serve(house.app, "/closed", protocol, house.handler(protocol), auth="required")
    house.serve(house.app, "/look", protocol, look)
    house.serve(house.app, "/inject", protocol, inject)
    house.serve(house.app, "/field", protocol, _accept if protocol == "websocket" else _nothing, auth=["field"])
    house.serve(house.app, "/broken", protocol, house.handler(protocol), auth=["broken"])

    async with TestClient(house.app, raise_server_exceptions=False) as client:
        statuses = {
            path: (await knock(client, path, protocol, "broken", **{"x-who": "eve"})).status_code
            for path in ("/open", "/closed", "/look", "/inject", "/broken", "/field")
        }
        without = (await knock(client, "/field", protocol, "broken")).status_code

    ok = OPENED if protocol == "websocket" else 204
    broken = dict.fromkeys(("/closed", "/look", "/inject", "/broken"), 500)
    assert statuses == {"/open": ok, **broken, "/field": ok}
    assert without == 401
    assert house.ran == []


async def _nothing() -> None: ...


async def _accept(ws: Connection) -> None:
    await ws.accept()


async def test_a_broken_backend_of_a_router_does_not_leave_the_user_of_the_application() -> None:
    house = House()
    house.app.auth_backend = FieldAuth()
    router = Router(prefix="/r")

    @router.middleware
    async def watch(request: Request, response: Response, call_next: CallNext) -> Response:
        house.ran.append(request.user)
        return await call_next()

    router.add_middleware(AuthenticationMiddleware(TokenAuth()))
    router.get("/")(lambda request: str(request.user))
    house.app.mount_router(router)

    async with TestClient(house.app, raise_server_exceptions=False) as client:
        broken = await client.get("/r/", headers={"x-who": "eve", "authorization": "Bearer broken"})
        unknown = await client.get("/r/", headers={"x-who": "eve"})

    assert house.ran == ["eve", "eve"]
    assert (broken.status_code, unknown.text) == (500, "None")


@each_protocol
async def test_backends_are_tried_in_order_until_one_knows_the_user(protocol: str) -> None:
    house = House()
    token, field = TokenAuth(), FieldAuth()
    house.app.auth_backend = [token, field]
    seen: list[Any] = []

    async def answer(request: Connection) -> None:
        seen.append((str(request.user), request.auth.scheme))
        if protocol == "websocket":
            await request.accept()

    # By option, for a mark would be on the handler, wherever it is served.
    house.serve(house.app, "/", protocol, answer, auth="required")
    house.serve(house.app, "/field", protocol, answer, auth=["field"])

    async with TestClient(house.app) as client:
        await knock(client, "/", protocol, "ada", **{"x-who": "eve"})
        await knock(client, "/", protocol, "forged", **{"x-who": "eve"})
        await knock(client, "/field", protocol, "ada", **{"x-who": "eve"})
        refused = await knock(client, "/", protocol, "forged")
        lacking = await knock(client, "/field", protocol, "ada")

    assert seen == [(str(ADA), "token"), ("eve", "field"), ("eve", "field")]
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer, Field")
    assert refused.headers["vary"] == "Authorization, X-Who"
    assert (lacking.status_code, lacking.headers["www-authenticate"]) == (401, "Field")


@each_protocol
async def test_two_authorization_fields_are_refused_wherever_they_are_sent(protocol: str) -> None:
    house = House()
    house.serve(house.app, "/open", protocol, house.handler(protocol))
    house.serve(house.app, "/closed", protocol, auth()(house.handler(protocol)))
    twice = [("authorization", "Bearer ada"), ("authorization", "Bearer ada")]

    async with TestClient(house.app, headers=twice) as client:
        for path in ("/open", "/closed"):
            assert (await knock(client, path, protocol)).status_code == 400
    assert house.ran == []


async def test_caches_are_told_where_an_answer_depends_on_the_user_and_nowhere_else() -> None:
    house = House()
    app = house.app

    @app.get("/plain")
    async def plain() -> str:
        return "same for all"

    @app.get("/used")
    async def used(request: Request, response: Response) -> Response:
        return response.text(str(request.user)).set_header("vary", "Accept, authorization")

    @app.get("/star")
    async def star(response: Response, user: Any = Depend(optional_user)) -> Response:
        return response.text("x").set_header("vary", "*")

    @app.get("/injected")
    async def injected(who: Identity) -> str:
        return who.scheme

    @app.get("/broken")
    @auth()
    async def broken() -> None:
        raise HTTPException(418)

    @app.get("/cached")
    @auth()
    async def cached(request: Request, response: Response) -> Response:
        response.text("x").etag("v1").not_modified(request, etag="v1")
        return response

    async with TestClient(app) as client:
        client.with_token("ada")
        seen = {path: (await client.get(path)).headers.get("vary") for path in (
            "/plain", "/used", "/star", "/injected", "/broken", "/nowhere", "/cached"
        )}  # fmt: skip
        fresh = await client.get("/cached", headers={"if-none-match": '"v1"'})
        head = await client.head("/cached")
        injected_alone = await TestClient.get(client.with_token("forged"), "/injected")

    assert seen == {
        "/plain": None, "/used": "Accept, authorization", "/star": "*", "/injected": "Authorization",
        "/broken": "Authorization", "/nowhere": None, "/cached": "Authorization",
    }  # fmt: skip
    assert (fresh.status_code, fresh.headers["vary"]) == (304, "Authorization")
    assert (head.status_code, head.headers["vary"]) == (200, "Authorization")
    assert (injected_alone.status_code, injected_alone.headers["vary"]) == (401, "Authorization")


@pytest.mark.parametrize("refuse", [lambda: NotAuthenticated("no"), lambda: HTTPException(401, "no")])
async def test_whoever_answers_401_says_how_to_ask(refuse: Callable[[], Exception]) -> None:
    house = House()

    @house.app.get("/raised")
    async def raised() -> None:
        raise refuse()

    @house.app.get("/own")
    async def own(response: Response) -> Response:
        return response.json({}, status=401).set_header("www-authenticate", "Own")

    @house.app.add_exception_handler(401)
    async def answer(request: Request, response: Response, error: HTTPException) -> Response:
        return response.json({"sorry": True}, status=401)

    house.app.get("/guarded")(auth()(house.handler("http")))

    async with TestClient(house.app) as client:
        seen = {path: (await client.get(path)).headers["www-authenticate"] for path in ("/raised", "/own", "/guarded")}

    assert seen == {"/raised": "Bearer", "/own": "Own", "/guarded": "Bearer"}


@each_protocol
async def test_current_user_is_the_user_or_401(protocol: str) -> None:
    house = House()
    seen: list[Any] = []

    async def answer(request: Connection, user: Any = Depend(current_user)) -> None:
        seen.append(user)
        if protocol == "websocket":
            await request.accept()

    house.serve(house.app, "/", protocol, answer)

    async with TestClient(house.app) as client:
        refused = await knock(client, "/", protocol)
        await knock(client, "/", protocol, "ada")

    assert seen == [ADA]
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("attribute", ["user", "auth"])
async def test_asking_for_the_user_without_a_backend_names_the_cure(attribute: str) -> None:
    app = NexiosApp(plugins=["auth"])
    app.get("/")(lambda request: str(getattr(request, attribute)))

    async with TestClient(app) as client:
        with pytest.raises(ConfigurationError, match=r"nobody has been asked who the user is: set app.auth_backend"):
            await client.get("/")


async def test_the_backend_of_an_application_can_be_replaced() -> None:
    house = House()
    house.app.get("/")(auth()(house.handler("http")))

    async with TestClient(house.app) as client:
        assert (await client.get("/", headers={"x-who": "ada"})).status_code == 401
        house.app.auth_backend = FieldAuth()
        assert (await client.get("/", headers={"x-who": "ada"})).status_code == 200
        assert (await client.with_token("ada").get("/")).status_code == 401

    assert len(house.app.layers) == 1


async def test_a_backend_reads_the_configuration_before_the_first_request() -> None:
    class Configured(TokenAuth):
        def prepare(self, app: NexiosApp) -> None:
            if app.config.get("tokens") is None:
                raise ConfigurationError("there are no tokens")

    app = NexiosApp(plugins=["auth"])
    app.add_middleware(AuthenticationMiddleware, backend=Configured())

    with pytest.raises(Exception, match="there are no tokens"):
        async with TestClient(app):
            pass


async def test_a_layer_further_in_sees_the_user() -> None:
    house = House()
    seen = []

    @house.app.middleware
    async def watch(request: Request, response: Response, call_next: CallNext) -> Response:
        seen.append(request.user)
        return await call_next()

    house.app.get("/")(house.handler("http"))
    async with TestClient(house.app) as client:
        await client.with_token("ada").get("/")

    assert seen == [ADA]


# -- hostile input ----------------------------------------------------------------------------------------------------

FIELD = st.binary(max_size=200).map(lambda raw: bytes(each for each in raw if each >= 0x20 and each != 0x7F))
SCHEMES = st.sampled_from([b"Basic", b"basic", b"Bearer", b"BASIC", b"Digest", b"", b"Basic\t", b"Negotiate"])


def _raw_answer(app: NexiosApp, kind: str, fields: list[tuple[bytes, bytes]]) -> int:
    """The status of a request, or a handshake, with exactly these fields."""
    import anyio

    sent: list[Message] = []
    scope: Message = {
        "type": kind, "method": "GET", "path": "/", "headers": [(b"host", b"h"), *fields], "query_string": b"",
        "client": None, "scheme": "http", "http_version": "1.1", "extensions": {"websocket.http.response": {}},
    }  # fmt: skip

    async def receive() -> Message:
        return {"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    anyio.run(app, scope, receive, send)
    return int(sent[0].get("status", 101))


@each_protocol
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scheme=SCHEMES, rest=FIELD, name=st.sampled_from([b"authorization", b"x-api-key", b"cookie"]))
def test_no_field_whatever_it_holds_is_an_error_of_ours(protocol: str, scheme: bytes, rest: bytes, name: bytes) -> None:
    house = _fuzzed(protocol)

    status = _raw_answer(house.app, protocol, [(name, scheme + b" " + rest)])

    assert status in (400, 401)
    assert house.ran == []


def _fuzzed(protocol: str) -> House:
    if protocol not in _HOUSES:
        house = _HOUSES[protocol] = House()
        keys = APIKeyBackend(lambda name: None, query="key", cookie="key")
        house.app.auth_backend = [TokenAuth(), BasicBackend(lambda name, password: None), keys]
        house.serve(house.app, "/", protocol, auth()(house.handler(protocol)))
    return _HOUSES[protocol]


_HOUSES: dict[str, House] = {}


@pytest.mark.parametrize("atom", ["Basic ", "=", ",", ";", '"', "\\", " ", "a", "_", "Bearer,"])
def test_authorization_is_read_in_linear_time(atom: str) -> None:
    config = MakeConfig(limits={"header_bytes": 1 << 20})
    app = NexiosApp(config, plugins=["auth"])
    app.auth_backend = [BasicBackend(lambda name, password: None), TokenAuth()]
    app.get("/")(auth()(lambda: "x"))

    def seconds(size: int) -> float:
        value = ("Basic " + atom * size)[:size].encode()
        times = []
        for _ in range(3):
            start = perf_counter()
            assert _raw_answer(app, "http", [(b"authorization", value)]) in (400, 401)
            times.append(perf_counter() - start)
        return min(times)

    # Quadratic, the shorter one would take seconds.
    assert seconds(128 * 1024) < 3 * max(seconds(64 * 1024), 0.1)


@each_protocol
async def test_no_secret_is_logged_raised_or_shown(protocol: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "httpx")  # the client that asks knows the secrets
    house = House(config={"debug": True})
    basic = BasicBackend(lambda name, password: 1 / 0 if name == "zero" else None)
    keys = APIKeyBackend(lambda name: 1 / 0 if name == "zero" else None, query="key", cookie="key")
    house.app.auth_backend = [TokenAuth(), basic, keys]
    house.serve(house.app, "/", protocol, auth()(house.handler(protocol)))
    shown = []

    async with TestClient(house.app, raise_server_exceptions=False, headers={"accept": "text/html"}) as client:
        for value in ("Bearer s3cr3t-t0k3n", "Basic emVybzpzM2NyM3QtcGFzcw==", "Basic YTpzM2NyM3QtcGFzcw==", "s3cr3t"):
            answer = await knock(client, "/?token=s3cr3t", protocol, authorization=value)
            assert answer.status_code in (401, 500)
            shown.append(str(answer.headers) + (answer.text if protocol == "http" else ""))
        for key in ("nx_zero_s3cr3t", "nx_one_s3cr3t", "s3cr3t"):
            for path, headers in (("/", {"x-api-key": key}), ("/", {"cookie": f"key={key}"}), (f"/?key={key}", {})):
                answer = await knock(client, path, protocol, **headers)
                assert answer.status_code in (401, 500)
                shown.append(str(answer.headers) + (answer.text if protocol == "http" else ""))

    seen = "\n".join([*shown, caplog.text, repr(house.backend), repr(basic), repr(keys)])
    for secret in ("s3cr3t", "emVybzpz", "YTpzM2NyM3"):
        assert secret not in seen


def test_the_synchronous_client_is_refused_as_well() -> None:
    house = House()
    house.app.get("/")(auth()(house.handler("http")))

    with SyncTestClient(house.app) as client:
        assert client.get("/").status_code == 401
        assert client.with_token("ada").get("/").json() == {"user": "Ada"}


@each_protocol
async def test_a_test_client_can_be_logged_in(protocol: str) -> None:
    house = House()
    house.serve(house.app, "/token", protocol, auth(["token"])(house.handler(protocol)))
    house.serve(house.app, "/open", protocol, house.handler(protocol))
    ok = OPENED if protocol == "websocket" else 200

    async with TestClient(house.app) as client:
        client.login(ADA)
        assert (await knock(client, "/token", protocol)).status_code == ok
        assert (await knock(client, "/open", protocol)).status_code == ok
        client.login(ADA, scheme="session")
        assert (await knock(client, "/token", protocol)).status_code == 401
        client.login(None)
        assert (await knock(client, "/token", protocol)).status_code == 401


async def test_a_test_client_is_logged_in_with_scopes_and_roles() -> None:
    from nexios.auth import requires

    house = House()
    house.app.get("/")(requires(scopes=["read", "write"], roles="admin")(house.handler("http")))

    async with TestClient(house.app) as client:
        assert (await client.login(ADA, scopes=["read", "write"], roles="admin").get("/")).status_code == 200
        assert (await client.login(ADA, scopes="read write").get("/")).status_code == 403
        assert house.backend.asked == 0


async def test_a_limit_of_sockets_for_each_user_works_without_a_backend() -> None:
    app = NexiosApp(plugins=["auth", "websockets"])

    @app.websocket("/", connections_per_user=1)
    async def answer(ws: Any) -> None:
        await ws.accept()

    async with TestClient(app) as client:
        assert (await knock(client, "/", "websocket")).status_code == OPENED


async def test_the_middleware_of_one_route_guards_other_methods_at_its_path_too() -> None:
    app = NexiosApp(plugins=["auth"])
    app.get("/", middleware=[AuthenticationMiddleware(TokenAuth())])(auth()(lambda: "x"))

    async with TestClient(app) as client:
        refused = [await client.request(method, "/") for method in ("GET", "HEAD", "OPTIONS", "POST")]
        client.with_token("ada")
        allowed = [(await client.request(method, "/")).status_code for method in ("GET", "HEAD", "OPTIONS", "POST")]

    for answer in refused:
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.headers["vary"] == "Authorization"
    assert allowed == [200, 200, 204, 405]


async def test_a_request_is_freed_with_its_answer_and_not_by_the_garbage_collector() -> None:
    app = NexiosApp(plugins=["auth"])
    app.auth_backend = FieldAuth()
    requests: list[Any] = []

    @app.get("/")
    @auth()
    async def hello(request: Request) -> str:
        requests.append(ref(request))
        return str(request.user)

    gc.disable()
    try:
        answer = await call(app, "/", headers=[(b"host", b"x"), (b"x-who", b"ada")])
        assert (answer.body, [request() for request in requests]) == (b"ada", [None])
    finally:
        gc.enable()
