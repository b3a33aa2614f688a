"""A listener: a function from a received message to the one that answers it."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from nexios.exceptions import BindingError
from nexios.signature import MISSING, Parameter, Unresolved, describe, read_signature
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
    signature = read_signature(function, sys._getframe(1).f_locals)
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

    handler: Any = functools.update_wrapper(serve, function)
    del handler.__wrapped__
    handler.__signature__ = handler_signature(signature.parameters[1:])
    return handler  # type: ignore[no-any-return]  # the function above, with a signature written on it


def handler_signature(others: Sequence[Parameter]) -> inspect.Signature:
    """That of a handler: the socket, and *others* by name, with the annotations that were found for them."""
    first = inspect.Parameter("socket", inspect.Parameter.POSITIONAL_ONLY)
    return inspect.Signature([first, *(_as_keyword(each) for each in others)])


def _as_keyword(parameter: Parameter) -> inspect.Parameter:
    annotation = parameter.annotation
    if annotation is MISSING:
        annotation = inspect.Parameter.empty
    elif isinstance(annotation, Unresolved):
        annotation = annotation.text
    elif parameter.metadata:
        annotation = Annotated[(annotation, *parameter.metadata)]
    default = inspect.Parameter.empty if parameter.default is MISSING else parameter.default
    return inspect.Parameter(parameter.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
