"""The end of a request: the answer is sent, what it kept open is closed, what it left to do is begun."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from nexios.exceptions import ClientDisconnect
from nexios.http.request import Request
from nexios.http.response import Response
from nexios.http.writer import Started, write
from nexios.lifespan import run_job
from nexios.signature import describe
from nexios.unwinding import close_opened

if TYPE_CHECKING:
    from nexios.error_boundary import ErrorBoundary
    from nexios.types import Send

logger = logging.getLogger("nexios")


async def deliver(response: Response, request: Request, send: Send, boundary: ErrorBoundary) -> None:
    """Send a streamed answer, or one with work behind it.

    An error before the first byte still becomes a clean answer. After it the error is raised, so that the server
    cuts the connection: the client must not take half an answer for a whole one.
    """
    started = Started(send)
    error: BaseException | None = None
    try:
        await write(response, request, started)
    except ClientDisconnect as gone:
        note_departure(gone)
        error = gone
    except Exception as failure:
        error = failure
        if started.began:
            raise
        # What the layers have said of the answer as a whole still holds: who may read it, what it varies on.
        await write((await boundary.recover(request, failure)).adopt(response), request, send)
    except BaseException as cancelled:
        error = cancelled
        raise
    finally:
        if request.opened is not None:
            await abandon(request, error)
    if response.jobs is not None:
        await begin_jobs(response, request)


def note_departure(gone: Exception) -> None:
    """A client that left is no error: servers tell of it with an OSError (ASGI, "Disconnected Client")."""
    logger.debug("the client left while it was answered", exc_info=gone)


async def abandon(request: Request, error: BaseException | None) -> None:
    """Close what the answer to *request* kept open. Raises what its cleanup raises."""
    if request.opened is not None:
        opened, request.opened = request.opened, None
        await close_opened(opened, error)


async def begin_jobs(response: Response, request: Request) -> None:
    found = getattr(request, "_found", None)
    served_by = describe(found.handler) if found is not None else "middleware"
    for job, args, kwargs in response.jobs or ():
        name = f"{describe(job)} of {served_by}"
        if request.app.is_running:
            request.app.lifespan.spawn(run_job, job, args, kwargs, name, name=name)
        else:  # the server runs no lifespan: nobody else would await it
            await run_job(job, args, kwargs, name)
