"""What idle sockets take of memory, beside those of a bare ASGI application: the same driver holds both."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells what a process takes"),
]

NUMBER = 4_000
MEASURE = """
import asyncio, gc, json, resource, sys
from nexios import NexiosApp
from nexios.websockets import Channel

async def bare(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await receive()

app = NexiosApp(plugins=["websockets"])

@app.websocket("/")
async def stay(ws):
    await Channel("room").connect(ws)
    await ws.until_closed()

def taken():
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()

async def wave(serve, number):
    async def receive():
        await go.wait()
        return {"type": "websocket.disconnect", "code": 1001}

    def greeted():
        opening = [{"type": "websocket.connect"}]
        async def first():
            return opening.pop() if opening else await receive()
        return first

    async def send(message): ...

    go = asyncio.Event()
    before = taken()
    headers = [(b"host", b"localhost:8000"), (b"upgrade", b"websocket"), (b"sec-websocket-version", b"13")]
    tasks = []
    for _ in range(number):
        scope = {"type": "websocket", "path": "/", "raw_path": b"/", "query_string": b"", "root_path": "",
                 "scheme": "ws", "headers": [*headers], "subprotocols": [], "client": ("127.0.0.1", 50000), "state": {}}
        tasks.append(asyncio.ensure_future(serve(scope, greeted(), send)))
    for _ in range(10):
        await asyncio.sleep(0)
    each = (taken() - before) / number
    go.set()
    await asyncio.wait(tasks)
    return each

async def main(number):
    await app.startup()
    await wave(bare, 10)
    await wave(app, 10)
    waves = [await wave(bare, number), await wave(app, number)]
    after_one = taken()
    waves.append(await wave(app, number))
    print(json.dumps([*waves, taken() - after_one, Channel("room", app=app).local_members]))
    await app.shutdown()

asyncio.run(main(int(sys.argv[1])))
"""


def test_an_idle_socket_takes_less_than_twelve_kilobytes_and_a_second_wave_grows_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", MEASURE, str(NUMBER)], capture_output=True, text=True, check=True)
    bare, first, second, grown, members = json.loads(done.stdout)

    assert first - bare < 12_000, f"{first:,.0f} bytes, {bare:,.0f} of them the server's"
    assert max(second, 0) < first + 1_000
    # Memory is taken from the system in pieces of a megabyte; a wave that stayed would be thirty of them.
    assert grown < 4_000_000
    assert members == 0
