"""How an application gets its protection: by a section of the config each, or by adding the middleware."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from nexios import Plugin, Registry, Request
from nexios.exceptions import ConfigurationError
from nexios.http.proxies import TrustedProxies
from nexios.middleware import CallNext
from nexios.security.audit import find_in_cors, find_in_csrf, find_in_security
from nexios.security.config import CORSConfig, CSRFConfig, SecurityConfig
from nexios.security.cors import CORSMiddleware
from nexios.security.csrf import CSRFMiddleware, input_of, token_of
from nexios.security.headers import SecurityMiddleware, nonce_of
from nexios.security.hosts import TrustedHostMiddleware


def _is_given(registry: Registry, plugin: Plugin, usual: object) -> bool:
    """Whether somebody says something: a section, be it empty, an argument, or a variable of the environment."""
    return plugin.name in registry.app.config or bool(plugin.arguments) or plugin.settings != usual


class CORSPlugin(Plugin):
    """A section ``cors`` adds the layer, outside of all others."""

    name: ClassVar[str] = "cors"
    config: ClassVar[type | None] = CORSConfig
    before: ClassVar[tuple[str, ...]] = ("security", "session", "csrf", "auth", "limits", "observability")

    def register(self, registry: Registry) -> None:
        registry.contribute("audit", partial(find_in_cors, registry.app))
        if _is_given(registry, self, CORSConfig()):
            registry.middleware(SectionCORS(**self.arguments))


class SecurityPlugin(Plugin):
    """A section ``security`` adds the headers, and what it says of hosts and proxies."""

    name: ClassVar[str] = "security"
    config: ClassVar[type | None] = SecurityConfig
    after: ClassVar[tuple[str, ...]] = ("cors",)
    before: ClassVar[tuple[str, ...]] = ("session", "csrf", "auth")
    settings: SecurityConfig

    def register(self, registry: Registry) -> None:
        registry.contribute("audit", partial(find_in_security, registry.app))
        registry.slot("csp_nonce", nonce_of)
        settings, app = self.settings, registry.app
        if settings.trusted_proxies and app.proxies is None:  # what NexiosApp was given wins
            app.proxies = TrustedProxies(settings.trusted_proxies, settings.proxy_hops, header=settings.proxy_header)
        if _is_given(registry, self, SecurityConfig()):
            if settings.allowed_hosts is not None:
                registry.middleware(SectionHosts(settings.allowed_hosts))
            registry.middleware(SectionSecurity(**self.arguments))


class CSRFPlugin(Plugin):
    """``request.csrf_token``; a section ``csrf`` adds the layer, inside of the session's."""

    name: ClassVar[str] = "csrf"
    config: ClassVar[type | None] = CSRFConfig
    after: ClassVar[tuple[str, ...]] = ("cors", "security", "session")
    before: ClassVar[tuple[str, ...]] = ("auth",)

    def register(self, registry: Registry) -> None:
        registry.contribute("audit", partial(find_in_csrf, registry.app))
        registry.route_option("csrf")
        registry.slot("csrf_token", token_of)
        registry.slot("csrf_input", input_of)
        if _is_given(registry, self, CSRFConfig()):
            registry.middleware(SectionCSRF(**self.arguments))


def _author_s_own(layer: Any, kind: type, app: Any) -> Any:
    """The layer of *kind* that the application's author has added, which wins over that of the config."""
    return next((each for each in app.layers if isinstance(each, kind) and each is not layer), None)


class SectionCORS(CORSMiddleware):
    """The layer of the config. It stands outside of all others, so that an author's own one works from here."""

    name: ClassVar[str] = "cors (config)"
    _own: CORSMiddleware | None = None

    def prepare(self, app: Any) -> None:
        self._own = _author_s_own(self, CORSMiddleware, app)
        if self._own is None:
            super().prepare(app)
        else:
            self._own.prepare(app)

    async def __call__(self, request: Request, response: Any, call_next: CallNext) -> Any:
        if self._own is not None:
            return await self._own(request, response, call_next)
        return await super().__call__(request, response, call_next)


class SectionSecurity(SecurityMiddleware):
    """The layer of the config, which steps aside for one that the author adds."""

    name: ClassVar[str] = "security (config)"
    _stands_aside = False

    def prepare(self, app: Any) -> None:
        self._stands_aside = _author_s_own(self, SecurityMiddleware, app) is not None
        if not self._stands_aside:
            super().prepare(app)

    async def __call__(self, request: Request, response: Any, call_next: CallNext) -> Any:
        if self._stands_aside:
            return await call_next()
        return await super().__call__(request, response, call_next)


class SectionHosts(TrustedHostMiddleware):
    """The layer of the config. One that the author adds is asked as well: each may refuse."""

    name: ClassVar[str] = "hosts (config)"


class SectionCSRF(CSRFMiddleware):
    """The layer of the config, which steps aside for one that the author adds."""

    name: ClassVar[str] = "csrf (config)"
    after: ClassVar[tuple[str, ...]] = ()
    _stands_aside = False

    def prepare(self, app: Any) -> None:
        self._stands_aside = _author_s_own(self, CSRFMiddleware, app) is not None
        if self._stands_aside:
            return
        names = [getattr(layer, "name", "") for layer in app.layers]
        if "session" in names[app.layers.index(self) :]:
            raise ConfigurationError(
                "the section 'csrf' puts its layer outside of your SessionMiddleware, where it sees no session: "
                "add app.add_middleware(CSRFMiddleware()) below it, or configure the session by a section as well"
            )
        super().prepare(app)

    async def __call__(self, request: Request, response: Any, call_next: CallNext) -> Any:
        if self._stands_aside:
            return await call_next()
        return await super().__call__(request, response, call_next)
