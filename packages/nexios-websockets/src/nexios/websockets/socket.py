"""One WebSocket, from its handshake to its close."""

from __future__ import annotations

import secrets
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, TypeVar, cast

import anyio

from nexios.exceptions import BadRequest
from nexios.http.codecs import dumps
from nexios.http.connection import Connection
from nexios.http.headers import check_name, check_value
from nexios.types import Message, RawHeaders, Receive, Scope, Send
from nexios.websockets.closing import TOO_BIG, TRY_AGAIN_LATER, check_close
from nexios.websockets.exceptions import InvalidMessage, SocketStateError, WebSocketDisconnect
from nexios.websockets.iteration import Texts, Values
from nexios.websockets.rate import limited
from nexios.websockets.wire import UNOPENED, Interruptible, Wire, closed_wire

if TYPE_CHECKING:
    from nexios.websockets.channels.hub import Channels
    from nexios.websockets.channels.room import Member
    from nexios.websockets.config import WebSocketsConfig
    from nexios.websockets.connections import Connections
    from nexios.websockets.messages import Messages

Phase: TypeAlias = Literal["connecting", "open", "closed"]
Mode: TypeAlias = Literal["text", "binary"]
T = TypeVar("T")
H = TypeVar("H", bound=Callable[..., Any])


class WebSocket(Connection):
    """A client's socket. Path, query, headers, cookies and slots such as ``ws.user`` are those of its handshake.

    Every method that waits for the client raises WebSocketDisconnect once the socket is closed, by whichever side;
    uncaught it ends the handler quietly. A call that the state does not allow raises SocketStateError.
    """

    __slots__ = ("_connections", "_goodbye", "_messages", "_send", "cancel_scope", "channels", "id", "joined",
                 "phase", "silence", "terms", "user_key")  # fmt: skip
    scope: Scope
    # The handshake is a GET (RFC 6455 section 4.1), which is what code shared with HTTP asks.
    method: str = "GET"
    # Guards and layers may ask what kind of connection they look at.
    is_websocket: bool = True

    def __init__(
        self,
        app: Any,
        scope: Scope,
        receive: Receive,
        send: Send,
        fields: dict[bytes, bytes],
        connections: Connections,
        channels: Channels,
    ) -> None:
        super().__init__(app, scope, receive, fields)
        self._send = send
        self._connections = connections
        self.channels: Channels = channels
        self.wire: Wire = UNOPENED
        self._messages: Messages | None = None
        self._goodbye: anyio.Event | None = None
        self.cancel_scope: anyio.CancelScope | None = None
        self.phase: Phase = "connecting"
        self.terms: WebSocketsConfig = connections.config
        self.silence: float = 0.0
        self.user_key: str | None = None
        # Its memberships, by the names of the channels.
        self.joined: dict[str, Member] = {}
        # What `send_to` and `exclude` know the socket by; random, because clients may be told.
        self.id: str = secrets.token_urlsafe(12)

    # -- the handshake ------------------------------------------------------------------------------------------

    @property
    def subprotocols(self) -> tuple[str, ...]:
        """Those the client offers, in its order of preference."""
        return tuple(self.scope.get("subprotocols") or ())

    @property
    def is_open(self) -> bool:
        return self.phase == "open"

    async def accept(
        self, subprotocol: str | None = None, headers: Mapping[str, str] | Iterable[tuple[str, str]] = ()
    ) -> None:
        """Open the socket, with *subprotocol*, one of those offered, and *headers* in the answer to the handshake.

        Raises ValueError for a subprotocol that was not offered, PolicyViolation where the user has too many sockets.
        """
        if self.phase != "connecting":
            raise SocketStateError(
                f"accept() on a socket that is {self.phase}: it is called once, before anything is sent"
            )
        if subprotocol is not None and subprotocol not in self.subprotocols:
            raise ValueError(
                f"the client does not offer the subprotocol {subprotocol!r}, it offers {self.subprotocols!r}"
            )
        message = {"type": "websocket.accept", "subprotocol": subprotocol, "headers": _encoded(headers)}
        self._connections.admit(self)
        try:
            await self._send(message)
        except Exception as error:
            raise self._gone(1006, "the connection was lost during the handshake") from error
        if not self.is_open:  # ASGI middleware may have passed it on, and opened it so
            self._open()

    def _open(self) -> None:
        terms = self.terms
        read = self._receive if terms.rate is None else limited(self._receive, terms.rate, terms.burst)
        if "granian" in sys.modules:  # it sends no close while somebody reads (2.8)
            read = Interruptible(read)
        # A character has at most four bytes.
        short = terms.max_message // 4
        start = self._connections.start
        self.wire = Wire(read, self._send, short, terms.queue, terms.slow_consumer, self._close_slow, start)
        self.wire.open()
        self.phase = "open"

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the socket behind what is on its way to the client; on a closed one, do nothing.

        Before the accept the handshake is refused with 403. Raises ValueError for a code that must not be sent
        (RFC 6455 section 7.4) and a reason of more than 123 bytes.
        """
        check_close(code, reason)
        if self.phase == "closed":
            return
        if self.phase == "open":
            with anyio.move_on_after(self.terms.close_timeout), suppress(WebSocketDisconnect):
                await self.wire.turn()
        await self.cut(code, reason)

    async def cut(self, code: int, reason: str) -> None:
        """Close the socket now; what has not left yet is dropped."""
        if self.phase == "closed":
            return
        self._gone(code, reason)
        self._goodbye = anyio.Event()
        with anyio.move_on_after(self.terms.close_timeout, shield=True), suppress(Exception):
            # What is raised means that the client was faster, which is as good.
            await self._send({"type": "websocket.close", "code": code, "reason": reason})
        self._goodbye.set()

    async def goodbye(self) -> None:
        """Wait for the close that somebody else has begun: when the application returns, servers close as they like."""
        if self._goodbye is not None:
            await self._goodbye.wait()

    def _gone(self, code: int, reason: str) -> WebSocketDisconnect:
        """Take note that the socket is closed."""
        why = WebSocketDisconnect(code, reason)
        self.phase = "closed"
        if self.wire is UNOPENED:
            self.wire = closed_wire(why)
        else:
            self.wire.shut(why)
        return why

    @property
    def ends(self) -> tuple[Receive, Send]:
        """The ends of the connection as they are seen here."""
        return self._receive, self._send

    @contextmanager
    def seen_as(self, scope: Scope, receive: Receive, send: Send) -> Iterator[None]:
        """Let what lies further in see what ASGI middleware has made of this socket."""
        outer = self.scope, self._receive, self._send
        self._become(scope, receive, send)
        try:
            yield
        finally:
            self._become(*outer)

    def _become(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self._receive, self._send = scope, receive, send
        self._headers = self._url = self._query = self._cookies = None
        self._fields = dict(reversed(scope["headers"]))
        self._found_path = None

    def note(self, kind: str) -> None:
        """Follow what somebody else sends on the socket."""
        if kind == "websocket.accept" and self.phase == "connecting":
            self._open()
        elif kind == "websocket.close":
            self._gone(1000, "")

    def _close_slow(self) -> None:
        """The client does not keep up, and the policy is to close."""
        if self.phase == "open":
            self._connections.start(self._connections.cut_off, self, TRY_AGAIN_LATER, "too slow for what it is sent")

    # -- receiving ----------------------------------------------------------------------------------------------

    async def receive_text(self) -> str:
        """The next message. Raises InvalidMessage when it is binary."""
        wire = self.wire
        message = await wire.read()
        text: str | None = message.get("text")
        if text is None or len(text) > wire.short:
            return str(await self.unusual(message, str))
        wire.is_active = True
        return text

    async def receive_bytes(self) -> bytes:
        """The next message. Raises InvalidMessage when it is text."""
        wire = self.wire
        message = await wire.read()
        data: bytes | None = message.get("bytes")
        if data is None or len(data) > wire.short:
            return bytes(await self.unusual(message, bytes))
        wire.is_active = True
        return data

    async def receive(self) -> str | bytes:
        """The next message, of either kind."""
        wire = self.wire
        message = await wire.read()
        content: str | bytes | None = message.get("text")
        if content is None:
            content = message.get("bytes")
        if content is None or len(content) > wire.short:
            unusual: str | bytes = await self.unusual(message, None)
            return unusual
        wire.is_active = True
        return content

    async def receive_json(self) -> Any:
        """The next message, decoded as strict JSON. Raises InvalidMessage, which uncaught closes with 1007."""
        content = await self.receive()
        try:
            return self.app.decode_json(content.encode() if isinstance(content, str) else content)
        except BadRequest as malformed:
            raise InvalidMessage(malformed.detail or "malformed JSON") from None
        except UnicodeEncodeError:
            raise InvalidMessage("half of a surrogate pair is no text") from None

    async def unusual(self, message: Message, wanted: type[str] | type[bytes] | None) -> Any:
        """A message that needs another look: the end, the other kind, or a long one."""
        if message["type"] == "websocket.disconnect":
            raise self._gone(message.get("code") or 1005, message.get("reason") or "")
        content: Any = message.get("text")
        if content is None:
            content = message.get("bytes")
        if wanted is not None and not isinstance(content, wanted):
            raise InvalidMessage(f"a {'text' if wanted is str else 'binary'} message is expected")
        size = len(content.encode("utf-8", "surrogatepass")) if isinstance(content, str) else len(content)
        if size > self.terms.max_message:
            reason = f"the message has {size} bytes, {self.terms.max_message} are allowed"
            await self.cut(TOO_BIG, reason)
            raise WebSocketDisconnect(TOO_BIG, reason)
        self.wire.is_active = True
        return content

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str | bytes:
        try:
            return await self.receive()
        except WebSocketDisconnect:
            raise StopAsyncIteration from None

    def iter_text(self) -> AsyncIterator[str]:
        """Text messages until the socket is closed."""
        return Texts(self)

    def iter_json(self) -> AsyncIterator[Any]:
        """Decoded messages until the socket is closed."""
        return Values(self.receive_json)

    async def until_closed(self) -> WebSocketDisconnect:
        """Read and drop what the client sends, until the socket is closed; return why it is."""
        try:
            while True:
                await self.receive()
        except WebSocketDisconnect as closed:
            return closed

    # -- sending ------------------------------------------------------------------------------------------------

    async def send_text(self, text: str) -> None:
        """Send *text*, and wait while the client is slow."""
        if text.__class__ is not str:
            _refuse_content(text, "send_text", "str")
        wire = self.wire
        if wire.busy:
            await wire.turn()
        wire.busy = True
        try:
            await wire.write({"type": "websocket.send", "text": text})
        except BaseException as error:
            raise self._failed(error) from None
        wire.busy = wire.lost is not None
        if wire.pressed:
            wire.release()

    async def send_bytes(self, data: bytes) -> None:
        """Send *data* as a binary message, and wait while the client is slow."""
        if data.__class__ is not bytes:
            _refuse_content(data, "send_bytes", "bytes")
        wire = self.wire
        if wire.busy:
            await wire.turn()
        wire.busy = True
        try:
            await wire.write({"type": "websocket.send", "bytes": data})
        except BaseException as error:
            raise self._failed(error) from None
        wire.busy = wire.lost is not None
        if wire.pressed:
            wire.release()

    async def send_json(self, value: Any, mode: Mode = "text") -> None:
        """Send *value* as JSON, in a text message, or in a binary one."""
        data = dumps(value)
        if mode == "text":
            await self.send_text(data.decode())
        else:
            await self.send_bytes(data)

    async def send(self, content: Any) -> None:
        """Send str as text, bytes as binary, and anything else as JSON."""
        if isinstance(content, str):
            await self.send_text(str(content))
        elif isinstance(content, bytes | bytearray | memoryview):
            await self.send_bytes(bytes(content))
        else:
            await self.send_json(content)

    def _failed(self, error: BaseException) -> BaseException:
        failure = self.wire.failed(error)
        if isinstance(failure, WebSocketDisconnect) and self.phase == "open":
            self._gone(failure.code, failure.reason)
        return failure

    async def beat(self) -> None:
        """Send the heartbeat; a client that is alive answers with a message of any kind."""
        try:
            await self.send_text(self.terms.heartbeat_message)
        except WebSocketDisconnect:
            return

    @property
    def dropped(self) -> int:
        """How many broadcasts this socket has missed because it was too slow."""
        return self.wire.dropped

    # -- typed messages -----------------------------------------------------------------------------------------

    def on(self, kind: Any, *, tag: str | None = None) -> Callable[[H], H]:
        """Handle messages of *kind* in this socket; see `Messages.on`."""
        return self.messages.on(kind, tag=tag)

    async def dispatch(self) -> None:
        """Hand each message to the handler of its kind, until the socket is closed; see `Messages.serve`."""
        await self.messages.serve(self)

    @property
    def messages(self) -> Messages:
        if self._messages is None:
            self._messages = self._connections.new_messages()
        return self._messages

    def __repr__(self) -> str:
        return f"<WebSocket {self.id} {self.phase} {self.path!r}>"


def _refuse_content(content: object, method: str, kind: str) -> None:
    # A subclass of str is fine in itself; only servers that look at the exact class would not take it.
    if not isinstance(content, str if kind == "str" else bytes):
        raise TypeError(
            f"{method}() sends {kind}, not {type(content).__qualname__}: for other values there is send_json()"
        )


def _encoded(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> RawHeaders:
    # A mapping is an iterable too, of names alone.
    pairs: Iterable[tuple[str, str]] = (
        cast("Mapping[str, str]", headers).items() if isinstance(headers, Mapping) else headers
    )
    return [(check_name(name), check_value(value)) for name, value in pairs]
