"""The extension surface: everything a plugin may add, remembered with the plugin that added it."""

from __future__ import annotations

import functools
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from nexios.answers import Encoder
from nexios.binding import ParameterSource, ResponseShaper
from nexios.dependencies import Provider, Scope
from nexios.exceptions import PluginError
from nexios.http.codecs import Codec
from nexios.http.connection import SlotProvider, offer_slot
from nexios.http.request import Request
from nexios.http.response import Response
from nexios.middleware.layers import layer_name
from nexios.routing.converters import ConverterLike
from nexios.routing.route import ServedMount, ServedRoute
from nexios.routing.router import Router
from nexios.signature import describe
from nexios.types import ASGIApp, Receive, Send
from nexios.types import Scope as ASGIScope

if TYPE_CHECKING:
    from nexios.application import NexiosApp


class ProtocolHandler(Protocol):
    """Serves one ASGI scope type, such as "websocket"."""

    def compile(
        self, app: NexiosApp, route: ServedRoute, recover: Callable[[Any, Exception], Awaitable[Response]]
    ) -> Callable[[Any, Any], Awaitable[Response]]:
        """The endpoint of a route of this protocol, made once; see `NexiosApp.compile_handler`.

        Layers stand around it, as around an HTTP handler: it returns a Response and raises no Exception.
        """
        ...

    async def serve(
        self, app: NexiosApp, scope: ASGIScope, receive: Receive, send: Send, fields: dict[bytes, bytes]
    ) -> None:
        """Answer one connection whose header was screened; see `NexiosApp.answer`."""
        ...

    async def hand_over(self, connection: Any, mounted: ASGIApp, place: Mapping[str, Any]) -> Response:
        """Let a mounted application answer *connection*; of its scope, *place* is what it is told anew.

        That is its root path, and the path where the server has left the root path out of it.
        """
        ...

    async def pass_through(
        self, connection: Any, around: Callable[[ASGIApp], ASGIApp], call_next: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Let ASGI middleware, put by *around* around what it is given, see the messages of *connection*.

        What lies further in answers at `call_next`.
        """
        ...


# The layers that a plugin puts around one route, or around one mounted application.
LayerChooser: TypeAlias = Callable[[ServedRoute | ServedMount], Sequence[Any]]


@dataclass(slots=True)
class Contributions:
    """What the plugins of one application have added that the core only keeps."""

    slots: dict[str, SlotProvider] = field(default_factory=dict)
    response_slots: dict[str, SlotProvider] = field(default_factory=dict)
    protocols: dict[str, ProtocolHandler] = field(default_factory=dict)
    codecs: dict[str, Codec] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    app_slots: dict[str, Callable[[Any], None]] = field(default_factory=dict)
    route_layers: list[LayerChooser] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)
    health: dict[str, Callable[[], Awaitable[Any]]] = field(default_factory=dict)
    named: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)

    def response_class(self) -> type[Response]:
        """The class of responses that has the slots besides; each is filled once for each response asked for it."""
        if not self.response_slots:
            return Response

        class SlottedResponse(Response):
            pass

        for name, provide in self.response_slots.items():
            slot = functools.cached_property(provide)
            slot.__set_name__(SlottedResponse, name)
            setattr(SlottedResponse, name, slot)
        return SlottedResponse


class Registry:
    """What `Plugin.register` is given. Registering does no I/O; hooks that run later do.

    What is registered takes effect once `register` has returned: a plugin that fails half way adds nothing.

    Two plugins that claim the same thing are an error naming both, until the configuration chooses:
    ``MakeConfig(plugins={"prefer": {"slot session": "other"}})``.
    """

    def __init__(self, app: NexiosApp, plugin: str, owners: dict[str, str], prefer: dict[str, str]) -> None:
        self.app = app
        self.plugin = plugin
        self._owners = owners
        self._prefer = prefer
        self.contributions: list[str] = []
        self.sources: list[str] = []
        self._effects: list[Callable[[], Any]] = []

    # -- the request path ----------------------------------------------------------------------------------------

    def middleware(self, middleware: Any, **options: Any) -> None:
        """Add a layer to the application, outside those its author adds."""
        self._note(f"middleware {layer_name(middleware)}")
        self._later(self.app.add_middleware, middleware, **options)

    def route_layers(self, choose: LayerChooser, *, marks: Sequence[str] = ()) -> None:
        """Put the layers that *choose* returns around a route, further in than every other layer.

        *choose* is asked once, when the route is compiled, for each protocol and for mounted applications; what it
        raises stops the start. Its layers also stand in front of the answers to other methods at the route's path.
        *marks* are the kinds of `nexios.marks` that it reads: a handler with a mark that nobody reads is not served.
        """
        self._note("route layers")
        self._later(self.app.contributed.route_layers.append, choose)
        for kind in marks:
            self._later(self.app.contributed.marks.__setitem__, kind, self.plugin)

    def router(self, router: Router) -> None:
        """Serve the routes of *router*."""
        self._note(f"routes {router.prefix or '/'}")
        self._later(self.app.mount_router, router)

    def slot(self, name: str, provide: SlotProvider) -> None:
        """Provide ``request.<name>``: *provide* takes the connection, once, when the slot is first used."""
        offer_slot(name, Request)
        if self._claim(f"slot {name}"):
            self._later(self.app.contributed.slots.__setitem__, name, provide)

    def response_slot(self, name: str, provide: SlotProvider) -> None:
        """Provide ``response.<name>``: *provide* takes the response."""
        if self._claim(f"response slot {name}"):
            self._later(self.app.contributed.response_slots.__setitem__, name, provide)

    def app_slot(self, name: str, use: Callable[[Any], None]) -> None:
        """Let the application's author assign ``app.<name> = value``; *use* is called with the value."""
        if self._claim(f"app slot {name}"):
            self._later(self.app.contributed.app_slots.__setitem__, name, use)

    def parameter_source(self, source: ParameterSource) -> None:
        """Supply handler parameters by their annotation or marker."""
        self._note("parameter source")
        self._later(self.app.bindings.sources.__setitem__, self.plugin, source)

    def response_shaper(self, shaper: ResponseShaper) -> None:
        """Decide per route how the values its handler returns are written."""
        self._note("response shaper")
        self._later(self.app.bindings.shapers.__setitem__, self.plugin, shaper)

    def encoder(self, kind: type, encode: Encoder) -> None:
        """Answer with values of *kind* (and its subclasses) that a handler returns."""
        if self._claim(f"encoder {describe(kind)}"):
            self._later(self.app.bindings.answers.register, kind, encode)

    def codec(self, codec: Codec) -> None:
        """Read and write a media type."""
        for media_type in codec.media_types:
            if self._claim(f"codec {media_type}"):
                self._later(self.app.contributed.codecs.__setitem__, media_type, codec)

    def path_converter(self, name: str, converter: ConverterLike) -> None:
        """Serve ``{value:<name>}`` in paths."""
        if self._claim(f"path converter {name}"):
            self._later(self.app.register_path_converter, name, converter)

    def protocol(self, scope_type: str, handler: ProtocolHandler) -> None:
        """Serve an ASGI scope type, and routes declared for it."""
        if self._claim(f"protocol {scope_type}"):
            self._later(self.app.contributed.protocols.__setitem__, scope_type, handler)

    def route_option(self, *names: str) -> None:
        """Allow these keyword arguments on routes and routers; read them from ``route.options``."""
        for name in names:
            self._later(self.app.contributed.options.setdefault, name, self.plugin)
        self._note(f"route options {', '.join(names)}")

    def provide(self, kind: Any, factory: Callable[..., Any], *, scope: Scope = "request") -> None:
        """Inject *kind*, wherever it is a parameter's annotation, with what *factory* gives.

        *kind* is a type, or its name ``"package.module:Class"`` where importing it costs those who never use it.
        """
        if self._claim(f"provider {kind if isinstance(kind, str) else describe(kind)}"):
            self._later(self.app.bindings.providers.__setitem__, kind, Provider(factory, scope))

    # -- the application's life ----------------------------------------------------------------------------------

    def on_startup(self, hook: Callable[[], Any]) -> None:
        self._note("startup hook")
        self._later(self.app.on_startup, hook)

    def on_shutdown(self, hook: Callable[[], Any]) -> None:
        self._note("shutdown hook")
        self._later(self.app.on_shutdown, hook)

    def on_drain(self, hook: Callable[[], Any]) -> None:
        """Run *hook* when the server is told to stop, before it waits for open connections."""
        self._note("drain hook")
        self._later(self.app.on_drain, hook)

    def lifespan(self, context: Callable[[NexiosApp], AbstractAsyncContextManager[Any]]) -> None:
        """Enter *context* when the application starts and leave it when it stops."""
        self._note("lifespan")
        self._later(self.app.lifespan.add, context)

    def health(self, name: str, check: Callable[[], Awaitable[Any]]) -> None:
        """Take part in ``app.check_health()``: *check* raises when the part is not well."""
        if self._claim(f"health {name}"):
            self._later(self.app.contributed.health.__setitem__, name, check)

    def on(self, event: Any, listener: Callable[..., Any], *, priority: int = 0) -> None:
        """Listen to an event of the application."""
        self._note(f"listener {describe(event)}")
        self._later(self.app.events.on, event, listener, priority=priority)

    def contribute(self, kind: str, value: Any) -> None:
        """Leave *value* for the plugin that collects *kind*, such as "openapi", with ``app.contributions(kind)``."""
        self._note(f"contribution {kind}")
        self._later(self.app.contributed.named.setdefault(kind, []).append, (self.plugin, value))

    # -- provenance ----------------------------------------------------------------------------------------------

    def take_effect(self) -> None:
        """Apply what was registered, in its order."""
        for effect in self._effects:
            effect()

    def give_up(self) -> None:
        """Leave what was claimed to other plugins; nothing of it has taken effect."""
        for what in [what for what, owner in self._owners.items() if owner == self.plugin]:
            del self._owners[what]

    def _later(self, effect: Callable[..., Any], *args: Any, **options: Any) -> None:
        self._effects.append(functools.partial(effect, *args, **options))

    def _note(self, what: str) -> None:
        self.contributions.append(what)
        self.sources.append(_caller())

    def _claim(self, what: str) -> bool:
        """Take *what* for this plugin; False when the configuration gives it to another."""
        owner = self._owners.get(what)
        preferred = self._prefer.get(what)
        if owner is not None and owner != self.plugin and preferred not in (owner, self.plugin):
            raise PluginError(
                f"plugins {owner!r} and {self.plugin!r} both provide the {what}: choose one with "
                f"MakeConfig(plugins={{'prefer': {{{what!r}: {self.plugin!r}}}}}), or leave one out of plugins="
            )
        if preferred is not None and preferred != self.plugin and owner is not None:
            return False
        self._owners[what] = self.plugin
        self._note(what)
        return True


def _caller() -> str:
    """The line outside of this module that is registering."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename == __file__ and frame.f_back is not None:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
