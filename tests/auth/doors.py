"""A route behind each kind of guard, for requests and for sockets, and somebody who knocks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from nexios import Connection, MakeConfig, NexiosApp, Router
from nexios.auth import AuthBackend, AuthenticationFailed, Identity, Policy, auth, requires
from nexios.testing import TestClient, WebSocketDenied

PROTOCOLS = ("http", "websocket")
OPENED = 101
# One path written otherwise (security.md, class 05): whichever of them reaches the handler, it passes the guard.
SPELLINGS = [
    "/admin/x", "//admin/x", "/admin//x", "/admin%2fx", "/%61dmin/x", "/admin/x;v=1", "/admin/./x", "/Admin/x",
    "/admin/x%0a", "http://h/admin/x", "/admin/x/", "/admin/../admin/x", "/admin/x?y=1", "/admin/x%00", "/admin/%78",
]  # fmt: skip


class Person(NamedTuple):
    """A user that is a tuple, and not taken for a pair of user and scopes."""

    id: int
    name: str


ADA, BOB = Person(1, "Ada"), Person(2, "Bob")
# Ada may everything, Bob is only known.
KNOWN = {
    "ada": Identity(ADA, frozenset({"read", "write"}), frozenset({"admin"})),
    "bob": Identity(BOB, frozenset({"read"}), frozenset({"guest"})),
}


class TokenAuth(AuthBackend):
    """Knows the tokens of KNOWN, counts how often it is asked, and breaks where it is told to."""

    def __init__(self, scheme: str = "token") -> None:
        self.scheme = scheme
        self.asked = 0

    async def authenticate(self, request: Connection, /) -> Any:
        self.asked += 1
        given = request.headers.get("authorization")
        if given is None:
            return None
        if given == "Bearer broken":
            raise RuntimeError("the database is gone")
        name = given.removeprefix("Bearer ")
        if name not in KNOWN:
            raise AuthenticationFailed("the token is not known", reason="unknown token")
        return KNOWN[name]


class House:
    """An application, its backend, and the names of the handlers that ran."""

    def __init__(self, **options: Any) -> None:
        config = MakeConfig(options.pop("config", {}))
        self.app = NexiosApp(config=config, plugins=["auth", "websockets"], **options)
        self.backend = TokenAuth()
        self.app.auth_backend = self.backend
        self.ran: list[str] = []

    def handler(self, protocol: str) -> Any:
        if protocol == "websocket":

            async def answer_socket(ws: Connection) -> None:
                self.ran.append(ws.path)
                await ws.accept()

            return answer_socket

        async def answer(request: Connection) -> dict[str, Any]:
            self.ran.append(request.path)
            return {"user": getattr(request.user, "name", None)}

        return answer

    def serve(self, router: Router, path: str, protocol: str, handler: Any, **options: Any) -> Any:
        declare = router.websocket if protocol == "websocket" else router.get
        return declare(path, **options)(handler)


def wrapping(function: Any) -> Any:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await function(*args, **kwargs)

    return wrapper


def careless(function: Any) -> Any:
    """A decorator that does not say what it wraps, which is therefore passed all that there is."""

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await function(args[0])

    return wrapper


def may_write(user: Person, request: Connection) -> bool:
    return user.name == "Ada"


async def may_write_later(user: Person, request: Connection) -> bool:
    return user.name == "Ada"


def _decorated(decorate: Callable[[Any], Any]) -> Callable[[str, str], House]:
    def build(path: str, protocol: str) -> House:
        house = House()
        house.serve(house.app, path, protocol, decorate(house.handler(protocol)))
        return house

    return build


def _decorated_above(decorate: Callable[[Any], Any], wrap: Callable[[Any], Any]) -> Callable[[str, str], House]:
    def build(path: str, protocol: str) -> House:
        house = House()
        decorate(wrap(house.serve(house.app, path, protocol, house.handler(protocol))))
        return house

    return build


def _routed(*chain: dict[str, Any], **options: Any) -> Callable[[str, str], House]:
    """Below routers with these options, of which the outermost has the prefix."""

    def build(path: str, protocol: str) -> House:
        house = House()
        head, slash, rest = path[1:].partition("/")
        routers = [Router(prefix=f"/{head}" if not number else "", **each) for number, each in enumerate(chain)]
        if routers:
            house.serve(routers[-1], slash + rest, protocol, house.handler(protocol), **options)
            for outer, inner in zip([house.app, *routers], routers, strict=False):
                outer.mount_router(inner)
        else:
            house.serve(house.app, path, protocol, house.handler(protocol), **options)
        return house

    return build


def _whole(**options: Any) -> Callable[[str, str], House]:
    def build(path: str, protocol: str) -> House:
        house = House(**options)
        house.serve(house.app, path, protocol, house.handler(protocol))
        return house

    return build


def same(handler: Any) -> Any:
    return handler


# Every way to ask for a user, ...
KNOWN_ONLY = {
    "@auth() below": _decorated(auth()),
    "@auth without parentheses": _decorated(auth),
    "@auth([scheme])": _decorated(auth(["token"])),
    "@auth() below, then wrapped": _decorated(lambda handler: wrapping(auth()(handler))),
    "@auth() below, then wrapped carelessly": _decorated(lambda handler: careless(auth()(handler))),
    "@auth() above": _decorated_above(auth(), same),
    "@auth() above what is wrapped": _decorated_above(auth(), wrapping),
    "an option of the route": _routed(auth="required"),
    "an option of the route that names schemes": _routed(auth=["token"]),
    "an option of the router": _routed({"auth": "required"}),
    "an option of an outer router": _routed({"auth": "required"}, {}),
    "the application": _whole(auth="required"),
    "the configuration": _whole(config={"auth": {"required": True}}),
}
# ... and every way to ask for one who may.
PERMITTED_ONLY = {
    "@requires(scopes)": _decorated(requires(scopes="write")),
    "@requires(roles)": _decorated(requires(roles=["admin", "owner"])),
    "@requires(Policy)": _decorated(requires(Policy("writer", may_write))),
    "@requires(function)": _decorated(requires(may_write)),
    "@requires(async function)": _decorated(requires(may_write_later)),
    "@requires above": _decorated_above(requires(scopes=["read", "write"]), wrapping),
    "@requires twice": _decorated(lambda handler: requires(scopes="read")(requires(roles="admin")(handler))),
    "@auth and @requires": _decorated(lambda handler: auth()(requires(scopes="write")(handler))),
    "a router that requires": _routed({"auth": requires(roles="admin")}),
    "a router that requires around one that asks for a user": _routed(
        {"auth": requires(roles="admin")}, {"auth": "required"}
    ),
    "a router with a policy": _routed({"auth": Policy("writer", may_write)}),
    "an application that requires": _whole(auth=[requires(scopes="write"), Policy("writer", may_write)]),
}
GUARDS = {**KNOWN_ONLY, **PERMITTED_ONLY}


async def knock(client: TestClient, path: str, protocol: str, token: str | None = None, **headers: str) -> Any:
    """The answer of *path*: of a request, or of a handshake, where 101 means that the socket was opened."""
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    if protocol == "http":
        return await client.get(path, headers=headers)
    try:
        async with client.websocket_connect(path, headers=headers) as session:
            return session.response
    except WebSocketDenied as denied:
        return denied.response
