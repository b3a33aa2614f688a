"""From what a handler returns to a Response: one table, from types to encoders."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeAlias

from nexios.http.codecs import dumps
from nexios.http.response import BYTES, JSON, TEXT, Response

# Writes a value into the response of the request and returns the response to send.
Encoder: TypeAlias = Callable[[Response, Any], Response]
# What binding puts behind a handler: ``(request, response, value) -> Response``.
Convert: TypeAlias = Callable[[Any, Response, Any], Response]


def encode_json(response: Response, value: Any) -> Response:
    response.write(dumps(value), response.declared_type(JSON))
    return response


def encode_text(response: Response, value: str) -> Response:
    response.write(value.encode(), response.declared_type(TEXT))
    return response


def encode_bytes(response: Response, value: bytes) -> Response:
    response.write(bytes(value), response.declared_type(BYTES))
    return response


def encode_nothing(response: Response, value: None) -> Response:
    """None means what was written into the response, and 204 where nothing was."""
    return response if response.is_written else response.empty()


def encode_response(response: Response, value: Response) -> Response:
    return value if value is response else value.adopt(response)


def encode_async_iterator(response: Response, value: AsyncIterator[Any]) -> Response:
    return _encode_stream(response, value)


def encode_iterator(response: Response, value: Iterator[Any]) -> Response:
    return _encode_stream(response, value)


def _encode_stream(response: Response, value: AsyncIterator[Any] | Iterator[Any]) -> Response:
    return response.stream(value, content_type=response.declared_type(BYTES)[1].decode("latin-1"))


BUILT_IN: dict[type, Encoder] = {
    dict: encode_json,
    list: encode_json,
    str: encode_text,
    bytes: encode_bytes,
    bytearray: encode_bytes,
    memoryview: encode_bytes,
    type(None): encode_nothing,
    Response: encode_response,
}


class Answers:
    """The encoders of one application. An encoder for a class serves its subclasses, unless they have their own."""

    def __init__(self) -> None:
        self.registered: dict[type, Encoder] = dict(BUILT_IN)
        self.registered[tuple] = self._encode_tuple
        # By exact class: as many entries as the program has classes that handlers return.
        self._known: dict[type, Encoder] = dict(self.registered)

    def register(self, kind: type, encode: Encoder) -> None:
        self.registered[kind] = encode
        self._known = dict(self.registered)

    def convert(self, request: Any, response: Response, value: Any) -> Response:
        encode = self._known.get(value.__class__)
        if encode is None:
            encode = self._find(value)
        return encode(response, value)

    def _find(self, value: Any) -> Encoder:
        kind = type(value)
        for base in kind.__mro__[:-1]:
            # A named tuple is a record, not a body with its status.
            if base in self.registered and base is not tuple:
                encode = self.registered[base]
                break
        else:
            encode = self._fallback(value)
        self._known[kind] = encode
        return encode

    @staticmethod
    def _fallback(value: Any) -> Encoder:
        if isinstance(value, AsyncIterator):
            return encode_async_iterator
        return encode_iterator if isinstance(value, Iterator) else encode_json

    def _encode_tuple(self, response: Response, value: tuple[Any, ...]) -> Response:
        match value:
            case (body, int(status)):
                headers: dict[str, str] = {}
            case (body, int(status), dict(given)):
                headers = given
            case _:
                raise TypeError(
                    f"a handler returned {value!r:.80}: a tuple means (body, status) or (body, status, headers); "
                    "return a list to answer with a JSON array"
                )
        answer = self.convert(None, response, body)
        answer.status(status)
        for name, content in headers.items():
            answer.headers[name] = content
        return answer
