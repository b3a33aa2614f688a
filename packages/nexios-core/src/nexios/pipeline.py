"""The middleware onion, folded once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from nexios.answers import Convert
from nexios.http.request import Request
from nexios.http.response import Response
from nexios.middleware.base import Middleware
from nexios.middleware.layers import layer_name

Endpoint: TypeAlias = Callable[[Any, Any], Awaitable[Response]]
Recover: TypeAlias = Callable[[Any, Exception], Awaitable[Response]]


def fold(layers: Sequence[Middleware], innermost: Endpoint, convert: Convert, recover: Recover) -> Endpoint:
    """Fold *layers* around *innermost*; the first one listed is the outermost."""
    endpoint = innermost
    for layer in reversed(layers):
        endpoint = _wrap(layer, endpoint, convert, recover)
    return endpoint


def _wrap(layer: Middleware, inner: Endpoint, convert: Convert, recover: Recover) -> Endpoint:
    async def call(request: Request, response: Response) -> Response:
        # A plain function that hands out the inner coroutine: one frame less than an async one.
        def call_next() -> Awaitable[Response]:
            return inner(request, response) if response._raw is None else _keeping(inner, request, response)

        try:
            answer = await layer(request, response, call_next)
            if answer is response:
                return answer
            if answer.__class__ is Response:
                return answer.claimed()
            if answer is None:
                raise TypeError(f"middleware {layer_name(layer)} returned None: return the response of call_next()")
            return convert(request, response, answer)
        except Exception as error:
            return await recover(request, error)

    return call


async def _keeping(inner: Endpoint, request: Request, response: Response) -> Response:
    """Call *inner*; what a layer said before stands in whatever comes back, also where that is about an error."""
    said = list(response.raw_headers())
    answer = await inner(request, response)
    if answer is not response:
        answer.keep(said)
    return answer
