from __future__ import annotations

import autobahn


def case(behavior: str, close: str = "OK") -> dict[str, str]:
    return {"behavior": behavior, "behaviorClose": close}


def test_a_row_counts_how_cases_ended_and_names_those_that_failed() -> None:
    report = {"1.1": case("OK"), "1.2": case("OK"), "7.1.5": case("FAILED"), "7.3": case("NON-STRICT", "FAILED")}

    words = " ".join(autobahn.row("granian", report).split())

    assert words == "granian 4 cases: 2 OK, 1 FAILED, 1 NON-STRICT; failed: 7.1.5 7.3"


def test_every_server_is_started_at_the_port() -> None:
    assert all("{port}" in " ".join(command) for command in autobahn.SERVERS.values())
