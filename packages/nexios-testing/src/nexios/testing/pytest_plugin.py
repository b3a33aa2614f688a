"""Fixtures for the tests of an application, found by pytest because this package is installed.

What they need is imported when a test asks for them, so that pytest starts as fast as without. There is no assertion in
here that pytest could explain, hence PYTEST_DONT_REWRITE: naming the plugin with ``-p`` does not warn either.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from nexios.testing.client import TestClient
    from nexios.testing.sync_client import SyncTestClient
    from nexios.types import ASGIApp


@pytest.fixture
def app() -> ASGIApp:
    """The application under test: define this fixture beside the tests, or in their conftest.py."""
    pytest.fail(
        "client and sync_client need the application: define a fixture named app that returns it, "
        "in the test's module or in conftest.py",
        pytrace=False,
    )


@pytest.fixture
async def client(app: ASGIApp) -> AsyncIterator[TestClient]:
    """An entered TestClient of the `app` fixture."""
    from nexios.testing.client import TestClient

    async with TestClient(app) as client:
        yield client


@pytest.fixture
def sync_client(app: ASGIApp) -> Iterator[SyncTestClient]:
    """An entered SyncTestClient of the `app` fixture."""
    from nexios.testing.sync_client import SyncTestClient

    with SyncTestClient(app) as client:
        yield client
