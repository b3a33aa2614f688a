"""Error answers: problem documents (RFC 9457), and a traceback page for the developer alone."""

from __future__ import annotations

import functools
import ipaddress
import traceback
from typing import Any

from nexios.exceptions import HTTPException
from nexios.http.codecs import dumps
from nexios.http.media import PROBLEM, negotiate
from nexios.http.request import Request
from nexios.http.response import Response

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}}
pre{{background:#f4f4f4;padding:1rem;overflow:auto}}h1{{font-size:1.25rem}}</style>
<h1>{title}</h1><p>{where}</p><pre>{trace}</pre>
<p>This page is shown to this machine only, because debug is on.</p></html>
"""


def problem(error: HTTPException) -> Response:
    """The problem document of *error*, with its headers."""
    response = Response.__new__(Response)
    status = response.status_code = error.status
    if error.extensions:
        content = dumps({**document(status, error.title, error.detail), **error.extensions})
    else:
        content = encoded(status, error.title, error.detail)
    response.content, response._type = content, PROBLEM
    if error.headers:
        for name, value in error.headers.items():
            response.headers[name] = value
    return response


def document(status: int, title: str, detail: str | None) -> dict[str, Any]:
    about: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if detail is not None:
        about["detail"] = detail
    return about


@functools.lru_cache(maxsize=256)
def encoded(status: int, title: str, detail: str | None) -> bytes:
    """A document without extensions: the same few are sent again and again."""
    return dumps(document(status, title, detail))


def debug_page(request: Request, error: Exception) -> Response | None:
    """A page with the traceback, for a browser on this machine; None for everyone else."""
    if negotiate(request.headers.joined("accept"), ("application/problem+json", "text/html")) != "text/html":
        return None
    if not _is_local(request):
        return None
    import html  # not for everybody: a large table of entities comes with it

    return Response.html(
        PAGE.format(
            title=html.escape(f"{type(error).__name__}: {error}"),
            where=html.escape(f"{request.method} {request.path}"),
            trace=html.escape("".join(traceback.format_exception(error))),
        ),
        status=500,
        headers={
            "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
            "cache-control": "no-store",
        },
    )


def _is_local(request: Request) -> bool:
    peer = request.scope.get("client")
    if not peer:  # a unix socket has no address, and no strangers
        return True
    try:
        return ipaddress.ip_address(peer[0]).is_loopback
    except ValueError:
        return False
