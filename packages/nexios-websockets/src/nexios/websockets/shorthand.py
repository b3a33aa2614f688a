"""A listener: a function from a received message to the one that answers it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from nexios.exceptions import BindingError
from nexios.signature import describe, read_signature
from nexios.websockets.exceptions import WebSocketDisconnect
from nexios.websockets.shapes import reader, writer


def listener(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a handler of ``async (message: Received, ...) -> Sent``: called for each message, its answer is sent.

        @app.websocket("/double")
        @listener
        async def double(number: int) -> int: ...

    The first parameter is the message; the others are path parameters, the socket and dependencies, supplied once for
    the connection. None sends nothing. Raises BindingError for a function without parameters.
    """
    signature = read_signature(function)
    if not signature.parameters:
        raise BindingError(f"listener {describe(function)} takes no message: give it a parameter for it")
    message = signature.parameters[0]
    read, write = reader(message.annotation), writer(signature.returns)

    async def serve(socket: Any, /, **given: Any) -> None:
        await socket.accept()
        while True:
            try:
                content = await socket.receive()
            except WebSocketDisconnect:
                return
            answer = function(read(content), **given)
            if signature.kind == "coroutine":
                answer = await answer
            if answer is not None:
                await socket.send(write(answer))

    handler: Any = functools.wraps(function)(serve)
    written = list(inspect.signature(function).parameters.values())
    first = inspect.Parameter("socket", inspect.Parameter.POSITIONAL_ONLY)
    others = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in written[1:]]
    handler.__signature__ = inspect.Signature([first, *others])
    handler.__annotations__ = {name: kind for name, kind in function.__annotations__.items() if name != message.name}
    del handler.__wrapped__
    return handler  # type: ignore[no-any-return]  # the function above, with a signature written on it
