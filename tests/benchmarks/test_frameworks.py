from __future__ import annotations

import ast
import asyncio
import re

import pytest

from benchmarks.client import Lifespan
from benchmarks.environments import requirements
from benchmarks.frameworks import FOLDER, frameworks, make
from benchmarks.material import write_file
from benchmarks.scenarios import SCENARIOS, Scenario
from benchmarks.traffic import open_traffic


def test_the_limit_comes_first_then_ours_then_the_peers() -> None:
    found = frameworks()

    assert found[:2] == ["limit", "nexios"]
    assert {"starlette", "fastapi", "litestar", "blacksheep", "falcon", "sanic", "quart"} == set(found[2:])


@pytest.mark.parametrize("framework", frameworks())
def test_every_requirement_is_pinned(framework: str) -> None:
    for line in requirements(framework).splitlines():
        assert re.match(r"-e packages/|[\w.\[\]-]+==\S+( ;|$)", line), line


@pytest.mark.parametrize("framework", frameworks())
def test_every_framework_has_the_scenarios_that_need_no_special_feature(framework: str) -> None:
    tree = ast.parse((FOLDER / framework / "app.py").read_text("utf-8"))
    made = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}

    assert {scenario.app for scenario in SCENARIOS.values()} - made <= {"dependencies", "middleware", "session"}


@pytest.mark.parametrize("framework", ["limit", "nexios"])
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=list(SCENARIOS))
def test_the_limit_and_nexios_serve_every_scenario(scenario: Scenario, framework: str) -> None:
    async def serve() -> None:
        app = make(framework, scenario.app)
        assert app is not None
        lifespan = Lifespan(app)
        await lifespan.start()
        traffic = await open_traffic(app, scenario)
        await traffic.verify()
        await traffic.close()
        await lifespan.stop()

    write_file()
    asyncio.run(serve())


def test_what_a_framework_does_not_make_is_none() -> None:
    assert make("nexios", "unheard_of") is None
