"""The section ``openapi`` of the configuration; ``openapi=None`` switches all of it off."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class OpenAPIConfig:
    """What the document says of the whole, and where it and its pages are served; a URL of None leaves one out.

    *openapi* "3.2" also describes QUERY operations and the items of streams. *visible* "debug" serves nothing unless
    debug is on, "never" serves nothing at all; the command ``nexios openapi export`` works in any case.
    """

    title: str | None = None
    version: str = "0.1.0"
    summary: str | None = None
    description: str | None = None
    terms_of_service: str | None = None
    contact: dict[str, Any] | None = None
    license: dict[str, Any] | None = None
    servers: list[dict[str, Any]] = field(default_factory=list)
    tags: list[dict[str, Any]] = field(default_factory=list)
    external_docs: dict[str, Any] | None = None
    security: list[dict[str, Any]] = field(default_factory=list)
    openapi: Literal["3.1", "3.2"] = "3.1"
    visible: Literal["always", "debug", "never"] = "always"
    url: str | None = "/openapi.json"
    yaml_url: str | None = "/openapi.yaml"
    docs_url: str | None = "/docs"
    redoc_url: str | None = "/redoc"
    scalar_url: str | None = "/scalar"

    def __post_init__(self) -> None:
        for name in ("url", "yaml_url", "docs_url", "redoc_url", "scalar_url"):
            url = getattr(self, name)
            if url is not None and (not url.startswith("/") or url.endswith("/")):
                raise ValueError(f"{name} is {url!r}; write a path such as '/docs', or None")
        pages = (self.docs_url, self.redoc_url, self.scalar_url)
        if self.url is None and any(pages):
            raise ValueError(
                "url is None, and the pages read the document from there: set docs_url, redoc_url, scalar_url to None"
            )
