from __future__ import annotations

import pytest

from benchmarks import throughput
from benchmarks.client import WrongAnswer
from benchmarks.scenarios import Call

REPORT = """Running 1s test @ http://127.0.0.1:8000/
  1 threads and 32 connections
  46094 requests in 1.00s, 6.02MB read
{errors}Requests/sec:  46071.43
Transfer/sec:      6.02MB
"""


def test_the_rate_is_read_from_what_wrk_reports() -> None:
    assert throughput.rate(REPORT.format(errors="")) == 46071.43


@pytest.mark.parametrize("errors", ["  Non-2xx or 3xx responses: 12\n", "  Socket errors: connect 0, read 3\n"])
def test_a_rate_with_errors_in_it_is_refused(errors: str) -> None:
    with pytest.raises(WrongAnswer, match=errors.strip()):
        throughput.rate(REPORT.format(errors=errors))


def test_a_report_without_a_rate_is_shown() -> None:
    with pytest.raises(ValueError, match="reports no rate: 'unable to connect'"):
        throughput.rate("unable to connect")


def test_the_load_generator_is_told_the_method_the_body_and_the_cookie() -> None:
    call = Call("/orders", method="POST", query="dry=yes", content=b'{"a":1}', cookie="session=abc")

    assert throughput.target(call) == "/orders?dry=yes"
    assert throughput.script_of(call).splitlines() == [
        'wrk.method = "POST"',
        'wrk.headers["content-type"] = "application/json"',
        'wrk.headers["cookie"] = "session=abc"',
        'wrk.body = "{\\"a\\":1}"',
    ]
