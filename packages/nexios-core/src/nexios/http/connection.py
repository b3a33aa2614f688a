"""What an HTTP request and a WebSocket share: a lazy, typed view of an ASGI scope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from nexios.exceptions import MissingPluginError
from nexios.http.cookies import parse_cookies
from nexios.http.headers import Headers
from nexios.http.urls import URL, QueryParams

if TYPE_CHECKING:
    from nexios.config import Limits
    from nexios.types import Receive, Scope

# What a connection offers once a package provides it, and the package to install until then.
DECLARED_SLOTS = {
    "session": "nexios-session",
    "user": "nexios-auth",
    "auth": "nexios-auth",
    "form": "nexios-forms",
    "files": "nexios-forms",
    "csrf_token": "nexios-security",
    "csrf_input": "nexios-security",
    "csp_nonce": "nexios-security",
}


class Address(NamedTuple):
    host: str
    port: int | None


class PathParams(dict[str, Any]):
    """The converted path parameters, by item and by attribute."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            known = ", ".join(self) or "none"
            raise AttributeError(f"the path has no parameter {name!r}; it has: {known}") from None


class State(MutableMapping[str, Any]):
    """A place for the application's own values, by item and by attribute, over one shared dictionary."""

    __slots__ = ("_values",)
    _values: dict[str, Any]

    def __init__(self, values: dict[str, Any] | None = None) -> None:
        object.__setattr__(self, "_values", {} if values is None else values)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"state has no {name!r}; set it with: state.{name} = ...") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self._values[name] = value

    def __delattr__(self, name: str) -> None:
        self._values.pop(name, None)

    def __repr__(self) -> str:
        return f"State({', '.join(self._values)})"


class SlotProvider(Protocol):
    """Makes the value of a slot the first time a connection is asked for it."""

    def __call__(self, connection: Any, /) -> Any: ...


class Route(Protocol):
    """What a connection tells about the route that serves it."""

    @property
    def path(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def handler(self) -> Any: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def meta(self) -> Mapping[str, Any]: ...
    @property
    def max_body(self) -> int: ...


class Application(Protocol):
    """What a connection needs from the application that received it."""

    @property
    def slots(self) -> Mapping[str, SlotProvider]: ...
    @property
    def body_limit(self) -> int: ...
    @property
    def limits(self) -> Limits: ...
    def locate(self, connection: Any, /) -> Route | None: ...
    def forwarded(self, connection: Any, /) -> Any: ...
    def url_for(self, target: Any, /, **params: Any) -> str: ...
    def scheme_for(self, target: Any, scheme: str, /) -> str: ...
    def missing_slot(self, name: str, /) -> MissingPluginError: ...


class Connection:
    """A view of *scope*; nothing is decoded before it is asked for.

    Values provided by plugins (``request.session``) are slots: looked up once, then kept on the instance.
    Using a slot whose package is not installed raises MissingPluginError, which names the package.
    """

    # Declared for type checkers; provided by plugins through `Registry.slot`, or assigned by middleware.
    if TYPE_CHECKING:
        session: Any
        user: Any
        auth: Any
        form: Any
        files: Any

        def __getattr__(self, name: str, /) -> Any: ...

        csrf_token: str
        csrf_input: str
        csp_nonce: str

    # Set on every request, so in slots; the rest are class attributes, free for a request that never asks.
    # Weak references are for what a slot keeps: a value that held its connection would be garbage to collect with it.
    __slots__ = (
        "__dict__", "__weakref__", "_fields", "_found", "_found_method", "_found_path", "_params", "_receive", "app",
        "scope",
    )  # fmt: skip
    app: Any
    scope: Scope
    _found: Any
    _found_method: str
    _params: dict[str, Any] | None
    _path_params: PathParams | None = None
    # The prefix of the mount that serves this connection.
    mounted_at: str = ""
    _headers: Headers | None = None
    _query: QueryParams | None = None
    _cookies: dict[str, str] | None = None
    _state: State | None = None
    _url: URL | None = None

    def __init__(self, app: Any, scope: Scope, receive: Receive, fields: dict[bytes, bytes]) -> None:
        self.app = app
        self.scope = scope
        self._receive = receive
        self._fields = fields
        self._found_path: str | None = None

    @property
    def path(self) -> str:
        """The decoded path of the request line, always the scope's; assigning it routes the request anew."""
        path: str = self.scope["path"]
        return path

    @path.setter
    def path(self, value: str) -> None:
        if not value.startswith("/"):
            raise ValueError(f"request.path = {value!r}: a path starts with '/'")
        self.scope["path"] = value
        self._url = None

    @property
    def url(self) -> URL:
        """Scheme and host as the client (or a trusted proxy) sent them; the path is always the scope's."""
        if self._url is None:
            forwarded = self.app.forwarded(self)
            scope: Scope = self.scope
            host = self.headers.get("host")
            if forwarded is not None:
                host = forwarded.host or host
                if forwarded.scheme is not None:
                    scope = {**scope, "scheme": _scheme_of(scope["type"], forwarded.scheme)}
            self._url = URL.from_scope(scope, host)
        return self._url

    @property
    def base_url(self) -> str:
        """Scheme, authority and root path of the application, without a slash at the end."""
        url = self.url
        return f"{url.scheme}://{url.netloc}{self.scope.get('root_path', '')}"

    @property
    def fields(self) -> Mapping[bytes, bytes]:
        """The value of each header field's first line, by its name in lower case: what the server sent, undecoded."""
        return self._fields

    @property
    def headers(self) -> Headers:
        if self._headers is None:
            self._headers = Headers(self.scope["headers"], self._fields)
        return self._headers

    @property
    def query_params(self) -> QueryParams:
        """The query string, decoded once. Raises BadRequest when it is malformed or has too many fields."""
        if self._query is None:
            self._query = QueryParams(self.scope.get("query_string", b""), limit=self.app.limits.query_fields)
        return self._query

    @property
    def cookies(self) -> dict[str, str]:
        """The request's cookies; where a name comes twice, the first wins."""
        if self._cookies is None:
            self._cookies = parse_cookies(self.headers.getlist("cookie"))
        return self._cookies

    @property
    def path_params(self) -> PathParams:
        self.app.locate(self)
        params = self._params or {}
        if self._path_params is None or self._path_params != params:  # not those of the path before it was rewritten
            self._path_params = PathParams(params)
        return self._path_params

    @property
    def route(self) -> Route | None:
        """The route that serves this request, known before `call_next`; None when there is none."""
        found: Route | None = self.app.locate(self)
        return found

    @property
    def client(self) -> Address | None:
        """The address the request came from; behind `trusted_proxies`, the client they name."""
        forwarded = self.app.forwarded(self)
        if forwarded is not None and forwarded.client is not None:
            return Address(forwarded.client, None)
        peer = self.scope.get("client")
        return Address(peer[0], _port_of(peer[1])) if peer else None

    @property
    def state(self) -> State:
        """This request's own values, on top of the lifespan's state."""
        if self._state is None:
            # Servers hand each request a shallow copy of the lifespan state (ASGI lifespan, section "Lifespan State").
            self._state = State(self.scope.setdefault("state", {}))
        return self._state

    def url_for(self, target: Any, /, **params: Any) -> str:
        """The absolute URL of a route, named or given as its handler. Raises RouteError where it cannot be built."""
        path = self.app.url_for(target, **params)
        scheme = self.app.scheme_for(target, self.url.scheme)
        return f"{scheme}://{self.url.netloc}{self.scope.get('root_path', '')}{path}"


class Slot:
    """What a plugin provides, as an attribute of connections: ``request.session``.

    An attribute for each, and no ``__getattr__``: with one, Python looks up every other attribute ten times slower.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, connection: Any, owner: type) -> Any:
        if connection is None:
            return self
        name = self._name
        provide = connection.app.slots.get(name)
        if provide is not None:
            # What is on the instance comes first: the next one who asks does not come here.
            value = connection.__dict__[name] = provide(connection)
            return value
        if name in DECLARED_SLOTS:
            raise connection.app.missing_slot(name)
        raise AttributeError(f"{owner.__name__.lower()} has no attribute {name!r}, and no active plugin provides it")


def offer_slot(name: str, kind: type[Connection] = Connection) -> None:
    """Make *name* an attribute of connections. Raises ValueError where *kind* has an attribute of that name."""
    present = getattr(kind, name, None)
    if present is None:
        setattr(Connection, name, Slot(name))
    elif not isinstance(present, Slot):
        raise ValueError(f"{kind.__name__.lower()}.{name} is taken: it is one of its own attributes")


for _name in DECLARED_SLOTS:
    offer_slot(_name)


def _port_of(told: int | str | None) -> int | None:
    """Servers say it as a number, as ASGI wants it, or as text."""
    if isinstance(told, str):
        return int(told) if told.isdecimal() else None
    return told


def _scheme_of(kind: str, told: str) -> str:
    """Proxies tell of HTTP and HTTPS alone, also where what they pass on is a WebSocket."""
    return told.replace("http", "ws") if kind == "websocket" else told
