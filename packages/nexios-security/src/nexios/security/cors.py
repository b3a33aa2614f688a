"""Cross-origin resource sharing (WHATWG Fetch, section 3.2): which other sites' scripts may read answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeAlias

from nexios import NexiosApp, Request, Response
from nexios.exceptions import ConfigurationError, HTTPException
from nexios.middleware import BaseMiddleware, CallNext
from nexios.problems import problem
from nexios.security.config import CORSConfig
from nexios.security.origins import is_origin, read_origins
from nexios.security.pattern import OriginPattern
from nexios.security.preflight import PreflightFields, common_fields
from nexios.types import Field

# Says whether the scripts of an origin may read; may be asynchronous.
Decide: TypeAlias = Callable[[str], Any]

_ALLOW_ORIGIN: Final = b"access-control-allow-origin"
_VARY_ORIGIN: Final[Field] = (b"vary", b"Origin")
_NOBODY: Final[list[Field]] = [_VARY_ORIGIN]
_ONCE: Final = frozenset({_ALLOW_ORIGIN, b"access-control-expose-headers", b"vary"})
_MOST_REMEMBERED: Final = 1_024
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
    before: ClassVar[tuple[str, ...]] = ("csrf", "authentication")

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
        config = self.settings(app)
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
        self._answers = {origin.encode("ascii"): self._fields_for(origin) for origin in listed}
        self._to_all = [(_ALLOW_ORIGIN, b"*"), *self._common] if config.allows_all else None
        self._matched: dict[bytes, list[Field] | None] = {}

    def settings(self, app: NexiosApp) -> CORSConfig:
        """What this layer is told, by its arguments, the environment and the section."""
        return app.config.section("cors", CORSConfig, **self._settings)

    def _check(self, config: CORSConfig) -> None:
        if config.allow_origins is None and config.allow_origin_regex is None and self._decide is None:
            raise ConfigurationError(
                "cors: no origin is named: give allow_origins=['https://app.example.com'], or in the config"
            )
        if config.allows_all and self._decide is not None:
            raise ConfigurationError("cors: allow_origins is '*' in the config and a function here: keep one of them")

    def _fields_for(self, origin: str) -> list[Field]:
        return [(_ALLOW_ORIGIN, origin.encode("ascii")), *self._common, _VARY_ORIGIN]

    async def __call__(self, request: Request, response: Response, call_next: CallNext) -> Response:
        origin = request.fields.get(b"origin")
        fields = self._to_all
        if origin is not None:
            if fields is None:
                fields = self._answers.get(origin) or await self._allowed(origin)
            if request.scope["method"] == "OPTIONS" and b"access-control-request-method" in request.fields:
                return await self._preflight(request, fields, call_next)
        answer = await call_next()
        kept = request.__dict__
        if _DECIDED not in kept:
            kept[_DECIDED] = True
            self._write(answer, fields)
        return answer

    async def _allowed(self, origin: bytes) -> list[Field] | None:
        """The fields for an origin that is not listed; None where it may not read."""
        if self._pattern is not None:
            if origin not in self._matched:
                self._match(origin, self._pattern)
            if (fields := self._matched[origin]) is not None:
                return fields
        text = origin.decode("latin-1")
        if self._decide is None or not is_origin(text):
            return None
        verdict = self._decide(text)
        if hasattr(verdict, "__await__"):
            verdict = await verdict
        return self._fields_for(text) if verdict else None

    def _match(self, origin: bytes, pattern: OriginPattern) -> None:
        text = origin.decode("latin-1")
        if len(self._matched) >= _MOST_REMEMBERED:
            self._matched.clear()
        self._matched[origin] = self._fields_for(text) if is_origin(text) and pattern.matches(text) else None

    def _write(self, answer: Response, fields: list[Field] | None) -> None:
        """Add *fields*, which allow an origin, or what tells caches that another one may be allowed."""
        if fields is None:
            fields = _NOBODY
        written = answer.fields
        for name, _ in written:
            if name in _ONCE:
                break
        else:
            written.extend(fields)
            return
        # What a handler says about its own answer stands.
        if all(name != _ALLOW_ORIGIN for name, _ in written):
            answer.complete(fields)
        if not self._allows_all:
            answer.headers.vary("Origin")

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
        # The preflight's own Vary names Origin, too.
        allowed = [field for field in fields if field != _VARY_ORIGIN]
        return Response.from_raw(204, [*allowed, *self._preflight_fields.answering(request)])

    def _stands_around_another(self) -> bool:
        """Whether a router has a layer of its own; asked anew when routes were added."""
        routes = self._app.routes
        if len(routes) != self._counted:
            self._counted = len(routes)
            outer = len(self._app.layers)
            self._has_inner = any(self.name in self._app.layers_of(each)[outer:] for each in routes)
        return self._has_inner
