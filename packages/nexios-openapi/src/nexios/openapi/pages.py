"""The pages that show the document: Swagger UI, ReDoc and Scalar. Nothing in them comes from another host."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta property="csp-nonce" content="{nonce}">
<meta http-equiv="content-security-policy" content="{reach}">
<title>{title}</title>
<link rel="icon" href="data:,">
{styles}<style nonce="{nonce}">body {{ margin: 0 }}</style>
</head>
<body>
<div id="ui"></div>
<script type="application/json" id="settings" nonce="{nonce}">{settings}</script>
{scripts}
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Interface:
    """One program: its files, and the JavaScript that starts it with ``settings``."""

    program: str
    script: str
    start: str
    styles: tuple[str, ...] = ()
    is_module: bool = False


# Whatever of these programs would call a service of their makers is off.
INTERFACES: Final = {
    "docs": Interface(
        "swagger",
        "swagger-ui-bundle.js",
        "SwaggerUIBundle({dom_id: '#ui', deepLinking: true, validatorUrl: null, ...settings});",
        ("swagger-ui.css",),
    ),
    "redoc": Interface(
        "redoc",
        "redoc.standalone.js",
        "init(settings.url, {disableTelemetry: true, sanitize: true, showPageActions: false}, "
        "document.getElementById('ui'));",
        is_module=True,
    ),
    "scalar": Interface(
        "scalar",
        "standalone.js",
        "Scalar.createApiReference('#ui', {baseServerURL: location.origin, withDefaultFonts: false, "
        "telemetry: false, showDeveloperTools: 'never', hideClientButton: true, agent: {disabled: true}, "
        "mcp: {disabled: true}, ...settings});",
    ),
}


def write_page(
    interface: Interface, title: str, version: str, assets: str, nonce: str, reach: str, settings: Mapping[str, Any]
) -> str:
    """The page of *interface*; *assets* is the path of its files, *settings* what it is started with."""
    styles = "".join(f'<link rel="stylesheet" href="{assets}/{each}?v={version}">\n' for each in interface.styles)
    return PAGE.format(
        title=html.escape(title),
        nonce=nonce,
        reach=reach,
        styles=styles,
        settings=script_json(settings),
        scripts=_scripts(interface, f"{assets}/{interface.script}?v={version}", nonce),
    )


def _scripts(interface: Interface, url: str, nonce: str) -> str:
    start = f"const settings = JSON.parse(document.getElementById('settings').textContent);\n{interface.start}"
    if interface.is_module:
        return f'<script type="module" nonce="{nonce}">import {{init}} from "{url}";\n{start}</script>'
    return f'<script src="{url}" nonce="{nonce}"></script>\n<script nonce="{nonce}">{start}</script>'


def script_json(value: Any) -> str:
    """*value* as JSON that may stand inside a script element: nothing in it can end the element or begin a comment."""
    text = json.dumps(value, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def content_security_policy(nonce: str, reach: str) -> str:
    """The policy of a page: its own scripts, and no more hosts than *reach* allows.

    Styles are the one thing that these programs write into the page as they run.
    """
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; {reach}; "
        "form-action 'none'; frame-ancestors 'none'"
    )


def reach_of(servers: Sequence[Mapping[str, Any]]) -> str:
    """What a page may load and call: its own host, and to try things out the hosts of *servers*.

    It stands in the page itself, too, so that no other policy in the header lets a request leave.
    """
    origins = sorted({origin for each in servers if (origin := _origin(str(each.get("url", ""))))})
    return "; ".join(
        (
            "img-src 'self' data:",
            "font-src 'self' data:",
            " ".join(("connect-src 'self'", *origins)),
            "worker-src blob:",
            "base-uri 'none'",
        )
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "{" in parts.netloc:
        return ""
    return f"{parts.scheme}://{parts.netloc}"
