"""Typed dispatch: each kind of message to the function that handles it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, overload

from nexios.exceptions import ConfigurationError
from nexios.signature import describe
from nexios.websockets.exceptions import InvalidMessage, WebSocketDisconnect
from nexios.websockets.shapes import any_writer, read_json, tag_of, value_reader

if TYPE_CHECKING:
    from nexios.websockets.socket import WebSocket

H = TypeVar("H", bound=Callable[..., Any])


class _Kind(NamedTuple):
    read: Callable[[Any], Any]
    handle: Callable[..., Any]


class Messages:
    """Handlers of JSON messages by the value of one of their members, the *discriminator*.

    Declared once, ``messages = Messages()``, and used by any number of sockets, ``await messages.serve(ws)``; or by
    one, ``ws.on`` and ``await ws.dispatch()``.
    """

    def __init__(self, discriminator: str = "type") -> None:
        self.discriminator = discriminator
        self._kinds: dict[str, _Kind] = {}

    @overload
    def on(self, kind: Any, handler: H, *, tag: str | None = None) -> H: ...
    @overload
    def on(self, kind: Any, *, tag: str | None = None) -> Callable[[H], H]: ...
    def on(self, kind: Any, handler: Callable[..., Any] | None = None, *, tag: str | None = None) -> Any:
        """Handle *kind* with ``async (ws, message)``; what the handler returns, but for None, is sent.

        *kind* is a model whose member *discriminator* is a ``Literal["…"]``, or a text, for plain dictionaries. *tag*
        is for models that do not say it themselves. Raises ConfigurationError for a tag that is missing or taken.
        """
        if handler is None:
            return lambda decorated: self._declare(kind, decorated, tag)
        return self._declare(kind, handler, tag)

    def _declare(self, kind: Any, handler: H, tag: str | None) -> H:
        found = tag or (kind if isinstance(kind, str) else tag_of(kind, self.discriminator))
        if found is None:
            raise ConfigurationError(
                f"{describe(kind)} does not say which messages are meant: give it {self.discriminator}: Literal['…'], "
                f"or write on({describe(kind)}, tag='…')"
            )
        if found in self._kinds:
            raise ConfigurationError(
                f"messages of {self.discriminator} {found!r} are handled twice: by "
                f"{describe(self._kinds[found].handle)} and {describe(handler)}"
            )
        self._kinds[found] = _Kind(value_reader(kind), handler)
        return handler

    async def serve(self, ws: WebSocket) -> None:
        """Accept *ws* if that was not done, and handle its messages until it is closed.

        Raises InvalidMessage for a message of no kind, or not of its kind's shape.
        """
        if ws.phase == "connecting":
            await ws.accept()
        while True:
            try:
                content = await ws.receive()
            except WebSocketDisconnect:
                return
            await self.handle(ws, content)

    async def handle(self, ws: WebSocket, content: str | bytes) -> None:
        """Handle one message."""
        value = read_json(content)
        tag = value.get(self.discriminator) if isinstance(value, dict) else None
        kind = self._kinds.get(tag) if isinstance(tag, str) else None
        if kind is None:
            raise InvalidMessage(f"the message has no {self.discriminator!r} that is known here")
        answer = kind.handle(ws, kind.read(value))
        if hasattr(answer, "__await__"):
            answer = await answer
        if answer is not None:
            await ws.send(any_writer(answer))
