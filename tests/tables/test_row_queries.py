"""Search and filters look at a row as a whole before they look into its columns, and find the same."""

import json

import pytest
from django.db.models import Q

from tables import columns, row_order, storage, text_expressions
from tables.models import Row, Table
from tables.row_queries import View

pytestmark = pytest.mark.django_db(transaction=True)

VALUES = [
    "Utrecht",
    'the "odd" one',
    "back\\slash",
    "two\nlines",
    "Zürich, São Paulo",
    "100%_sure",
    "12345.5",
    "",
    12345.5,
    1e5,
    100000,
    -7,
    True,
    False,
    ["a", 1, {"b": "c d"}],
    {"key": "x: y", "n": 1e5},
    "DİYARBAKIR, \u212aı\u017f\u017f",
    "1\u037e 2",
]
TEXTS = ["utrecht", '"odd"', 'e "O', "k\\s", "two\nl", "ZÜR", "zürich", "são p", "0%_s", "%", "_", "5.5", "12345", "1"]
TEXTS += [
    "100000",
    "00.0",
    "-7",
    "true",
    "false",
    "0",
    "e",
    "c d",
    "x: y",
    '{"',
    ", ",
    ":1",
    "a",
    "inf",
    "nothing",
    "\\",
    "diyarbakir",
    "bakır",
    "KISS",
    "1; 2",
    "Diyarbakır, Kiss",
]


def fill(table: Table, *, as_ascii: bool) -> None:
    column = columns.live(table)[0].pk
    texts = [json.dumps({str(column): value}, ensure_ascii=as_ascii) for value in VALUES]
    storage.insert(table.pk, row_order.append(table.pk, len(texts)), texts)
    more = [json.dumps({str(column): value}, ensure_ascii=as_ascii, separators=(",", ":")) for value in VALUES]
    storage.insert(table.pk, row_order.append(table.pk, len(more)), more)


def found(table: Table, view: View) -> list[object]:
    key = str(columns.live(table)[0].pk)
    rows = Row.objects.in_bulk(list(view.row_ids(table)))
    return [row.values[key] for row in rows.values()]


@pytest.mark.parametrize("as_ascii", [False, True])
@pytest.mark.parametrize("op", ["search", "contains", "eq"])
def test_the_first_look_leaves_out_no_row(
    table: Table, op: str, as_ascii: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(table, as_ascii=as_ascii)
    name = columns.live(table)[0]
    texts = TEXTS if op != "eq" else [*TEXTS, *(value for value in VALUES if isinstance(value, str | float))]
    views = {
        text: View(columns.live(table), [], [], str(text))
        if op == "search"
        else View(columns.live(table), [{"column": name.pk, "op": op, "value": text}], [], "")
        for text in texts
    }
    with_it = {text: found(table, view) for text, view in views.items()}
    monkeypatch.setattr(text_expressions, "may_hold", lambda text, **_: Q())
    assert with_it == {text: found(table, view) for text, view in views.items()}
    assert any(with_it.values())


def test_a_window_comes_with_the_number_of_rows(table: Table) -> None:
    fill(table, as_ascii=False)
    rows, total = View(columns.live(table), [], [], "utrecht").window(table, 1, 10)
    assert (len(rows), total) == (1, 2)
    assert View(columns.live(table), [], [], "utrecht").window(table, 5, 10) == ([], 2)
