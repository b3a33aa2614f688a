"""Run the Autobahn test suite for WebSockets against each server, and print how its cases end.

    python tools/autobahn.py --wstest /path/to/wstest [--servers granian hypercorn] [--exclude "9.*"]

The suite is the program ``wstest`` of the Python 2.7 package autobahntestsuite (PyPI), in an environment of its own:
``virtualenv -p python2.7 E && E/bin/pip install autobahntestsuite``. All cases take some minutes for each server.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

APP = """
from nexios import NexiosApp
from nexios.websockets import WebSocket

app = NexiosApp(plugins=["websockets"])

@app.websocket("/", max_message=2 ** 25)
async def echo(ws: WebSocket):
    await ws.accept()
    async for message in ws:
        await ws.send(message)
"""
UVICORN = "import sys, uvicorn; uvicorn.run('served:app', port=int(sys.argv[1]), ws=sys.argv[2], log_level='critical')"
RUN = ["-m", "nexios.cli", "run", "served:app", "--port", "{port}", "--log-level", "critical", "--server"]
SERVERS = {
    "uvicorn": [*RUN, "uvicorn"],
    "uvicorn-websockets-sansio": ["-c", UVICORN, "{port}", "websockets-sansio"],
    "uvicorn-wsproto": ["-c", UVICORN, "{port}", "wsproto"],
    "hypercorn": [*RUN, "hypercorn"],
    "granian": [*RUN, "granian"],
}
PORT = 9_401


def run(wstest: str, server: str, exclude: Sequence[str]) -> dict[str, Any]:
    """The report on *server*: case -> how it ended."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "served.py").write_text(APP, "utf-8")
        target = {"url": f"ws://127.0.0.1:{PORT}", "agent": server}
        plan = {"servers": [target], "cases": ["*"], "exclude-cases": list(exclude), "outdir": "reports"}
        Path(folder, "plan.json").write_text(json.dumps(plan), "utf-8")
        command = [sys.executable, *(part.format(port=PORT) for part in SERVERS[server])]
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                time.sleep(4)  # the suite does not try again
                subprocess.run([wstest, "-m", "fuzzingclient", "-s", "plan.json"], cwd=folder, check=True, stdout=2)
            finally:
                process.terminate()
        report: dict[str, Any] = json.loads(Path(folder, "reports", "index.json").read_text("utf-8"))[server]
        return report


def row(server: str, report: Mapping[str, Any]) -> str:
    """*server*, how many cases ended how, and which of them failed."""
    ends = Counter(case["behavior"] for case in report.values())
    failed = sorted(name for name, case in report.items() if "FAILED" in (case["behavior"], case["behaviorClose"]))
    counts = ", ".join(f"{number} {end}" for end, number in ends.most_common())
    return f"{server:26} {len(report)} cases: {counts}" + (f"; failed: {' '.join(failed)}" if failed else "")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--wstest", default="wstest")
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=list(SERVERS), metavar="SERVER")
    parser.add_argument("--exclude", nargs="*", default=[], metavar="CASES")
    given = parser.parse_args(arguments)
    for server in given.servers:
        print(row(server, run(given.wstest, server, given.exclude)), flush=True)


if __name__ == "__main__":
    main()
