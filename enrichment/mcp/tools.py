"""The tools: what each is for, the arguments that it takes, and the call of the API that it makes."""

import asyncio
import json
import time
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from enrichment.mcp.calls import Answer, Api, Call

type Id = int | str
ENDED = ("done", "stopped", "paused")
LOOK_AGAIN = 1.0  # seconds


def _of(address: str, *ids: Id) -> str:
    """Returns the address with the ids in it, none of which can lead to another one."""
    return address.format(*(quote(str(pk), safe="") for pk in ids))


class Tool(BaseModel, ABC):
    """The arguments of a tool; its description is the docstring."""

    model_config = ConfigDict(extra="forbid")
    reads_only: ClassVar[bool] = True

    @abstractmethod
    def call(self) -> Call:
        """Returns the call that it makes."""

    async def answer(self, api: Api) -> Answer:
        """Makes the call."""
        return await api.send(self.call())


class OfTable(Tool):
    table_id: Id


class OfColumn(Tool):
    column_id: Id


class OfRun(Tool):
    run_id: Id


class Window(Tool):
    offset: int = Field(default=0, ge=0)
    limit: int = Field(default=50, ge=1, le=500)

    def window(self) -> dict[str, int]:
        return {"offset": self.offset, "limit": self.limit}


class WhoAmI(Tool):
    """Returns the user, workspace and role that the token belongs to."""

    def call(self) -> Call:
        return Call("GET", "/me")


class ListTables(Window):
    """Lists the tables of the workspace with their columns. Start here to learn ids and names."""

    def call(self) -> Call:
        return Call("GET", "/tables", self.window())


class GetTable(OfTable):
    """Returns a table and its columns, with settings and how many cells are in each state."""

    def call(self) -> Call:
        return Call("GET", _of("/tables/{}", self.table_id))


class CreateTable(Tool):
    """Creates an empty table. Its columns are e.g. `[{"name": "Company", "type": "text"}]`."""

    reads_only = False
    name: str
    columns: list[dict[str, Any]] = []

    def call(self) -> Call:
        return Call("POST", "/tables", body=self.model_dump())


class ReadRows(Window):
    """Reads rows of a table, those that pass a filter or hold a word, in an order of your choice.

    Cells are by column id. A computed cell has a state: done, no_data, failed, skipped, missing_input, unknown,
    cancelled, queued, waiting, running or empty. An answer has at most 1,000,000 characters, so take fewer wide rows.
    """

    table_id: Id
    filter: list[Any] | dict[str, Any] | None = Field(
        default=None,
        description='Tests that all have to hold: [{"column": 5, "op": "contains", "value": "Ltd"}]. `op` is eq, ne, '
        "contains, not_contains, gt, lt, empty, not_empty or state (with a state as its value).",
    )
    sort: list[dict[str, Any]] | None = Field(default=None, description='[{"column": 5, "desc": true}]')
    search: str = Field(default="", description="A text that some cell of the row holds.")

    def call(self) -> Call:
        texts = {"filter": self.filter, "sort": self.sort}
        written = {name: json.dumps(value) for name, value in texts.items() if value is not None}
        return Call("GET", _of("/tables/{}/rows", self.table_id), self.window() | written | {"search": self.search})


class AddRows(OfTable):
    """Adds rows to a table, or with a key also updates those that are there. Auto-update may then run columns.

    Answers the ids of the rows that they became or matched.
    """

    reads_only = False
    rows: list[dict[str, Any]] = Field(description='By column name or id: [{"Company": "Northwind"}]')
    key: list[str | int] | str | int = Field(
        default=[], description="The column, or several, by which rows match those of the table."
    )
    on_match: Literal["add", "update", "skip"] = Field(default="add", description="What becomes of a row that matches.")
    match: Literal["exact", "loose"] = Field(default="exact")

    def call(self) -> Call:
        body = self.model_dump(exclude={"table_id"})
        return Call("POST", _of("/tables/{}/rows", self.table_id), body=body)


class GetCell(Tool):
    """Returns a cell with every attempt: request and response, secrets hidden. It says why a cell is as it is."""

    row_id: Id
    column_id: Id

    def call(self) -> Call:
        return Call("GET", _of("/rows/{}/cells/{}", self.row_id, self.column_id))


class ListConnections(Tool):
    """Lists the connections, which hold the sign-ins for APIs. Their secrets are never shown."""

    def call(self) -> Call:
        return Call("GET", "/connections")


class CreateColumn(OfTable):
    """Creates a column.

    `type` is text, number, checkbox or date for values that people enter; `http` for one that an API fills, `formula`
    for JavaScript over a row, `extract` for a path into another column's result, or `lookup` into another table.
    `config` of http: {"method": "GET", "url": "https://api.example/companies/{{Domain}}", "connection_id": null,
    "headers": [{"name", "value"}], "query": [{"name", "value"}], "body": "…", "field_paths": ["data.name"],
    "run_if": "{{Employees}} > 50", "rate_limit": {"requests": 10, "duration_ms": 1000}, "auto_update": false}.
    Of formula: {"formula": "UPPER({{Company}})"}. Of extract: {"source": column id, "path": "data.name"}.
    {{Name}} stands for the row's value of that column. With auto_update, an http column may send at once.
    """

    reads_only = False
    name: str
    type: str
    config: dict[str, Any] | None = None

    def call(self) -> Call:
        body = self.model_dump(exclude={"table_id"})
        return Call("POST", _of("/tables/{}/columns", self.table_id), body=body)


class ChangeColumn(OfColumn):
    """Changes a column's name or settings. What `config` leaves out stays as it is."""

    reads_only = False
    name: str | None = None
    config: dict[str, Any] | None = None

    def call(self) -> Call:
        body = self.model_dump(exclude={"column_id"}, exclude_none=True)
        return Call("PATCH", _of("/columns/{}", self.column_id), body=body)


class PreviewColumn(OfColumn):
    """Returns the request that an http column would send for a row, secrets hidden, and sends nothing.

    Of a formula or look-up, returns the result. `config` tries other settings without storing them.
    """

    row_id: Id
    config: dict[str, Any] | None = None

    def call(self) -> Call:
        return Call("POST", _of("/columns/{}/preview", self.column_id), body=self.model_dump(exclude={"column_id"}))


class TryColumn(PreviewColumn):
    """Sends the request of one row of an http column and returns cell and attempts. Nothing is stored.

    The request really goes out: a POST or another write has its effect at the API.
    """

    reads_only = False

    def call(self) -> Call:
        return Call("POST", _of("/columns/{}/test", self.column_id), body=self.model_dump(exclude={"column_id"}))


class PreviewFormula(OfTable):
    """Returns what a formula or look-up, which need not be a column yet, makes of rows: of the first ten, or these."""

    type: Literal["formula", "extract", "lookup"] = "formula"
    config: dict[str, Any] = Field(description='{"formula": "{{Employees}} * 2"}')
    row_ids: list[Id] | None = None

    def call(self) -> Call:
        body = self.model_dump(exclude={"table_id"})
        return Call("POST", _of("/tables/{}/formula-preview", self.table_id), body=body)


class Scoped(OfColumn):
    rows: Literal["missing", "failed", "stale", "all"] | dict[str, Any] = Field(
        default="missing", description='Or {"first": 10}, or {"ids": [row ids]}.'
    )


class EstimateRun(Scoped):
    """Returns how many requests a run would send, how many rows it would leave out and why, and how long it takes."""

    def call(self) -> Call:
        return Call("POST", _of("/columns/{}/estimate", self.column_id), body={"rows": self.rows})


class StartRun(Scoped):
    """Starts a run of an http column in the background: its requests really go out. Try {"first": 10} before all."""

    reads_only = False

    def call(self) -> Call:
        return Call("POST", _of("/columns/{}/runs", self.column_id), body={"rows": self.rows})


class WatchRun(OfRun):
    """Waits for a run to end or be paused, for some seconds at most, and returns its progress and failures."""

    seconds: float = Field(default=20, ge=0, le=50)

    def call(self) -> Call:
        return Call("GET", _of("/runs/{}", self.run_id))

    async def answer(self, api: Api) -> Answer:
        until = time.monotonic() + self.seconds
        while True:
            answer = await api.send(self.call())
            if answer.is_refusal or json.loads(answer.body)["state"] in ENDED or time.monotonic() >= until:
                return answer
            await asyncio.sleep(LOOK_AGAIN)


class ListRuns(Window):
    """Lists the runs of a table, newest first, with who started each."""

    table_id: Id

    def call(self) -> Call:
        return Call("GET", _of("/tables/{}/runs", self.table_id), self.window())


class ControlRun(OfRun):
    """Pauses, resumes or stops a run. What was sent already ends first, and a stopped run can't go on."""

    reads_only = False
    action: Literal["pause", "resume", "stop"]

    def call(self) -> Call:
        return Call("POST", _of("/runs/{}/{}", self.run_id, self.action))


class ListFailures(OfColumn, Window):
    """Returns why rows of a column have no result, the most frequent reason first, with example rows."""

    def call(self) -> Call:
        return Call("GET", _of("/columns/{}/failures", self.column_id), self.window())


TOOLS: dict[str, type[Tool]] = {
    "who_am_i": WhoAmI,
    "list_tables": ListTables,
    "get_table": GetTable,
    "create_table": CreateTable,
    "read_rows": ReadRows,
    "add_rows": AddRows,
    "get_cell": GetCell,
    "list_connections": ListConnections,
    "create_column": CreateColumn,
    "change_column": ChangeColumn,
    "preview_column": PreviewColumn,
    "test_column": TryColumn,
    "preview_formula": PreviewFormula,
    "estimate_run": EstimateRun,
    "start_run": StartRun,
    "watch_run": WatchRun,
    "list_runs": ListRuns,
    "control_run": ControlRun,
    "list_failures": ListFailures,
}
