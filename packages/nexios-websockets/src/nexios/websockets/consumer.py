"""A socket's life as a class: one instance for each connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal, TypeVar

from nexios.exceptions import ConfigurationError
from nexios.signature import read_signature
from nexios.websockets.exceptions import WebSocketDisconnect
from nexios.websockets.messages import Messages
from nexios.websockets.shapes import any_writer, read_json
from nexios.websockets.shorthand import handler_signature
from nexios.websockets.socket import WebSocket

H = TypeVar("H", bound=Callable[..., Any])


def on(kind: Any, *, tag: str | None = None) -> Callable[[H], H]:
    """Let a method of a Consumer handle messages of *kind*; see `Messages.on`."""

    def declare(method: H) -> H:
        method.__nexios_message__ = (kind, tag)  # type: ignore[attr-defined]
        return method

    return declare


class Consumer:
    """Override what you need; ``self.ws`` is the socket.

        @app.websocket("/rooms/{room}")
        class Chat(Consumer):
            def __init__(self, room: str, db=Depend(get_db)): ...
            async def on_connect(self): ...
            async def on_message(self, message): ...
            async def on_disconnect(self, closed): ...

    The parameters of ``__init__`` are supplied as those of a handler. *encoding* is what `on_message` is given: decoded
    JSON, text, or bytes. Methods marked with `on` handle JSON messages of their kind, and nothing goes to `on_message`.
    """

    encoding: ClassVar[Literal["json", "text", "bytes"]] = "json"
    discriminator: ClassVar[str] = "type"
    ws: WebSocket

    async def on_connect(self) -> None:
        """Runs first; accepts the socket."""
        await self.ws.accept()

    async def on_message(self, message: Any) -> Any:
        """Runs for each message; what it returns, but for None, is sent."""
        raise NotImplementedError(f"{type(self).__name__} gets a message: define on_message(self, message)")

    async def on_disconnect(self, closed: WebSocketDisconnect) -> None:
        """Runs last, however the connection ends, once it was accepted."""

    @classmethod
    def as_handler(cls) -> Callable[..., Any]:
        """The handler that serves each socket with an instance of its own."""
        methods = _typed_methods(cls)
        if not methods and cls.on_message is Consumer.on_message:
            raise ConfigurationError(
                f"{cls.__qualname__} handles no messages: define on_message, or methods marked with on(...)"
            )
        messages = Messages(cls.discriminator)
        for method, kind, tag in methods:
            messages.on(kind, _bound(method), tag=tag)

        async def serve(socket: WebSocket, /, **given: Any) -> None:
            consumer = cls(**given)
            consumer.ws = socket
            await consumer.serve(messages if methods else None)

        handler: Any = serve
        handler.__name__, handler.__qualname__, handler.__module__ = cls.__name__, cls.__qualname__, cls.__module__
        own = () if cls.__init__ is object.__init__ else read_signature(cls).parameters
        handler.__signature__ = handler_signature(own)
        handler.__view__ = cls
        return handler  # type: ignore[no-any-return]  # the function above, with a signature written on it

    async def serve(self, messages: Messages | None) -> None:
        ws = self.ws
        try:
            await self.on_connect()
            while True:
                content = await ws.receive()
                if messages is not None:
                    ws.scope["nexios.consumer"] = self
                    await messages.handle(ws, content)
                    continue
                answer = await self.on_message(self._decoded(content))
                if answer is not None:
                    await ws.send(any_writer(answer))
        except WebSocketDisconnect as closed:
            await self.on_disconnect(closed)
        except BaseException:
            await self.on_disconnect(WebSocketDisconnect(1011, "the handler failed"))
            raise

    def _decoded(self, content: str | bytes) -> Any:
        if self.encoding == "json":
            return read_json(content)
        if self.encoding == "text":
            return content if isinstance(content, str) else content.decode("utf-8", "replace")
        return content.encode() if isinstance(content, str) else content


def _bound(method: Callable[..., Any]) -> Callable[[WebSocket, Any], Any]:
    def call(ws: WebSocket, message: Any) -> Any:
        return method(ws.scope["nexios.consumer"], message)

    call.__qualname__ = method.__qualname__
    return call


def _typed_methods(kind: type) -> list[tuple[Callable[..., Any], Any, str | None]]:
    found = []
    for name in dir(kind):
        method = getattr(kind, name)
        marked = getattr(method, "__nexios_message__", None)
        if marked is not None:
            found.append((method, *marked))
    return found
