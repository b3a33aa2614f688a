"""Requests per second over HTTP: the server on one core, wrk on another. Servers take turns, as in process."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType

from benchmarks.client import WrongAnswer
from benchmarks.cpu import in_turns
from benchmarks.environments import ROOT, Environment
from benchmarks.results import Figures
from benchmarks.scenarios import Call, Scenario, keep_cookie, mistake

SERVER_CORE, CLIENT_CORE = "0", "1"
CONNECTIONS = "32"
STARTED_WITHIN = 30.0


class Server:
    """uvicorn, or the framework's own server, with one application on one core."""

    def __init__(self, environment: Environment, scenario: Scenario) -> None:
        self._scenario = scenario
        self._calls = list(scenario.calls)
        self._port = _free_port()
        worker = [str(environment.python), "-m", "benchmarks.worker", "serve", environment.framework, scenario.app]
        command = ["taskset", "-c", SERVER_CORE, *worker, str(self._port)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def verify(self) -> None:
        """Wait until the server answers, and make each call once. Raises WrongAnswer."""
        deadline = time.monotonic() + STARTED_WITHIN
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no server at port {self._port}: {self._process.args!r}")
            time.sleep(0.05)
        if self._scenario.keeps_cookie:
            self._calls = [keep_cookie(call, self._ask(call)[2]) for call in self._calls]
        for call in self._calls[:10]:
            status, body, _ = self._ask(call)
            wrong = mistake(call, status, body)
            if wrong is not None:
                raise WrongAnswer(wrong)

    def measure(self) -> float:
        """Requests per second, within one: the machine changes too much in a longer time to compare two servers."""
        call = self._calls[0]
        url = f"http://127.0.0.1:{self._port}{target(call)}"
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(script_of(call))
            script.flush()
            wrk = [
                "taskset",
                "-c",
                CLIENT_CORE,
                "wrk",
                "-t1",
                f"-c{CONNECTIONS}",
                "-d1s",
                "-s",
                script.name,
                url,
            ]
            return rate(subprocess.run(wrk, capture_output=True, text=True, check=True).stdout)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def _ask(self, call: Call) -> tuple[int, bytes, list[str]]:
        """The status, the body and the cookies of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request(call.method, target(call), call.content or None, fields_of(call))
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers.get_all("set-cookie", [])
        finally:
            connection.close()


def target(call: Call) -> str:
    return f"{call.path}?{call.query}" if call.query else call.path


def fields_of(call: Call) -> dict[str, str]:
    """The header fields that *call* has beside those of any client."""
    fields = {"content-type": "application/json"} if call.content else {}
    given = {"cookie": call.cookie, "authorization": call.authorization}
    return fields | {name: value for name, value in given.items() if value}


def script_of(call: Call) -> str:
    """What tells wrk the method, the body and the header fields; Lua reads ASCII strings of JSON as they are."""
    lines = [f"wrk.method = {json.dumps(call.method)}"]
    lines += [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in fields_of(call).items()]
    lines += [f"wrk.body = {json.dumps(call.content.decode())}"] if call.content else []
    return "\n".join(lines)


def rate(report: str) -> float:
    """The rate in the *report* of wrk. Raises WrongAnswer where it has seen errors."""
    errors = re.search(r"Socket errors:.*|Non-2xx or 3xx responses:.*", report)
    if errors is not None:
        raise WrongAnswer(f"wrk reports {errors[0]!r}")
    found = re.search(r"^Requests/sec:\s*([\d.]+)", report, re.MULTILINE)
    if found is None:
        raise ValueError(f"wrk reports no rate: {report!r}")
    return float(found[1])


def measure(environments: Mapping[str, Environment], scenarios: Sequence[Scenario], rounds: int) -> Figures:
    """Requests per second for each framework, from *rounds* runs of a second."""
    for tool in ("wrk", "taskset"):
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} is not installed: apt-get install wrk util-linux, or leave out the mode http")
    return {each.name: _measure_one(environments, each, rounds) for each in scenarios}


def _measure_one(environments: Mapping[str, Environment], scenario: Scenario, rounds: int) -> dict[str, float | None]:
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(Server(environment, scenario))
            for name, environment in environments.items()
            if offers(environment, scenario)
        }
        for server in servers.values():
            server.verify()
        rates = in_turns(list(servers), rounds, lambda name: servers[name].measure())
    return {name: rates.get(name) for name in environments}


def offers(environment: Environment, scenario: Scenario) -> bool:
    """Whether the framework's app.py makes this application."""
    ask = [str(environment.python), "-m", "benchmarks.worker", "offers", environment.framework, scenario.app]
    return subprocess.run(ask, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
