"""A whole team at once: workers at a long run, people who watch it, and people who edit the same table meanwhile.

`python -m benchmarks.load [--minutes 10] [--rows 1000000] [--people 200] [--editors 30] [--workers 4]`, with
DATABASE_URL for PostgreSQL. All of Marl's processes are real. Each editor changes a cell every two seconds, and every
listener has to hear of each change, also over the end of a stream, which comes every five minutes. Memory is what all
processes of a part have for themselves, in MB, a minute after the start and at the end.
"""

import argparse
import asyncio
import contextlib
import csv
import itertools
import re
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from benchmarks.environment import answering
from benchmarks.runs import CONFIG, serve
from tests.faults import databases
from tests.faults.app import Marl
from tests.faults.parts import Part, wait_until

PAUSE = 2.0  # seconds between two changes of an editor
_CHANGE = re.compile(rb"change (\d+)\.")
_ID = re.compile(rb"(?:^|\n)id: (\S+)\n")
_TAIL = 40  # bytes that the end of a chunk may share with the beginning of the next one

type Memory = Mapping[str, float]  # MB by part


@dataclass
class Team:
    """What a team did and heard; changes are numbered."""

    made_at: dict[int, float] = field(default_factory=dict)
    made_in: dict[int, int] = field(default_factory=dict)  # the row of each change
    heard: list[set[int]] = field(default_factory=list)  # by listener
    lags: list[float] = field(default_factory=list)  # seconds from the request to the first listener's event
    answers: list[float] = field(default_factory=list)  # seconds that an editor waited
    refused: list[str] = field(default_factory=list)
    resets: int = 0  # after which a page reads its window again, with every change

    @property
    def unheard(self) -> tuple[int, int]:
        """How many changes did not reach a listener, and after how many of them no later value of the cell did.

        Whoever comes back gets the last value of each cell alone.
        """
        missed = [(heard, change) for heard in self.heard for change in self.made_at.keys() - heard]
        return len(missed), sum(not self._is_replaced(change, heard) for heard, change in missed)

    def _is_replaced(self, change: int, heard: set[int]) -> bool:
        return any(later > change and self.made_in[later] == self.made_in[change] for later in heard)


async def listen(session: aiohttp.ClientSession, url: str, team: Team, number: int) -> None:
    heard, last_id = team.heard[number], ""
    while True:
        headers = {"Last-Event-ID": last_id} if last_id else {}
        rest = b""
        with contextlib.suppress(aiohttp.ClientError):
            async with session.get(url, headers=headers) as stream:
                async for chunk in stream.content.iter_any():
                    text = rest + chunk
                    changes = {int(change) for change in _CHANGE.findall(text)} - heard
                    heard |= changes
                    if number == 0:
                        # One whose answer nobody waited for, at the end, has no time.
                        team.lags += [time.monotonic() - at for change in changes if (at := team.made_at.get(change))]
                    if b"event: reset" in chunk:
                        team.resets += 1
                        heard |= team.made_at.keys()
                    for last in _ID.findall(text)[-1:]:
                        last_id = last.decode()
                    rest = text[-_TAIL:]
        await asyncio.sleep(1)  # as a browser is told to


async def edit(session: aiohttp.ClientSession, url: str, row: int, numbers: Iterator[int], team: Team) -> None:
    while True:
        change = next(numbers)
        began = team.made_at[change] = time.monotonic()
        team.made_in[change] = row
        body = {"rows": [{"id": row, "cells": {"Note": f"change {change}."}}]}
        try:
            async with session.patch(url, json=body) as answer:
                if answer.status != 200:
                    team.refused.append(f"{answer.status} {(await answer.text())[:200]}")
                    del team.made_at[change]
        except asyncio.CancelledError:  # at the end: nobody knows whether it was made
            del team.made_at[change]
            raise
        team.answers.append(time.monotonic() - began)
        await asyncio.sleep(PAUSE)


async def work(marl: Marl, table: int, rows: Sequence[int], people: int, seconds: float) -> tuple[Team, list[Memory]]:
    """Lets people listen and edit for so long; one editor for each row."""
    team, memory = Team(heard=[set() for _ in range(people)]), []
    numbers = itertools.count()
    url = f"http://127.0.0.1:{marl.port}/api/v1/tables/{table}"
    async with aiohttp.ClientSession(
        headers=dict(marl.api.headers),
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(None),
    ) as session:
        listening = [asyncio.create_task(listen(session, f"{url}/events", team, one)) for one in range(people)]
        await asyncio.sleep(5)
        editing = [asyncio.create_task(edit(session, f"{url}/rows", row, numbers, team)) for row in rows]
        for pause in (min(60.0, seconds / 2), seconds - min(60.0, seconds / 2)):
            await asyncio.wait(editing, timeout=pause, return_when=asyncio.FIRST_EXCEPTION)
            memory.append(await asyncio.to_thread(memory_of, marl))
        await end(editing)
        await asyncio.sleep(10)
        await end(listening)
    return team, memory


async def end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Raises what one of them failed with."""
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


def memory_of(marl: Marl) -> Memory:
    """Returns the MB of each part with all that it has started."""
    parents = {int(entry.name): _parent(entry) for entry in Path("/proc").glob("[0-9]*")}

    def own(part: Part) -> float:
        pids = {part.pid}
        while more := {pid for pid, parent in parents.items() if parent in pids} - pids:
            pids |= more
        return sum(map(_private, pids)) / 1e6

    return {part.name: own(part) for part in marl.parts}


def _parent(process: Path) -> int:
    with contextlib.suppress(OSError):
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    return 0


def _private(pid: int) -> int:
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return sum(int(kilobytes) * 1024 for kilobytes in re.findall(r"Private_\w+:\s+(\d+)", text))
    return 0


def new_table(marl: Marl, rows: int) -> int:
    """Imports so many rows, as a person does."""
    path = marl.folder / "rows.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("Company", "Size", "Note"))
        writer.writerows((f"Company {number}", number, "") for number in range(rows))
    with path.open("rb") as file:
        started = marl.api.post("/imports", files={"file": file}, timeout=120).raise_for_status().json()
    ask = f"/imports/{started['id']}"
    wait_until(lambda: marl.api.get(ask).json()["state"] not in ("queued", "running"), 600, "all rows are there", 0.5)
    done = marl.api.get(ask).json()
    assert done["state"] == "done", done
    return int(done["table_id"])


def measure(marl: Marl, api: str, given: argparse.Namespace) -> None:
    table = new_table(marl, given.rows)
    config = CONFIG | {"url": f"{api}/companies", "max_in_flight": 32, "auto_update": False}
    column = {"name": "Profile", "type": "http", "config": config}
    made = marl.api.post(f"/tables/{table}/columns", json=column).raise_for_status().json()
    first = marl.api.get(f"/tables/{table}/rows", params={"limit": given.editors}).raise_for_status().json()["items"]
    run = marl.api.post(f"/columns/{made['id']}/runs", json={"rows": "all"}).raise_for_status().json()["id"]
    began = time.monotonic()
    team, memory = asyncio.run(work(marl, table, [row["id"] for row in first], given.people, given.minutes * 60))
    told = marl.api.get(f"/runs/{run}").raise_for_status().json()
    done, seconds = told["counts"]["done"], time.monotonic() - began
    print(f"{given.people} listeners, {given.editors} editors, {given.workers} workers, {given.rows:,} rows")
    print(f"  run             {done:,} rows done, {done / seconds:,.0f}/s; {told['counts']['failed']:,} failed")
    print(f"  changes         {len(team.made_at):,}, {len(team.refused)} refused")
    print(f"  an editor waits {spread(team.answers)}")
    unheard, lost = team.unheard
    print(
        f"  lost events     {lost:,} of {len(team.made_at) * given.people:,}; {unheard - lost:,} came in a later value"
    )
    print(f"  read again      {team.resets:,} times")
    print(f"  heard after     {spread(team.lags)}")
    for name, megabytes in memory[0].items():
        print(f"  {name:<16}{megabytes:,.0f} MB → {memory[-1].get(name, 0):,.0f} MB")
    for words in team.refused[:3]:
        print(f"  refused: {words}")


def spread(seconds: Sequence[float]) -> str:
    hundredths = statistics.quantiles(seconds, n=100)
    return f"{hundredths[49]:.2f} s (99 %: {hundredths[98]:.2f} s, at most {max(seconds):.2f} s)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--editors", type=int, default=30)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--delay", type=float, default=50, help="ms that the API takes")
    given = parser.parse_args()
    with answering(serve, given.delay / 1000) as api, databases.chosen() as database:
        marl = Marl(database)
        try:
            marl.start(given.workers)
            measure(marl, api, given)
        finally:
            marl.close()


if __name__ == "__main__":
    main()
