from __future__ import annotations

from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp
from nexios.session import SessionMiddleware
from tests.session.conftest import SECRET


@pytest.mark.parametrize(
    ("settings", "level", "problem"),
    [
        ({}, "", ""),
        ({"secure": True}, "", ""),
        ({"secure": False}, "error", "sent without TLS"),
        ({"samesite": "none"}, "warning", "every other site"),
        ({"idle_timeout": 365 * 86_400}, "warning", "after 365 days"),
        ({"secret_key": "short"}, "error", "its secret_key has 5 bytes"),
        ({"secret_key": [SECRET, "a" * 40]}, "error", "its secret_key is a placeholder"),
    ],
)
@pytest.mark.parametrize("by", ["section", "argument"])
def test_cookies_that_travel_too_far_are_reported(settings: dict[str, Any], level: str, problem: str, by: str) -> None:
    app = NexiosApp(MakeConfig(secret_key=SECRET, **({"session": settings} if by == "section" else {})))
    if by == "argument":
        app.add_middleware(SessionMiddleware(**settings))

    (check,) = (check for plugin, check in app.contributions("audit") if plugin == "session")
    found = list(check())

    assert [finding.level for finding in found] == ([level] if level else [])
    assert all(problem in finding.problem for finding in found)
