"""What live events cost the web server while many people watch a run.

`python -m benchmarks.listeners [--people 200] [--rows 200] [--length 20] [--seconds 20]`: so many pages listen to one
table, a run stores so many rows of it each second, each with a text of so many characters, and the processor's time of
the web server is taken, with what the pages got and what Redis holds in the end.
"""

import argparse
import asyncio
import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.servers.marl import App, running

# As the results of a run are stored, which is every quarter of a second.
ANNOUNCE = """
import time
from tables import events
batch = {rows} // 4
for turn in range(4 * {seconds}):
    value = {{"name": "Acme", "city": "Köln", "employees": 406, "about": "x" * {length}}}
    done = [(turn * batch + row, 1, {{"state": "done", "value": value}}) for row in range(batch)]
    events.publish_cells({table}, done)
    events.publish_run({table}, {{"id": 1, "state": "running", "done": turn * batch}})
    time.sleep(0.25)
from tables.redis import client
print(client().info("memory")["used_memory"])
"""


@dataclass
class Heard:
    messages: int = 0
    size: int = 0


async def listen(session: aiohttp.ClientSession, url: str, everybody: asyncio.Barrier, heard: Heard) -> None:
    async with session.get(url) as response:
        await response.content.readuntil(b"\n\n")
        await everybody.wait()
        async for chunk in response.content.iter_any():
            heard.messages += chunk.count(b"\n\n")
            heard.size += len(chunk)


def processor_seconds(port: str) -> float:
    """Of the web server on a port."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # of somebody else, or gone
            command = (process / "cmdline").read_bytes()
            if b"config.web" in command and f"PORT={port}\0".encode() in (process / "environ").read_bytes():
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    raise ProcessLookupError("The web server is not running.")


async def measure(app: App, table: int, given: argparse.Namespace) -> tuple[Heard, float, int]:
    """Returns what the pages heard, the web server's seconds of the processor, and the bytes that Redis holds."""
    heard, everybody, port = Heard(), asyncio.Barrier(given.people + 1), app.url.rpartition(":")[2]
    headers = {"Authorization": f"Bearer {app.token}"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        headers=headers, connector=connector, timeout=aiohttp.ClientTimeout(None)
    ) as session:
        url = f"{app.url}/api/v1/tables/{table}/events"
        listening = [asyncio.create_task(listen(session, url, everybody, heard)) for _ in range(given.people)]
        await everybody.wait()
        before = processor_seconds(port)
        code = ANNOUNCE.format(table=table, rows=given.rows, seconds=given.seconds, length=given.length)
        held = await asyncio.to_thread(app.manage, "shell", "-v", "0", "-c", code)
        spent = processor_seconds(port) - before
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    return heard, spent, int(held)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--rows", type=int, default=200, help="that the run stores each second")
    parser.add_argument("--length", type=int, default=20, help="of a text in each value")
    parser.add_argument("--seconds", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as app:
        with app.api() as api:
            table = api.post("/tables", json={"name": "Watched", "columns": [{"name": "Company"}]}).json()["id"]
        heard, spent, held = asyncio.run(measure(app, table, given))
    print(f"{given.people} people, {given.rows} rows a second, {given.seconds} s")
    print(f"  the web server's processor   {spent / given.seconds:>8.1%} of a core")
    print(f"  for each event of a page     {spent / max(1, heard.messages) * 1000:>8.3f} ms")
    print(
        f"  what a page got              {heard.messages / given.people / given.seconds:>8.1f} events/s, "
        f"{heard.size / given.people / given.seconds / 1000:.1f} kB/s"
    )
    print(f"  what Redis holds             {held / 1e6:>8.1f} MB")


if __name__ == "__main__":
    main()
