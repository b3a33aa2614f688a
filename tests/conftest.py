"""What holds for every test: both event loops, and in CI no test that quietly did not run."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest


@pytest.fixture(scope="session", params=os.environ.get("NEXIOS_EVENT_LOOPS", "asyncio,trio").split(","))
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """The event loop of a test marked ``anyio``; of the session, so that fixtures of any scope may be async."""
    return str(request.param)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report, item.nodeid)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report, collector.nodeid)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport, name: str) -> None:
    """With NEXIOS_CI set, turn a skip into a failure: there everything that a test may need is installed."""
    if not os.environ.get("NEXIOS_CI") or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"{name} was skipped, and NEXIOS_CI is set: {reason}"
