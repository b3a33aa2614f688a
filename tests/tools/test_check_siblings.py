from __future__ import annotations

from pathlib import Path

import grimp
import pytest

import workspace
from check_siblings import undeclared_imports
from tests.tools.conftest import MakePackage


@pytest.fixture
def packages(make_package: MakePackage, tmp_path: Path) -> dict[str, workspace.Package]:
    make_package("nexios-core")
    make_package("nexios-redis", "nexios-core>=1.0,<2", "redis")
    make_package("nexios-session", "nexios-core>=1.0,<2", extras={"redis": ["nexios-redis>=1.0,<2"]})
    return workspace.read_packages(tmp_path)


def graph_of(importer: str, imported: str) -> grimp.ImportGraph:
    graph = grimp.ImportGraph()
    graph.add_import(importer=importer, imported=imported)
    return graph


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        pytest.param("nexios.session.store", "nexios.http.cookies", id="the core"),
        pytest.param("nexios.session.store", "nexios.session.data", id="itself"),
        pytest.param("nexios.session.shared", "nexios.redis", id="what an extra requires"),
    ],
)
def test_what_is_required_may_be_imported(importer: str, imported: str, packages: dict[str, workspace.Package]) -> None:
    assert list(undeclared_imports(graph_of(importer, imported), packages)) == []


@pytest.mark.parametrize(
    ("importer", "imported", "fault"),
    [
        (
            "nexios.application",
            "nexios.session",
            "nexios.application imports nexios.session, and nexios-core does not require nexios-session",
        ),
        (
            "nexios.redis.pool",
            "nexios.session",
            "nexios.redis.pool imports nexios.session, and nexios-redis does not require nexios-session",
        ),
    ],
)
def test_what_is_not_required_may_not(
    importer: str, imported: str, fault: str, packages: dict[str, workspace.Package]
) -> None:
    assert list(undeclared_imports(graph_of(importer, imported), packages)) == [fault]
