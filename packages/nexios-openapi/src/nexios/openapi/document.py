"""The OpenAPI document of an application (https://spec.openapis.org/oas/v3.1.1.html)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from nexios import NexiosApp
from nexios.openapi.components import Components
from nexios.openapi.config import OpenAPIConfig
from nexios.openapi.operation_ids import operation_ids
from nexios.openapi.operations import Draft, draft, want_schemas, write_operation
from nexios.openapi.path_parameters import path_template
from nexios.routing.route import ServedRoute

VERSIONS: Final = {"3.1": "3.1.1", "3.2": "3.2.0"}
# The methods that have a field in a Path Item Object; QUERY came with 3.2.
METHODS: Final = {
    "3.1": frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"}),
    "3.2": frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "QUERY"}),
}


def build_document(app: NexiosApp, settings: OpenAPIConfig, webhooks: NexiosApp | None = None) -> dict[str, Any]:
    """The document of *app*; *webhooks* serves what it calls rather than what it answers.

    Raises OpenAPIError naming the handler for what cannot be documented.
    """
    drafts = list(_drafts(app, settings))
    called = list(_drafts(webhooks, settings)) if webhooks is not None else []
    components = Components()
    for each in (*drafts, *called):
        want_schemas(each, components)
    components.generate()
    document: dict[str, Any] = {"openapi": VERSIONS[settings.openapi], "info": _info(app, settings)}
    document |= _about(settings)
    document["paths"] = _paths(drafts, components, settings)
    if called:
        paths = _paths(called, components, settings)
        document["webhooks"] = {path.lstrip("/"): item for path, item in paths.items()}
    document["components"] = {}
    _contribute(app, document, drafts)
    _tags(document, drafts)
    schemas = components.used_by(document)
    document["components"] = {"schemas": schemas, **document["components"]} if schemas else document["components"]
    if not document["components"]:
        del document["components"]
    return document


def _drafts(app: NexiosApp, settings: OpenAPIConfig) -> Iterator[Draft]:
    known = METHODS[settings.openapi]
    routes = [
        (served, method)
        for served in app.routes
        if isinstance(served, ServedRoute)
        and served.protocol == "http"
        and served.options.get("include_in_schema", True)
        for method in served.methods
        if method in known
    ]
    for (served, method), operation_id in zip(routes, operation_ids(routes), strict=True):
        yield draft(app, served, method, operation_id)


def _info(app: NexiosApp, settings: OpenAPIConfig) -> dict[str, Any]:
    info = {
        "title": settings.title or app.title,
        "summary": settings.summary,
        "description": settings.description,
        "termsOfService": settings.terms_of_service,
        "contact": settings.contact,
        "license": settings.license,
        "version": settings.version,
    }
    return {name: value for name, value in info.items() if value is not None}


def _about(settings: OpenAPIConfig) -> dict[str, Any]:
    about = {
        "servers": settings.servers,
        "tags": list(settings.tags),
        "security": settings.security,
        "externalDocs": settings.external_docs,
    }
    return {name: value for name, value in about.items() if value}


def _paths(drafts: Iterable[Draft], components: Components, settings: OpenAPIConfig) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for each in drafts:
        item = paths.setdefault(path_template(each.served), {})
        operation = write_operation(each, components, streams=settings.openapi == "3.2")
        # Of two hosts that serve one path, the first one declared is described.
        item.setdefault(each.method.lower(), operation)
    return paths


def _tags(document: dict[str, Any], drafts: Iterable[Draft]) -> None:
    """Every tag that is used, after those that are described, in the order of declaration."""
    described: list[dict[str, Any]] = list(document.pop("tags", ()))
    names = {each["name"] for each in described}
    used = dict.fromkeys(tag for each in drafts for tag in each.served.tags)
    tags = [*described, *({"name": tag} for tag in used if tag not in names)]
    if tags:
        document["tags"] = tags


def _contribute(app: NexiosApp, document: dict[str, Any], drafts: Iterable[Draft]) -> None:
    """Let plugins say what they know, such as which routes want a token; `nexios.openapi.plugin` has the protocol."""
    for _, given in app.contributions("openapi"):
        contribution: Mapping[str, Any] = given if isinstance(given, Mapping) else vars(given)
        schemes = contribution.get("security_schemes") or {}
        if schemes:
            document["components"].setdefault("securitySchemes", {}).update(schemes)
        document.setdefault("tags", []).extend(contribution.get("tags") or ())
        change = contribution.get("operation")
        if change is not None:
            for each in drafts:
                operation = document["paths"][path_template(each.served)][each.method.lower()]
                change(each.served, each.plan, operation)
