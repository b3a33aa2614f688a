"""Cross-origin resource sharing (WHATWG Fetch, section 3.2): which other sites' scripts may read answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeAlias

from nexios import NexiosApp, Request, Response
from nexios.exceptions import ConfigurationError, HTTPException
from nexios.http.response import Field
from nexios.middleware import BaseMiddleware, CallNext
from nexios.problems import problem
from nexios.security.config import CORSConfig
from nexios.security.origins import is_origin, read_origins
from nexios.security.pattern import OriginPattern
from nexios.security.preflight import PreflightFields, common_fields

# Says whether the scripts of an origin may read; may be asynchronous.
Decide: TypeAlias = Callable[[str], Any]

_ALLOW_ORIGIN: Final = b"access-control-allow-origin"
_VARY_ORIGIN: Final = (b"vary", b"Origin")
# Set on a request once a layer has decided about its answer: those further out leave it alone.
_DECIDED: Final = "_cors_decided"


class CORSMiddleware(BaseMiddleware):
    """Lets scripts of other origins read the answers. *settings* are the fields of `CORSConfig`.

    *allow_origins* may also be a function that takes an origin and says whether it may. On a router, it decides for
    that router's routes, whatever the application's own layer says.
    """

    name: ClassVar[str] = "cors"
    only_completes: ClassVar[bool] = True
    protocols: ClassVar[tuple[str, ...]] = ("http",)
    before: ClassVar[tuple[str, ...]] = ("csrf",)

    def __init__(self, *, allow_origins: list[str] | str | Decide | None = None, **settings: Any) -> None:
        self._decide: Decide | None = None
        if callable(allow_origins):
            self._decide = allow_origins
        elif allow_origins is not None:
            settings["allow_origins"] = allow_origins
        self._settings = settings
        self._app: Any = None
        self._counted = -1
        self._has_inner = False

    def prepare(self, app: NexiosApp) -> None:
        self._app, self._counted = app, -1
        config = app.config.section("cors", CORSConfig, **self._settings)
        self._check(config)
        self._pattern = None if config.allow_origin_regex is None else OriginPattern(config.allow_origin_regex)
        self._allows_all = config.allows_all
        try:
            self._common = common_fields(config)
            self._preflight_fields = PreflightFields(config)
        except ValueError as error:
            raise ConfigurationError(f"cors: {error}") from error
        # The fields of an answer, by its origin; those that no list has are made when they are found to be allowed.
        listed = () if config.allows_all else read_origins(config.origins)
        self._answers = {origin: self._fields_for(origin) for origin in listed}
        self._to_all = self._fields_for("*") if config.allows_all else None

    def _check(self, config: CORSConfig) -> None:
        if config.allow_origins is None and config.allow_origin_regex is None and self._decide is None:
            raise ConfigurationError(
                "cors: no origin is named: give allow_origins=['https://app.example.com'], or in the config"
            )
        if config.allows_all and self._decide is not None:
            raise ConfigurationError("cors: allow_origins is '*' in the config and a function here: keep one of them")

    def _fields_for(self, origin: str) -> list[Field]:
        return [(_ALLOW_ORIGIN, origin.encode("ascii")), *self._common]

    async def __call__(self, request: Request, response: Response, call_next: CallNext) -> Response:
        origin = request.headers.get("origin")
        fields = self._to_all
        if origin is not None:
            if fields is None:
                fields = self._answers.get(origin) or await self._allowed(origin)
            if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
                return await self._preflight(request, fields, call_next)
        answer = await call_next()
        if _DECIDED not in request.__dict__:
            request.__dict__[_DECIDED] = True
            self._write(answer, fields)
        return answer

    async def _allowed(self, origin: str) -> list[Field] | None:
        """The fields for an origin that is not listed; None where it may not read."""
        if (self._pattern is None and self._decide is None) or not is_origin(origin):
            return None
        if self._pattern is not None and self._pattern.matches(origin):
            return self._fields_for(origin)
        if self._decide is None:
            return None
        verdict = self._decide(origin)
        if hasattr(verdict, "__await__"):
            verdict = await verdict
        return self._fields_for(origin) if verdict else None

    def _write(self, answer: Response, fields: list[Field] | None) -> None:
        written = answer.headers
        names = [name for name, _ in written.raw]
        # What a handler says about its own answer stands.
        if fields is not None and _ALLOW_ORIGIN not in names:
            answer.complete(fields)
        if self._allows_all:
            return
        if b"vary" in names:
            written.vary("Origin")
        else:
            written.raw.append(_VARY_ORIGIN)

    async def _preflight(self, request: Request, fields: list[Field] | None, call_next: CallNext) -> Response:
        """Answer what a browser asks before it sends a request; a router's own layer answers for its routes."""
        if self._stands_around_another():
            answer = await call_next()
            if _DECIDED in request.__dict__:
                return answer
        request.__dict__[_DECIDED] = True
        if fields is None:
            refused = problem(HTTPException(403, "scripts of this origin may not use this resource"))
            refused.headers.vary(*self._preflight_fields.varies_on)
            return refused
        return Response.from_raw(204, [*fields, *self._preflight_fields.answering(request)])

    def _stands_around_another(self) -> bool:
        """Whether a router has a layer of its own; asked anew when routes were added."""
        routes = self._app.routes
        if len(routes) != self._counted:
            self._counted = len(routes)
            outer = len(self._app.layers)
            self._has_inner = any(self.name in self._app.layers_of(each)[outer:] for each in routes)
        return self._has_inner
