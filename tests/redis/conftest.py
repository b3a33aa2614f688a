from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import run_server


@pytest.fixture(scope="session")
def socket_path() -> Iterator[str]:
    """The unix socket of a server of this session's own."""
    with run_server() as path:
        yield path
