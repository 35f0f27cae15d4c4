"""The order of a table's rows: sort keys with gaps, counted in blocks.

A row has a sort key that is larger than that of the row before it. Keys leave gaps, so that a row comes between two
others without a change to any other row. Rows in the trash keep theirs, and no other row is given one of them.

A block counts the rows whose keys lie from its `start` to the next block's, about `BLOCK` of them: the row at an offset
is found by adding up counts and skipping at most a block of the index.

    block    start 0        start 1,000 S       start 2,000 S      S = STRIDE
    count    1,000          999                 17
    keys     0, S, 2 S …    1,000 S …           2,000 S …

The caller of everything that adds, moves or removes rows has a transaction open and holds the table.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import batched, groupby

from django.db import connection
from django.db.models import Count, F, Max, OuterRef, QuerySet, Subquery, Sum, Window
from django.db.models.functions import Coalesce

from tables.models import DeletedRow, Row, RowBlock, Table

BLOCK = 1_000  # rows; a block is split when it has twice as many
STRIDE = 2**32  # between the keys of rows that are appended: room for 31 rows to be put in the same place one by one
_IDS = 500  # in one query; SQLite bounds its parameters


def window(table_id: int, offset: int, limit: int) -> QuerySet[Row]:
    """Returns the rows at `limit` offsets from `offset` on, counted from 0, in order."""
    rows = Row.objects.filter(table_id=table_id).order_by("sort_key")
    block = _block_at(table_id, offset)
    if block is None:
        return rows.none()
    start, before = block
    return rows.filter(sort_key__gte=start)[offset - before : offset - before + limit]


def first_rows(table_id: int, number: int) -> QuerySet[Row]:
    """Returns the first so many rows of the table, in no order."""
    rows = Row.objects.filter(table_id=table_id)
    after = window(table_id, number, 1).values_list("sort_key", flat=True).first()
    return rows if after is None else rows.filter(sort_key__lt=after)


def offsets(rows: Iterable[Row]) -> dict[int, int]:
    """Returns {row id: how many rows stand before it in its table}."""
    sort_keys = {row.pk: (row.table_id, row.sort_key) for row in rows}
    found: dict[int, int] = {}
    for table_id in {table_id for table_id, _ in sort_keys.values()}:
        starts, before = _starts_and_rows_before(table_id)
        row_ids = [pk for pk, (own, _) in sort_keys.items() if own == table_id]
        for some_ids in batched(row_ids, _IDS):
            for pk, key, inside in _places_in_blocks(table_id, some_ids):
                found[pk] = before[bisect_right(starts, key) - 1] + inside
    return found


def append(table_id: int, number: int) -> range:
    """Returns the keys of so many rows after the last one, and counts them. Raises Table.DoesNotExist."""
    first = _next_key(table_id)
    keys = range(first, first + number * STRIDE, STRIDE)
    if not Table.objects.filter(pk=table_id).update(last_key=keys[-1]):
        raise Table.DoesNotExist
    last = RowBlock.objects.filter(table_id=table_id).order_by("-start").first()
    room = min(number, max(0, BLOCK - last.count)) if last else 0
    if last and room:
        RowBlock.objects.filter(pk=last.pk).update(count=F("count") + room)
    RowBlock.objects.bulk_create(
        RowBlock(table_id=table_id, start=keys[index], count=min(BLOCK, number - index))
        for index in range(room, number, BLOCK)
    )
    return keys


def appended(first: int, number: int) -> range:
    """Returns the keys of so many rows, from one on, of a table that rows were only appended to."""
    return range(first * STRIDE, (first + number) * STRIDE, STRIDE)


def append_blocks(source_id: int, target_id: int, without: Sequence[int] = ()) -> int:
    """Counts the rows of one table as standing after those of another; returns what to add to their keys.

    Those that have one of the keys `without` are left out.
    """
    blocks = list(RowBlock.objects.filter(table_id=source_id).order_by("start"))
    shift = _next_key(target_id) - (blocks[0].start if blocks else 0)
    starts = [block.start for block in blocks]
    left_out = Counter(bisect_right(starts, key) - 1 for key in without)
    numbers = ((block.start + shift, block.count - left_out[place]) for place, block in enumerate(blocks))
    RowBlock.objects.bulk_create(
        RowBlock(table_id=target_id, start=start, count=count) for start, count in _joined(numbers)
    )
    last = Row.objects.filter(table_id=source_id).aggregate(last=Max("sort_key"))["last"]
    if last is not None:
        Table.objects.filter(pk=target_id).update(last_key=last + shift)
    return shift


def copy_blocks(source_id: int, target_id: int, start: int | None, number: int) -> tuple[int | None, int | None]:
    """Counts the rows of some blocks of a table, from a key on, in its copy, where they will have the same keys.

    Returns the key of the first of these blocks, None where there is no more, and that of the next one after them.
    """
    blocks = RowBlock.objects.filter(table_id=source_id).order_by("start")
    ahead = list((blocks if start is None else blocks.filter(start__gte=start))[: number + 1])
    some, after = ahead[:number], ahead[number:]
    RowBlock.objects.bulk_create(RowBlock(table_id=target_id, start=block.start, count=block.count) for block in some)
    return (some[0].start if some else None, after[0].start if after else None)


def insert(table_id: int, before: Row, number: int) -> range:
    """Returns the keys of so many rows that stand directly before a row, and counts them."""
    low, high = _gap_before(before)
    if high - low <= number:
        _make_room(before, number)
        before.refresh_from_db(fields=["sort_key"])
        low, high = _gap_before(before)
    step = (high - low) // (number + 1)
    keys = range(low + step, low + step * (number + 1), step)
    _count(table_id, keys, +1)
    _split(table_id, keys)
    return keys


def put_back(table_id: int, sort_keys: Sequence[int]) -> None:
    """Counts rows that come back from the trash in again; nobody was given their keys meanwhile."""
    _count(table_id, sort_keys, +1)
    _split(table_id, sorted(sort_keys))


def remove(table_id: int, sort_keys: Sequence[int]) -> None:
    """Counts rows with these keys out; their rows are deleted or moved by the caller."""
    _count(table_id, sort_keys, -1)


def recount(table_id: int) -> None:
    """Makes the blocks of a table anew from its rows, as after a bulk statement."""
    RowBlock.objects.filter(table_id=table_id).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tables_rowblock (table_id, start, count)"
            " SELECT %s, MIN(position), COUNT(*) FROM ("
            "  SELECT position, (row_number() OVER (ORDER BY position) - 1) / %s AS block"
            "  FROM tables_row WHERE table_id = %s"
            " ) AS numbered GROUP BY block",
            [table_id, BLOCK, table_id],
        )


def widen(table_id: int) -> bool:
    """Makes gaps between the keys of one more block of a table from before there were gaps.

    Returns whether there is more to do. Blocks are taken from the last to the first, so that the order is right at any
    moment, and one at a time, so that it can stop anywhere and nobody waits.
    """
    narrow = RowBlock.objects.filter(table_id=table_id, start__lt=STRIDE)
    block = narrow.order_by("-start").first()
    if block:
        for model in (Row, DeletedRow):
            rows = model._default_manager.filter(table_id=table_id, sort_key__gte=block.start, sort_key__lt=STRIDE)
            rows.update(sort_key=F("sort_key") * STRIDE)
        RowBlock.objects.filter(pk=block.pk).update(start=block.start * STRIDE)
    if block is None or block.start == 0:
        Table.objects.filter(pk=table_id).update(narrow_keys=False)
        return False
    return True


def spread(table_id: int) -> None:
    """Gives every row of a table a new key, with gaps of `STRIDE`; the order stays, with that of rows in the trash."""
    _spread(table_id, None, None, -STRIDE, STRIDE)
    Table.objects.filter(pk=table_id).update(narrow_keys=False, last_key=_last_key(table_id))
    recount(table_id)


def _spread(table_id: int, low: int | None, high: int | None, base: int, step: int) -> None:
    """Gives the rows whose keys lie from `low` to `high` the keys `base` + 1, 2, 3 … × `step`.

    Rows in the trash come close behind the row that they stood behind.
    """
    between = "table_id = %(table)s"
    between += "" if low is None else " AND position >= %(low)s"
    between += "" if high is None else " AND position < %(high)s"
    named = {"table": table_id, "low": low, "high": high, "base": base, "step": step}
    trash = f"""UPDATE tables_deletedrow SET position = %(base)s + numbered.before * %(step)s + numbered.place FROM (
        SELECT id, deleted, SUM(1 - deleted) OVER earlier AS before, SUM(deleted) OVER earlier AS place FROM (
            SELECT id, position, 0 AS deleted FROM tables_row WHERE {between}
            UNION ALL SELECT id, position, 1 FROM tables_deletedrow WHERE {between}
        ) AS of_table WINDOW earlier AS (ORDER BY position)
    ) AS numbered WHERE deleted = 1 AND tables_deletedrow.id = numbered.id"""  # noqa: S608
    live = f"""UPDATE tables_row SET position = %(base)s + numbered.place * %(step)s FROM (
        SELECT id, row_number() OVER (ORDER BY position, id) AS place FROM tables_row WHERE {between}
    ) AS numbered WHERE tables_row.id = numbered.id"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(trash, named)
        cursor.execute(live, named)


def _joined(blocks: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Returns (start, count) of blocks that have rows; small ones become one."""
    joined: list[tuple[int, int]] = []
    for start, count in blocks:
        if joined and joined[-1][1] + count <= BLOCK:
            joined[-1] = (joined[-1][0], joined[-1][1] + count)
        elif count:
            joined.append((start, count))
    return joined


def _block_at(table_id: int, offset: int) -> tuple[int, int] | None:
    """Returns (start, rows before it) of the block with the row at this offset, or of the last block."""
    counted = RowBlock.objects.filter(table_id=table_id).annotate(
        before=Window(Sum("count"), order_by="start") - F("count")
    )
    block = counted.filter(before__lte=max(0, offset)).order_by("-start").values_list("start", "before").first()
    return (block[0], block[1]) if block else None


def _starts_and_rows_before(table_id: int) -> tuple[list[int], list[int]]:
    starts, before, total = [], [], 0
    for start, count in RowBlock.objects.filter(table_id=table_id).order_by("start").values_list("start", "count"):
        starts.append(start)
        before.append(total)
        total += count
    return starts, before


def _places_in_blocks(table_id: int, row_ids: Sequence[int]) -> list[tuple[int, int, int]]:
    """Returns (row id, sort key, rows before it in its block)."""
    block = RowBlock.objects.filter(table_id=table_id, start__lte=OuterRef("sort_key")).order_by("-start")
    earlier = Row.objects.filter(
        table_id=table_id, sort_key__gte=OuterRef("block_start"), sort_key__lt=OuterRef("sort_key")
    )
    counted = earlier.order_by().values("table_id").annotate(number=Count("pk")).values("number")
    rows = Row.objects.filter(pk__in=row_ids).annotate(block_start=Subquery(block.values("start")[:1]))
    return list(rows.annotate(inside=Coalesce(Subquery(counted), 0)).values_list("pk", "sort_key", "inside"))


def _next_key(table_id: int) -> int:
    last = _last_key(table_id)
    table = Table.objects.only("last_key", "narrow_keys").get(pk=table_id)
    if last is not None and table.narrow_keys and last < STRIDE:
        return (last + 1) * STRIDE
    given_out = [key for key in (last, table.last_key) if key is not None]
    return max(given_out) + STRIDE if given_out else 0


def _last_key(table_id: int, before: int | None = None) -> int | None:
    """Returns the last key of all, or before another one, that a row of the table has, or one in the trash."""
    keys = []
    for model in (Row, DeletedRow):
        rows = model._default_manager.filter(table_id=table_id)
        rows = rows if before is None else rows.filter(sort_key__lt=before)
        keys.append(rows.aggregate(last=Max("sort_key"))["last"])
    return max((key for key in keys if key is not None), default=None)


def _gap_before(row: Row) -> tuple[int, int]:
    """Returns the keys between which there is room before a row."""
    last = _last_key(row.table_id, row.sort_key)
    return row.sort_key - STRIDE if last is None else last, row.sort_key


def _make_room(before: Row, number: int) -> None:
    """Spreads the rows of one block evenly over its keys, or those of the whole table when the block has too few.

    There is room before the first row of the block, too: the last one of the block before may be close.
    """
    table_id = before.table_id
    blocks = RowBlock.objects.filter(table_id=table_id)
    block = blocks.filter(start__lte=before.sort_key).order_by("-start").first()
    after = blocks.filter(start__gt=before.sort_key).order_by("start").first()
    if block is None or after is None:
        spread(table_id)
        return
    step = (after.start - block.start) // (block.count + 1)
    in_trash = DeletedRow.objects.filter(table_id=table_id, sort_key__gte=block.start, sort_key__lt=after.start)
    if step <= number + in_trash.count():
        spread(table_id)
    else:
        _spread(table_id, block.start, after.start, block.start, step)


def _count(table_id: int, sort_keys: Iterable[int], sign: int) -> None:
    """Adds so many rows to the blocks of their keys, or takes them out; a block without rows goes."""
    starts, _ = _starts_and_rows_before(table_id)
    if not starts:
        _create_blocks(table_id, sorted(sort_keys))
        return
    by_block = Counter(starts[max(0, bisect_right(starts, key) - 1)] for key in sort_keys)
    lowest = min(sort_keys, default=starts[0])
    if sign > 0 and lowest < starts[0]:
        RowBlock.objects.filter(table_id=table_id, start=starts[0]).update(start=lowest)
        by_block = Counter({lowest if start == starts[0] else start: number for start, number in by_block.items()})
    _add(table_id, {start: sign * number for start, number in by_block.items()})
    RowBlock.objects.filter(table_id=table_id, count__lte=0).delete()


def _add(table_id: int, numbers: Mapping[int, int]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE tables_rowblock SET count = count + %s WHERE table_id = %s AND start = %s",
            [(number, table_id, start) for start, number in numbers.items()],
        )


def _split(table_id: int, new_keys: Sequence[int]) -> None:
    """Divides the blocks of new keys, whose rows are not there yet, that have grown to twice their size.

    There can be several: a block may start between its first row and the last row of the block before it.
    """
    starts, _ = _starts_and_rows_before(table_id)
    for place, keys in groupby(new_keys, key=lambda key: bisect_right(starts, key)):
        block = RowBlock.objects.get(table_id=table_id, start=starts[place - 1])
        if block.count >= 2 * BLOCK:
            rows = Row.objects.filter(table_id=table_id, sort_key__gte=block.start)
            rows = rows.filter(sort_key__lt=starts[place]) if place < len(starts) else rows
            all_keys = sorted([*rows.values_list("sort_key", flat=True), *keys])
            block.delete()
            _create_blocks(table_id, [block.start, *all_keys[1:]])


def _create_blocks(table_id: int, sort_keys: Sequence[int]) -> None:
    RowBlock.objects.bulk_create(
        RowBlock(table_id=table_id, start=keys[0], count=len(keys)) for keys in batched(sort_keys, BLOCK)
    )
