from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platform.site import Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A place for distributions, on sys.path; their modules are forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    yield Site(tmp_path / "site")
    for name in [name for name in sys.modules if name.startswith("acme_")]:
        del sys.modules[name]
