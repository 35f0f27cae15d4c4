"""Edits at random through the API, beside a model that is too simple to be wrong. They have to agree after each."""

import copy
import csv
import io
import itertools
import json
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from enrichment.dataflow import recalculate
from tables.imports import job
from tests.model.table import TYPES, Model, Refusal, Values, all_cleaned, as_key, cleaned, formula

LABEL = 'COALESCE({{Name}}, "?") + "/" + COALESCE({{Size}}, "-")'
NAMES = st.sampled_from(["", "a", "A", "a ", "ä", "0", "01", "null", 'x,"y', "true", "x\u2028y"])
SIZES = st.sampled_from(["", 0, 7, -1, 2.5, "7", "+7", "07", "1,000", "1000", "-1", "2.50", None, "many"])
MET = st.sampled_from(["", True, False, "yes", "No", "perhaps"])
CELLS = st.fixed_dictionaries({}, optional={"Name": NAMES, "City": NAMES, "Size": SIZES, "Met": MET})
ROWS = st.lists(CELLS, min_size=1, max_size=3)
PLACES = st.lists(st.integers(0, 50), min_size=1, max_size=3)
PLACE = st.integers(0, 50)
KEYS = st.sampled_from([["Name"], ["Size"], ["Name", "City"], ["Met"]])
ON_MATCH = st.sampled_from(["update", "skip"])


class Api:
    """The API with a token, as JSON."""

    def __init__(self, token: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {token}"}, raise_request_exception=False)

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = "" if body is None else json.dumps(body)
        answer = self.client.generic(method, f"/api/v1{path}", data, content_type="application/json")
        assert answer.status_code < 500, (method, path, body, answer.content)
        return answer.status_code, answer.json() if answer.content else None

    def done(self, method: str, path: str, body: Any = None) -> Any:
        """Returns what is answered, after a call that has to succeed."""
        status, answered = self(method, path, body)
        assert status < 300, (method, path, body, answered)
        return answered

    def upload(self, table_id: int, text: str, **options: Any) -> Any:
        file = SimpleUploadedFile("rows.csv", text.encode())
        answer = self.client.post("/api/v1/imports", {"file": file, "table": table_id, **options})
        assert answer.status_code == 202, answer.content
        job.run(answer.json()["id"])
        return self.done("GET", f"/imports/{answer.json()['id']}")


class Editing(RuleBasedStateMachine):
    api: Api  # set by the test
    moved: set[int]  # rows, since they stand elsewhere than when they were deleted

    @initialize()
    def make(self) -> None:
        columns = [{"name": name, "type": kind} for name, kind in TYPES.items()]
        table = self.api.done("POST", "/tables", {"name": "Model", "columns": columns})
        self.path = f"/tables/{table['id']}"
        self.table_id = table["id"]
        self.columns = {column["name"]: column["id"] for column in table["columns"]}
        for name, text in (("Label", LABEL), ("Twice", "{{Label}} + {{Label}}")):
            new = {"name": name, "type": "formula", "config": {"formula": text}}
            self.columns[name] = self.api.done("POST", f"{self.path}/columns", new)["id"]
        self.model = Model()
        self.undoable: list[list[tuple[int, Values, Values]]] = []  # edits: (row, before, after)
        self.trash: dict[str, tuple[list[int], dict[int, Values]]] = {}  # {key: order before, rows}
        self.hidden = False  # whether City is deleted
        self.moved = set()

    # What is sent

    @rule(rows=ROWS, before=st.none() | PLACE)
    def add(self, rows: list[Values], before: int | None) -> None:
        place = self.model.row(before) if before is not None and self.model.order else None
        body = {"rows": rows} if place is None else {"rows": rows, "before": place}
        if answered := self.tried("POST", "/rows", body, rows):
            self.model.add(answered["ids"], [all_cleaned(row) for row in rows], place)

    @precondition(lambda self: self.model.order)
    @rule(places=PLACES, cells=CELLS, was=st.sampled_from(["", "right", "wrong"]))
    def edit(self, places: list[int], cells: Values, was: str) -> None:
        ids = [self.model.row(place) for place in places]
        changes: list[dict[str, Any]] = [{"id": row_id, "cells": cells} for row_id in ids]
        if was and cells:
            changes[0]["was"] = {name: self.model.values[ids[0]].get(name) for name in cells}
        if was == "wrong" and cells:
            changes[0]["was"] |= {
                min(cells): "7777" if min(cells) != "Met" else not self.model.values[ids[0]].get("Met")
            }
        if was == "wrong" and cells:
            status, _ = self.api("PATCH", f"{self.path}/rows", {"rows": changes})
            assert status in (409, 422)
        elif self.tried("PATCH", "/rows", {"rows": changes}, [cells]):
            self.undoable.append(self.written({row_id: all_cleaned(cells) for row_id in ids}))

    @precondition(lambda self: self.undoable)
    @rule()
    def undo(self) -> None:
        """As the page does: only where nothing else was written since."""
        edit = self.undoable.pop()
        changes = [{"id": row_id, "cells": before, "was": after} for row_id, before, after in edit]
        status, answered = self.api("PATCH", f"{self.path}/rows", {"rows": changes, "undo": True})
        named = {name for _, before, _ in edit for name in before}
        if self.hidden and "City" in named:
            assert status >= 400
        elif all(self.is_as(row_id, after) for row_id, _, after in edit):
            assert status == 200, answered
            for row_id, before, _ in edit:
                self.model.write(row_id, before)
        else:
            assert status >= 400

    @rule(places=st.lists(PLACE, max_size=2), cells=CELLS, added=st.lists(CELLS, max_size=2))
    def paste(self, places: list[int], cells: Values, added: list[Values]) -> None:
        """What fits is stored, and the rest is named."""
        ids = [self.model.row(place) for place in places] if self.model.order else []
        body = {"rows": [{"id": row_id, "cells": cells} for row_id in ids], "added": added}
        status, answered = self.api("POST", f"{self.path}/paste", body)
        if self.hidden and any("City" in sent for sent in [*([cells] if ids else []), *added]):
            assert status >= 400
            return
        assert status == 200, answered
        for row_id in ids:
            self.model.write(row_id, fitting(cells))
        self.model.add(answered["ids"], [fitting(row) for row in added])
        refused = sum(len(sent) - len(fitting(sent)) for sent in [*[cells] * len(ids), *added])
        assert len(answered["refused"]) == refused

    @rule(rows=ROWS, key=KEYS, on_match=ON_MATCH, keep_blank=st.booleans())
    def add_by_key(self, rows: list[Values], key: list[str], on_match: str, keep_blank: bool) -> None:
        how = {"key": key, "on_match": on_match, "keep_blank": keep_blank}
        expected, ids = self.expected(rows, how)
        status, answered = self.api("POST", f"{self.path}/rows", {"rows": rows} | how)
        if expected is None or (self.hidden and self.names_city(rows, key)):
            assert status >= 400, answered
            return
        assert status == 201, answered
        self.accept(expected, dict(zip(ids, answered["ids"], strict=True)))

    @rule(rows=ROWS, key=KEYS, on_match=ON_MATCH, keep_blank=st.booleans(), undone=st.booleans())
    def import_by_key(self, rows: list[Values], key: list[str], on_match: str, keep_blank: bool, undone: bool) -> None:
        names = sorted({*key, *(name for row in rows for name in row)})
        sent = [{name: as_in_file(row.get(name)) for name in names} for row in rows]
        how = {"key": key, "on_match": on_match, "keep_blank": keep_blank}
        expected, _ = self.expected(one_for_each(sent, key, on_match), how)
        if expected is None or not all(any(row.values()) for row in sent) or (self.hidden and "City" in names):
            return
        form = how | {"key": json.dumps(key), "has_header": True}
        done = self.api.upload(self.table_id, written_as_csv(names, sent), **form)
        assert done["state"] == "done", done
        ids = [row["id"] for row in self.rows()]
        assert len(ids) == len(expected.order)
        if undone:
            self.api.done("POST", f"/imports/{done['id']}/undo")
        else:
            self.accept(expected, dict(zip(expected.order, ids, strict=True)))

    @precondition(lambda self: self.model.order)
    @rule(places=PLACES)
    def delete(self, places: list[int]) -> None:
        ids = sorted({self.model.row(place) for place in places})
        answered = self.api.done("DELETE", f"{self.path}/rows", {"ids": ids})
        assert answered["deleted"] == len(ids)
        order = list(self.model.order)
        self.trash[answered["undo"]] = order, self.model.delete(ids)

    @precondition(lambda self: self.trash)
    @rule(place=PLACE)
    def restore(self, place: int) -> None:
        undo = sorted(self.trash)[place % len(self.trash)]
        then, rows = self.trash.pop(undo)
        assert self.api.done("POST", f"{self.path}/rows/restore", {"undo": undo})["restored"] == len(rows)
        order = [row["id"] for row in self.rows()]
        assert [row_id for row_id in order if row_id not in rows] == self.model.order
        self.model.order, self.model.values = order, self.model.values | rows
        if not set(then) & self.moved:
            stayed = [row_id for row_id in then if row_id in order]
            assert [row_id for row_id in order if row_id in then] == stayed
        assert self.api("POST", f"{self.path}/rows/restore", {"undo": undo})[0] >= 400

    @precondition(lambda self: self.model.order)
    @rule(places=PLACES, before=st.none() | PLACE)
    def move(self, places: list[int], before: int | None) -> None:
        ids = [self.model.row(place) for place in places]
        target = None if before is None else self.model.row(before)
        status, _ = self.api("POST", f"{self.path}/rows/move", {"ids": ids, "before": target})
        assert (status == 200) == (target not in ids)
        if status == 200:
            self.moved |= set(ids)
            self.model.move(ids, target)

    @rule(name=st.sampled_from(["Name", "Size", "Met"]), undone=st.booleans())
    def clear(self, name: str, undone: bool) -> None:
        cleared = self.api.done("POST", f"{self.path}/columns/clear", {"ids": [self.columns[name]]})
        if undone:
            status, _ = self.api("POST", f"/edits/{cleared['id']}/undo")
            assert (status == 200) == any(name in self.model.values[row_id] for row_id in self.model.order)
        else:
            for row_id in self.model.order:
                self.model.write(row_id, {name: None})

    @rule()
    def delete_or_restore_a_column(self) -> None:
        path = f"/columns/{self.columns['City']}"
        if self.hidden:
            self.api.done("POST", f"{path}/restore")
        else:
            self.api.done("DELETE", path)
        self.hidden = not self.hidden

    # What is looked at

    @rule(descending=st.booleans())
    def sort(self, descending: bool) -> None:
        sort = json.dumps([{"column": self.columns["Size"], "desc": descending}])
        assert [row["id"] for row in self.rows(sort=sort)] == self.model.sorted_by_size(descending=descending)

    @rule(name=st.sampled_from(list(TYPES)), empty=st.booleans())
    def filter(self, name: str, empty: bool) -> None:
        if name == "City" and self.hidden:
            return
        tests = json.dumps([{"column": self.columns[name], "op": "empty" if empty else "not_empty"}])
        found = [row_id for row_id in self.model.order if (name not in self.model.values[row_id]) == empty]
        assert [row["id"] for row in self.rows(filter=tests)] == found

    @rule(offset=st.integers(0, 20), limit=st.integers(0, 5))
    def look(self, offset: int, limit: int) -> None:
        found = [row["id"] for row in self.rows(offset=offset, limit=limit)]
        assert found == self.model.order[offset : offset + limit]

    @rule()
    def recompute(self) -> None:
        """What a worker does in the background."""
        token = ""
        while again := recalculate.advance(self.table_id, token):
            token = again[0]
        for row in self.rows():
            label = formula(self.model.values[row["id"]])
            assert self.cell(row, "Label") == {"state": "done", "value": label}
            assert self.cell(row, "Twice") == {"state": "done", "value": label * 2}

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "model"):
            return
        rows = self.rows()
        assert [row["id"] for row in rows] == self.model.order
        assert [row["position"] for row in rows] == list(range(len(rows)))
        for row in rows:
            names = [name for name in TYPES if name != "City" or not self.hidden]
            found = {name: row["cells"][str(self.columns[name])]["value"] for name in names}
            stored = self.model.values[row["id"]]
            assert found == {name: stored.get(name) for name in names}
        assert self.api.done("GET", self.path)["row_count"] == len(rows)

    def teardown(self) -> None:
        if hasattr(self, "model"):
            self.recompute()

    # How

    def rows(self, **query: Any) -> list[Any]:
        text = "&".join(f"{name}={value}" for name, value in ({"limit": 500} | query).items())
        items: list[Any] = self.api.done("GET", f"{self.path}/rows?{text}")["items"]
        return items

    def cell(self, row: Any, name: str) -> Any:
        cell = row["cells"][str(self.columns[name])]
        return {"state": cell["state"], "value": cell["value"]}

    def tried(self, method: str, path: str, body: Any, sent: list[Values]) -> Any:
        """Returns the answer to what has to succeed, or None where all of it has to be refused."""
        status, answered = self.api(method, self.path + path, body)
        try:
            for cells in sent:
                all_cleaned(cells)
            allowed = not (self.hidden and any("City" in cells for cells in sent))
        except Refusal:
            allowed = False
        assert (status < 300) == allowed, answered
        return answered if allowed else None

    def written(self, new: dict[int, Values]) -> list[tuple[int, Values, Values]]:
        """Writes values into the model; returns each row with what was there and what is."""
        edit = []
        for row_id, cells in new.items():
            edit.append((row_id, {name: self.model.values[row_id].get(name) for name in cells}, cells))
            self.model.write(row_id, cells)
        return edit

    def is_as(self, row_id: int, cells: Values) -> bool:
        """Whether the row is there and its cells are as they were written."""
        found = self.model.values.get(row_id)
        return found is not None and all(found.get(name) == value for name, value in cells.items())

    def names_city(self, rows: list[Values], key: list[str]) -> bool:
        return "City" in key or any("City" in row for row in rows)

    def expected(self, rows: list[Values], how: dict[str, Any]) -> tuple[Model | None, list[int]]:
        """Returns the model after these rows, new ones with ids below 0, and which row each became; None if refused."""
        after = copy.deepcopy(self.model)
        new_ids = itertools.count(-1, -1)
        try:
            return after, after.upsert(rows, how["key"], how["on_match"], how["keep_blank"], lambda: next(new_ids))
        except Refusal:
            return None, []

    def accept(self, expected: Model, ids: dict[int, int]) -> None:
        """Takes the expected model for the present one, with the real ids of its new rows."""
        named: Callable[[int], int] = lambda row_id: ids.get(row_id, row_id)  # noqa: E731
        self.model.order = [named(row_id) for row_id in expected.order]
        self.model.values = {named(row_id): cells for row_id, cells in expected.values.items()}


def fitting(cells: Values) -> Values:
    """Returns those of the cells that are of their column's type, as they are stored."""
    found = {}
    for name, value in cells.items():
        try:
            found[name] = cleaned(name, value)
        except Refusal:
            continue
    return found


def one_for_each(rows: list[Values], key: list[str], on_match: str) -> list[Values]:
    """Returns the rows that count of a file: the last one with a key where rows are updated, else the first."""
    by_key: dict[Any, int] = {}
    for place, row in enumerate(rows):
        known = tuple(as_key(name, fitting(row).get(name)) for name in key)
        if any(known) and (on_match == "update" or known not in by_key):
            by_key[known] = place
    keyless = {place for place, row in enumerate(rows) if not any(fitting(row).get(name) is not None for name in key)}
    return [row for place, row in enumerate(rows) if place in keyless or place in by_key.values()]


def as_in_file(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def written_as_csv(names: list[str], rows: list[Values]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, names, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
