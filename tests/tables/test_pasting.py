"""A block of cells pasted at once, with a verdict for each."""

import pytest

from tables import columns, pasting, rows
from tables.models import Table
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_fits_is_stored_and_the_rest_says_why(table: Table) -> None:
    [first] = rows.append(table, [{"Name": "a", "Size": "1"}])
    size = columns.by_name_or_id(table)("Size").pk
    pasted = pasting.paste(
        table,
        [{"id": first, "cells": {"Name": "b", "Size": "many"}}],
        [{"Name": "c", "Size": "3"}, {"Name": "d", "Size": "few"}],
    )
    assert [row.values.get(str(size)) for row in rows.window(table, 0, 9)] == ["1", "3", None]
    assert [next(iter(row.values.values())) for row in rows.window(table, 0, 9)] == ["b", "c", "d"]
    assert pasted.refused == [
        {"row": first, "column": size, "message": "“many” is not a valid number."},
        {"row": pasted.ids[1], "column": size, "message": "“few” is not a valid number."},
    ]


def test_a_paste_on_a_row_that_is_gone_changes_nothing(table: Table) -> None:
    [first] = rows.append(table, [{"Name": "a"}])
    with pytest.raises(Refused, match="no row"):
        pasting.paste(table, [{"id": first, "cells": {"Name": "b"}}, {"id": first + 1, "cells": {"Name": "b"}}], [{}])
    assert table.row_count == 1
    assert list(rows.window(table, 0, 1)[0].values.values()) == ["a"]


def test_a_paste_by_name_goes_into_no_column_that_has_its_id_as_a_name(table: Table, name: str) -> None:
    odd = columns.create(table, name)
    [first] = rows.append(table, [{"Name": "a"}])
    pasting.paste(table, [{"id": first, "cells": {"Name": "b"}}], [{f"id:{name}": "c"}])
    assert [row.values for row in rows.window(table, 0, 9)] == [{name: "b"}, {name: "c"}]
    pasting.paste(table, [{"id": first, "cells": {f"name:{name}": "d"}}], [])
    assert rows.window(table, 0, 1)[0].values == {name: "b", str(odd.pk): "d"}
