"""From marks and options to guards: what is asked of a user at one route, and whether it can be."""

from __future__ import annotations

from collections.abc import Iterator

from nexios import NexiosApp
from nexios.auth.authentication import Authenticator
from nexios.auth.config import AuthConfig
from nexios.auth.guard import Guard
from nexios.auth.middleware import AuthenticationMiddleware
from nexios.auth.requirement import MARK, REQUIRED, Requirement, from_option
from nexios.exceptions import ConfigurationError
from nexios.marks import marks_of
from nexios.routing.route import ServedMount, ServedRoute
from nexios.signature import describe
from nexios.suggestion import did_you_mean

Served = ServedRoute | ServedMount


class Planner:
    """Decides which routes of *app* are guarded, and how."""

    def __init__(self, app: NexiosApp, settings: AuthConfig) -> None:
        self._app = app
        self._settings = settings

    def layers(self, served: Served) -> list[Guard]:
        """The guard of *served*; none where nothing is asked. Raises ConfigurationError for what cannot be asked."""
        guard = self.guard(served)
        return [] if guard is None else [guard]

    def guard(self, served: Served) -> Guard | None:
        requirements = self.requirements(served)
        if not requirements:
            return None
        where = f"{describe(served.handler)} at {served.path} ({served.source})"
        authenticator = self.authenticator(served)
        if authenticator is None:
            raise ConfigurationError(
                f"{where} asks for a user, and no backend finds out who that is: set app.auth_backend = ..., or "
                "add_middleware(AuthenticationMiddleware(backend=...))"
            )
        for requirement in requirements:
            _check_schemes(requirement, authenticator, where)
        return Guard(requirements, authenticator, where)

    def authenticator(self, served: Served) -> Authenticator | None:
        """That of the innermost middleware around *served*."""
        found = [layer for layer in self._around(served) if isinstance(layer, AuthenticationMiddleware)]
        return found[-1].authenticator if found else None

    def _around(self, served: Served) -> Iterator[object]:
        yield from self._app.layers
        for router in served.chain:
            if router is not self._app:
                yield from router.layers
        if isinstance(served, ServedRoute):
            yield from served.route.middleware

    def requirements(self, served: Served) -> list[Requirement]:
        """All that must hold at *served*: what its routers ask, unless a nearer one opens it, and its own."""
        where = f"{served.path} ({served.source})"
        asked: list[Requirement] = [] if self._is_open(served) else [REQUIRED]
        for router in served.chain:
            if "auth" in router.defaults:
                asked = _add(asked, from_option(router.defaults["auth"], repr(router)), repr(router))
        own = [value for kind, value in marks_of(served.handler) if kind == MARK]
        if isinstance(served, ServedRoute) and "auth" in served.route.options:
            own += from_option(served.route.options["auth"], where)
        return _add(asked, own, where)

    def check_config(self) -> None:
        """Raise ConfigurationError where the section opens a path that is not declared: it would open nothing."""
        paths = [served.path for served in self._app.routes]
        for path in self._settings.public:
            if not any(each == path or each.startswith(f"{path}/") for each in paths):
                raise ConfigurationError(
                    f"auth.public has {path!r}, and nothing is declared there; {did_you_mean(path, paths)}"
                )

    def _is_open(self, served: Served) -> bool:
        """Whether the configuration leaves *served* to what is declared. By the declared path, not by what is sent."""
        if not self._settings.required:
            return True
        return any(served.path == path or served.path.startswith(f"{path}/") for path in self._settings.public)


def _add(asked: list[Requirement], nearer: list[Requirement], where: str) -> list[Requirement]:
    opened = [each for each in nearer if each.is_public]
    if opened and len(opened) < len(nearer):
        raise ConfigurationError(f"{where} is public, and asks for a user as well: leave one of the two out")
    return [] if opened else [*asked, *nearer]


def _check_schemes(requirement: Requirement, authenticator: Authenticator, where: str) -> None:
    for scheme in requirement.schemes or ():
        if scheme not in authenticator.schemes:
            known = ", ".join(repr(each) for each in authenticator.schemes)
            cure = did_you_mean(scheme, list(authenticator.schemes))
            raise ConfigurationError(f"{where} asks for the scheme {scheme!r}, {cure} (its backends have: {known})")
