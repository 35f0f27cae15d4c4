"""The grid of the real page in Chromium, after `npm run build`: `python -m benchmarks.grid [--rows 1000000]`."""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.e2e import chromium
from tests.servers.marl import App, running

FRAMES = 120
UPDATES = 5_000
AT_ONCE = 500  # cells the server announces one by one

# Straight into storage: an upload of this size would take longer than all that is measured.
FILL = """
import json
from django.db import transaction
from tables import row_order, storage
from tables.models import Table
table = Table.objects.get(pk={table})
ids = [column.pk for column in table.columns.all()]
for start in range(0, {rows}, 20_000):
    values = [
        {{str(pk): f"r{{row}}c{{at}}" for at, pk in enumerate(ids)}}
        for row in range(start, min({rows}, start + 20_000))
    ]
    with transaction.atomic():
        storage.lock_table(table.pk)
        storage.insert(table.pk, row_order.append(table.pk, len(values)), [json.dumps(row) for row in values])
        storage.grow(table.pk, len(values))
"""

FIRST_CELLS = """
() => document.querySelector("#grid-body .c")?.textContent && performance.now()
"""

JUMP = """
async (index) => {
  const grid = document.querySelector("#grid");
  const begun = performance.now();
  grid.scrollTop = (grid.scrollHeight - grid.clientHeight) * index;
  const shown = () => [...document.querySelectorAll("#grid-body .line:not([hidden])")];
  const far = (line) => Number(line.getAttribute("aria-rowindex")) > 1000 && line.querySelector(".c")?.textContent;
  while (!shown().length || !shown().every(far)) {
    if (performance.now() - begun > 60_000) throw new Error("The rows that were jumped to never came.");
    await new Promise(requestAnimationFrame);
  }
  return performance.now() - begun;
}
"""

SCROLL = """
async (frames) => {
  const grid = document.querySelector("#grid");
  for (let frame = 0; frame < frames; frame += 1) {
    const native = grid.dispatchEvent(new WheelEvent("wheel", { deltaY: 400, cancelable: true, bubbles: true }));
    if (native) grid.scrollTop += 400;
    await new Promise(requestAnimationFrame);
  }
}
"""


def make_table(app: App, rows: int, columns: int) -> int:
    with app.api() as api:
        wanted = [{"name": f"Column {number}", "type": "text"} for number in range(columns)]
        made = api.post("/tables", json={"name": "Benchmark", "columns": wanted}).json()
        table = int(made["id"])
        for column in made["columns"]:  # fitted to their short values, twice as many would be in sight
            api.patch(f"/columns/{column['id']}", json={"width": 160}).raise_for_status()
    app.manage("shell", "-c", FILL.format(table=table, rows=rows))
    return table


def cpu(session: CDPSession) -> dict[str, float]:
    return {item["name"]: item["value"] for item in session.send("Performance.getMetrics")["metrics"]}


def spent(session: CDPSession, before: dict[str, float]) -> float:
    """Milliseconds of the page's main thread."""
    return (cpu(session)["TaskDuration"] - before["TaskDuration"]) * 1000


def update_cells(app: App, page: Page, table: int) -> None:
    """5,000 cells of the first rows, as other people's edits; ends when the last one is on the screen."""
    with app.api() as api:
        found = api.get(f"/tables/{table}/rows", params={"limit": 100}).json()["items"]
        ids = [(row["id"], list(row["cells"])[:5]) for row in found]
        for turn in range(UPDATES // AT_ONCE):
            changes = [{"id": pk, "cells": dict.fromkeys(keys, f"u{turn}")} for pk, keys in ids]
            api.patch(f"/tables/{table}/rows", json={"rows": changes}).raise_for_status()
    page.get_by_text(f"u{UPDATES // AT_ONCE - 1}", exact=True).first.wait_for()


def measure(app: App, page: Page, table: int) -> list[tuple[str, str]]:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.goto(f"{app.url}/tables/{table}")
    first: Any = page.wait_for_function(FIRST_CELLS, polling="raf").json_value()
    jump = page.evaluate(JUMP, 0.9)
    before = cpu(session)
    page.evaluate(SCROLL, FRAMES)
    frame = spent(session, before) / FRAMES
    session.send("HeapProfiler.collectGarbage")
    heap = cpu(session)["JSHeapUsedSize"] / 2**20
    page.evaluate("document.querySelector('#grid').scrollTop = 0")
    page.get_by_text("r0c0", exact=True).wait_for()
    before, start = cpu(session), time.perf_counter()
    update_cells(app, page, table)
    updates, took = spent(session, before), time.perf_counter() - start
    return [
        ("first cells", f"{first:.0f} ms"),
        ("jump to nine tenths", f"{jump:.0f} ms"),
        ("CPU a frame while scrolling", f"{frame:.1f} ms"),
        ("heap", f"{heap:.1f} MiB"),
        (f"{UPDATES:,} cell updates, CPU", f"{updates:.0f} ms in {took:.1f} s"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as app, sync_playwright() as playwright:
        page = chromium.launched(playwright).new_page(viewport={"width": 1440, "height": 860})
        page.goto(app.link)
        table = make_table(app, given.rows, given.columns)
        print(f"{given.rows:,} rows × {given.columns} columns")
        for name, value in measure(app, page, table):
            print(f"  {name:<32}{value:>20}")


if __name__ == "__main__":
    main()
