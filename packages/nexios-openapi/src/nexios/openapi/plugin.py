"""What serves the document and its pages, and lets other packages take part in it.

A package contributes with ``registry.contribute("openapi", {...})``, without needing this one: a mapping with any of

- ``security_schemes``: Security Scheme Objects by name,
- ``operation``: ``(served, plan, operation) -> None``, called for each operation and free to change it,
- ``tags``: Tag Objects.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, ClassVar

from nexios import HTTPException, NexiosApp, Plugin, Registry, Request, Response, Router
from nexios.exceptions import ConfigurationError
from nexios.http.codecs import dumps
from nexios.openapi.assets import asset_path, recorded
from nexios.openapi.config import OpenAPIConfig
from nexios.openapi.document import build_document
from nexios.openapi.pages import INTERFACES, Interface, content_security_policy, reach_of, write_page
from nexios.openapi.yaml import write_yaml
from nexios.validation import ValidationPlugin

ROUTE_OPTIONS = ("responses", "operation_id", "openapi_extra")


class OpenAPIPlugin(Plugin):
    """Serves ``/openapi.json``, ``/openapi.yaml``, ``/docs``, ``/redoc`` and ``/scalar``.

    It is the one package of ours whose routes are there as soon as it is installed; ``MakeConfig(openapi=None)``
    takes them away.
    """

    name = "openapi"
    config: ClassVar[type | None] = OpenAPIConfig
    requires: ClassVar[tuple[str, ...]] = ("validation",)
    settings: OpenAPIConfig

    def register(self, registry: Registry) -> None:
        registry.route_option(*ROUTE_OPTIONS)
        documents = Documents(registry.app, self.settings)
        registry.contribute("openapi.documents", documents)
        registry.contribute("check", documents.check)
        visible = self.settings.visible
        if visible == "always" or (visible == "debug" and registry.app.debug):
            registry.router(_routes(documents))


class Documents:
    """The document of one application, built when it is first asked for, and again when routes were added."""

    def __init__(self, app: NexiosApp, settings: OpenAPIConfig) -> None:
        self.app = app
        self.settings = settings
        self.webhooks = Router()
        self._built: dict[str, Any] | None = None
        self._written: dict[tuple[str, str], bytes] = {}
        self._size = -1

    def document(self) -> dict[str, Any]:
        """The document as plain values. Raises OpenAPIError naming a handler that cannot be documented."""
        size = len(self.app.routes) + len(self.webhooks.declared)
        if self._built is None or self._size != size:
            self._built = build_document(self.app, self.settings, self.webhook_app())
            self._size = size
            self._written.clear()
        return self._built

    def written(self, form: str, root_path: str) -> bytes:
        """The document as *form*, "json" or "yaml", for an application that is served below *root_path*."""
        document = self.document()
        content = self._written.get((form, root_path))
        if content is None:
            if root_path and not self.settings.servers:
                document = {**document, "servers": [{"url": root_path}]}
            content = write_yaml(document).encode() if form == "yaml" else dumps(document)
            # The root path is the deployment's, but what varies with it stays bounded all the same.
            if len(self._written) < 16:
                self._written[form, root_path] = content
        return content

    def check(self, app: NexiosApp) -> Iterator[str]:
        """What keeps the document from being built, for ``nexios check``."""
        try:
            self.document()
        except ConfigurationError as error:
            yield f"openapi: {error}"

    def webhook_app(self) -> NexiosApp | None:
        if not self.webhooks.declared:
            return None
        app = NexiosApp({}, plugins=[ValidationPlugin(), _Options()])
        app.mount_router(self.webhooks)
        return app


class _Options(Plugin):
    """Lets webhooks be declared with the options of routes."""

    name = "openapi-options"

    def register(self, registry: Registry) -> None:
        registry.route_option(*ROUTE_OPTIONS)


def documents_of(app: NexiosApp) -> Documents:
    """What the plugin keeps for *app*. Raises MissingPluginError where the plugin is not active."""
    for _, documents in app.contributions("openapi.documents"):
        found: Documents = documents
        return found
    raise app.missing("the OpenAPI document", "nexios-openapi")


def webhooks(app: NexiosApp) -> Router:
    """The router whose routes are documented as webhooks of *app*: requests that it sends, and does not serve."""
    return documents_of(app).webhooks


def openapi(app: NexiosApp) -> dict[str, Any]:
    """The document of *app*, as plain values."""
    return documents_of(app).document()


def _routes(documents: Documents) -> Router:
    router = Router(include_in_schema=False)
    settings = documents.settings
    for form, url in (("json", settings.url), ("yaml", settings.yaml_url)):
        if url is not None:
            router.get(url)(_document_handler(documents, form))
    pages = {"docs": settings.docs_url, "redoc": settings.redoc_url, "scalar": settings.scalar_url}
    for name, url in pages.items():
        if url is not None:
            router.get(url)(_page_handler(documents, INTERFACES[name], url))
            router.get(url + "/assets/{name}")(_asset_handler(INTERFACES[name]))
    return router


def _document_handler(documents: Documents, form: str) -> Any:
    content_type = "application/json" if form == "json" else "application/yaml"

    async def show_document(request: Request, response: Response) -> Response:
        content = documents.written(form, request.scope.get("root_path", ""))
        response.send(content, content_type=content_type).etag()
        response.set_header("cache-control", "no-cache")
        tag = response.headers["etag"]
        response.not_modified(request, etag=tag.strip('"'))
        return response

    return show_document


def _page_handler(documents: Documents, interface: Interface, url: str) -> Any:
    version = recorded()[interface.program]["version"]

    async def show_page(request: Request, response: Response) -> Response:
        root = request.scope.get("root_path", "")
        # A middleware that sets the policy itself says with which nonce.
        given = request.state.get("csp_nonce")
        nonce = secrets.token_urlsafe(16) if given is None else str(given)
        title = documents.settings.title or documents.app.title
        reach = reach_of(documents.settings.servers)
        page = write_page(
            interface, title, version, f"{root}{url}/assets", nonce, reach, {"url": f"{root}{documents.settings.url}"}
        )
        response.html(page).set_header("cache-control", "no-store")
        response.set_header("x-content-type-options", "nosniff").set_header("referrer-policy", "same-origin")
        if given is None:
            response.set_header("content-security-policy", content_security_policy(nonce, reach))
        return response

    return show_page


def _asset_handler(interface: Interface) -> Any:
    async def show_asset(response: Response, name: str) -> Response:
        path = asset_path(interface.program, name)
        if path is None:
            raise HTTPException(404)
        # Pages ask for it with its version, so another one has another URL.
        response.file(path).set_header("cache-control", "public, max-age=31536000, immutable")
        return response.set_header("x-content-type-options", "nosniff")

    return show_asset
