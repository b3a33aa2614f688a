"""From what a handler returns to a Response: one table, from types to encoders."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeAlias

from nexios.http.codecs import dumps
from nexios.http.media import BYTES, JSON, TEXT
from nexios.http.response import Response

# Writes a value into the response of the request and returns the response to send.
Encoder: TypeAlias = Callable[[Response, Any], Response]
# What binding puts behind a handler: ``(request, response, value) -> Response``.
Convert: TypeAlias = Callable[[Any, Response, Any], Response]


def encode_json(response: Response, value: Any) -> Response:
    if response._raw is None and response.is_plain:
        response.content = dumps(value)
        response._type = JSON
    else:
        response.write(dumps(value), response.declared_type(JSON))
    return response


def encode_text(response: Response, value: str) -> Response:
    if response._raw is None and response.is_plain:
        response.content = value.encode()
        response._type = TEXT
    else:
        response.write(value.encode(), response.declared_type(TEXT))
    return response


def encode_bytes(response: Response, value: bytes) -> Response:
    response.write(bytes(value), response.declared_type(BYTES))
    return response


def encode_nothing(response: Response, value: None) -> Response:
    """None means what was written into the response, and 204 where nothing was."""
    return response if response.is_written else response.empty()


def encode_response(response: Response, value: Response) -> Response:
    return value if value is response else value.claimed().adopt(response)


def encode_async_iterator(response: Response, value: AsyncIterator[Any]) -> Response:
    return _encode_stream(response, value)


def encode_iterator(response: Response, value: Iterator[Any]) -> Response:
    return _encode_stream(response, value)


def _encode_stream(response: Response, value: AsyncIterator[Any] | Iterator[Any]) -> Response:
    kind = response.declared_type(BYTES)
    response.pipe(value)
    response.describe_body(kind)
    return response


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


class Answers(dict[type, Encoder]):
    """The encoders of one application, by exact class; looked up with ``answers[value.__class__]``.

    An encoder registered for a class serves its subclasses, unless they have their own. What was looked up is kept: as
    many entries as the program has classes that handlers return.
    """

    def __init__(self) -> None:
        self.registered: dict[type, Encoder] = {**BUILT_IN, tuple: self._encode_tuple}
        super().__init__(self.registered)

    def register(self, kind: type, encode: Encoder) -> None:
        self.registered[kind] = encode
        self.clear()
        self.update(self.registered)

    def convert(self, request: Any, response: Response, value: Any) -> Response:
        return self[value.__class__](response, value)

    def __missing__(self, kind: type) -> Encoder:
        encode = self[kind] = self._find(kind)
        return encode

    def _find(self, kind: type) -> Encoder:
        for base in kind.__mro__[:-1]:
            # A named tuple is a record, not a body with its status.
            if base in self.registered and base is not tuple:
                return self.registered[base]
        if issubclass(kind, AsyncIterator):
            return encode_async_iterator
        return encode_iterator if issubclass(kind, Iterator) else encode_json

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
