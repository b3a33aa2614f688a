"""Asking another server, which may be slow, broken or hostile: bounded in time and size, and never led elsewhere."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

import anyio

from nexios.exceptions import BadRequest, ConfigurationError, HTTPException
from nexios.http.codecs import loads

httpx: Any = None
with suppress(ImportError):  # the extra nexios-auth[oauth] is not installed
    import httpx

SECONDS: Final = 5.0
LARGEST: Final = 1_048_576


class FetchError(HTTPException):
    """Another server has not given a usable answer. *detail* is shown to the client and quotes nothing of it."""

    status = 502

    def __init__(self, reason: str) -> None:
        super().__init__(None, "the server that signs users in has not given a usable answer")
        self.reason = reason

    def __str__(self) -> str:
        return f"{super().__str__()} ({self.reason})"


class Fetched(NamedTuple):
    status: int
    body: bytes

    def object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises FetchError."""
        try:
            value = loads(self.body)
        except BadRequest:
            raise FetchError("its answer is not strict JSON") from None
        if not isinstance(value, dict):
            raise FetchError("its answer is not a JSON object")
        return value


def check_url(url: str, what: str) -> str:
    """Return *url*, if it may be asked: https, or this machine. Raises ConfigurationError, which names *what* it is."""
    parts = _split(url)
    host = "" if parts is None else parts.hostname or ""
    if parts is None or not host or any(character <= " " or character > "~" for character in url):
        raise ConfigurationError(f"{what} is {url!r}: write https://host/path")
    if parts.username is not None or parts.fragment:
        raise ConfigurationError(f"{what} has credentials or a fragment in it: leave them out")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise ConfigurationError(f"{what} is {url!r}: it must be https, unless the host is this machine")
    return url


def _split(url: Any) -> SplitResult | None:
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        return None if parts is None or parts.port == 0 else parts
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


async def fetch(
    url: str,
    *,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    largest: int = LARGEST,
) -> Fetched:
    """GET *url*, or POST *form* to it. Raises FetchError; a redirect is an answer like any other, and not followed."""
    fields = {"accept": "application/json", "accept-encoding": "identity", **(headers or {})}
    reason = ""
    try:
        with anyio.fail_after(seconds):
            async with _client() as client:
                method = "GET" if form is None else "POST"
                async with client.stream(method, url, data=form, headers=fields) as answer:
                    return Fetched(answer.status_code, await _read(answer, largest))
    except TimeoutError:
        reason = f"it took longer than {seconds:g} s"
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        reason = type(error).__name__
    # Outside of the handlers: what httpx says has the URL in it, and that may hold what is secret.
    raise FetchError(reason)


async def _read(answer: Any, largest: int) -> bytes:
    # As it was sent: to inflate what was not asked for could take a thousand times its size.
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise FetchError("its answer is compressed")
    body = bytearray()
    try:
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) > largest:
                # Not by leaving the loop: the generators inside of httpx must end, and with its source gone they do.
                await answer.aclose()
    except httpx.HTTPError:
        if len(body) <= largest:
            raise
    if len(body) > largest:
        raise FetchError(f"its answer has more than {largest} bytes")
    return bytes(body)


def _client() -> Any:
    return httpx.AsyncClient(verify=_trust(), follow_redirects=False, timeout=SECONDS)


_contexts: list[Any] = []


def _trust() -> Any:
    """The authorities that TLS trusts: read once, as that takes 20 ms."""
    if not _contexts:
        _contexts.append(httpx.create_ssl_context())
    return _contexts[0]


def require_httpx(what: str) -> None:
    """Raise ConfigurationError where the extra is missing that *what* needs."""
    if httpx is None:
        raise ConfigurationError(f'{what} needs httpx: pip install "nexios-auth[oauth]"')
