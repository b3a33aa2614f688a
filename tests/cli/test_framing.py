"""Requests that two readers could understand differently, over raw sockets to each server."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cli.framing import CASES, SERVERS, documented, is_safe, measure, read_outcome


@pytest.mark.slow
@pytest.mark.parametrize("kind", SERVERS)
def test_no_server_lets_a_request_be_read_in_two_ways(kind: str, tmp_path: Path) -> None:
    for name in SERVERS[kind]:
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed")

    outcomes = measure(kind, tmp_path)

    assert {case.name: outcomes[case.name] for case in CASES if not is_safe(case, outcomes[case.name])} == {}
    assert outcomes["two requests in one segment"] == outcomes["a chunked request"] == "first 5, next 0"
    # The table is of the versions that the constraints pin; others may refuse in other words.
    assert documented(kind) == outcomes, "write the page anew: hatch run tables"


def test_what_was_reached_and_refused_is_read_from_the_answers() -> None:
    assert read_outcome(b"HTTP/1.1 200 OK\r\n\r\n<first 5>HTTP/1.1 431 X\r\n\r\n{}") == "first 5; 431"
    assert read_outcome(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413 X\r\n\r\n") == "100, 413"
    assert read_outcome(b"") == "closed"
