"""SQL for filters of rows: the test of a condition or a group, on either database."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import reduce
from itertools import takewhile
from operator import and_, or_
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, In, LessThan, LessThanOrEqual, Range

from tables import (
    expressions,
    letters,
    moment_expressions,
    moments,
    number_expressions,
    row_lists,
    text_expressions,
)
from tables.filters import ORDERED_OPS, Condition, Group, as_number, is_date, refused
from tables.models import HANDED_DOWN, Cell, CellState, Column, ColumnType
from tables.values import as_text, compared, json_forms
from workspaces import ids

ERRORS = (CellState.FAILED, CellState.UNKNOWN)

# (column, row id) → the cells of the column that failed like the one in this row.
type FindSimilar = Callable[[Column, int], QuerySet[Cell]]
similar_failures: list[FindSimilar] = []

_OPPOSITES = {"ne": "eq", "not_one_of": "one_of", "not_contains": "contains", "not_empty": "empty"}
_COMPARISONS: dict[str, Any] = {
    "eq": Exact,
    "one_of": In,
    "gt": GreaterThan,
    "gte": GreaterThanOrEqual,
    "lt": LessThan,
    "lte": LessThanOrEqual,
    "between": Range,
}
_LOOKUPS = {"contains": "icontains", "starts_with": "istartswith", "ends_with": "iendswith"}
_LAST = "\U0010ffff"  # of all letters
_ROUGH = 1e-12  # of a number: more than a double is off by
_WHOLE = re.compile(r"-?\d{1,15}", re.ASCII)


def matching(item: Condition | Group, indexed: Column | None = None) -> Q:
    """Returns the test of the rows; an index has the values of one column where the database looks through it."""
    if isinstance(item, Condition):
        return _condition(item, item.column == indexed)
    parts = [matching(part, indexed) for part in item.items]
    return reduce(and_ if item.holds == "all" else or_, parts, Q())


def errors(cells: QuerySet[Cell]) -> QuerySet[Cell]:
    """Returns those that failed by themselves or may have been sent."""
    return cells.filter(state__in=ERRORS).exclude(error_code=HANDED_DOWN)


def _condition(condition: Condition, indexed: bool) -> Q:
    column, op, value = condition.column, condition.op, condition.value
    value = _in_order(column, value) if op == "between" else value
    if op == "state":
        return _in_state(column, value)
    if op == "like":
        return _failed_like(column, value)
    if op == "listed":
        return Q(expressions.IsOneOf(F("pk"), row_lists.row_ids(column.table_id, value)))
    if op in _OPPOSITES:
        test = _compared(column, _OPPOSITES[op], value)
        return Q(expressions.IsNotTrue(ExpressionWrapper(test, output_field=BooleanField())))
    return _first_look(column, op, value, indexed) & _compared(column, op, value)


def _in_order(column: Column, bounds: Sequence[Any]) -> list[Any]:
    """Returns the lower bound first, as they are compared: between 10 and 1 is what is between 1 and 10."""
    if _is_by_number(column, "between", bounds):
        return sorted(bounds, key=lambda bound: Decimal(_numeral(bound)))
    if _is_by_date(column, "between", bounds):
        return sorted(bounds, key=lambda bound: moments.reach(bound)[0])
    return sorted(letters.composed(as_text(bound)) for bound in bounds)


def _first_look(column: Column, op: str, value: Any, indexed: bool) -> Q:
    """Returns a test that leaves out most rows fast."""
    values = value if isinstance(value, list) else [value]
    if _is_by_number(column, op, values):
        bounds = [float(_numeral(text)) for text in values]
        return Q() if column.is_computed else _about(column, op, bounds, indexed)
    if column.type == ColumnType.DATE and op in ("eq", "one_of", *ORDERED_OPS) and any(map(is_date, values)):
        return _about_when(column, op, values) if indexed and all(map(is_date, values)) else Q()
    if indexed and column.type == ColumnType.NUMBER and op == "one_of" and all(map(_is_whole, values)):
        return Q(In(number_expressions.indexed_number(F(expressions.alias(column))), list(map(float, values))))
    by_number = column.type == ColumnType.NUMBER and any(as_number(text) is not None for text in values)
    is_by_text = op in _LOOKUPS or op == "eq" or (op == "one_of" and not by_number)
    if column.is_computed or not is_by_text:
        return Q()
    texts = [as_text(text) for text in values]
    if op not in _LOOKUPS and any(map(json_forms, texts)):
        return Q()  # its parts may stand in another order
    if op in _LOOKUPS and connection.vendor == "postgresql":
        return text_expressions.has_uncased(column, texts[0])
    if indexed and op not in _LOOKUPS and column.type != ColumnType.NUMBER:
        return _among_texts(column, texts)
    if indexed or connection.vendor == "postgresql":  # it finds a value faster than it writes a row as text
        return Q()
    looks = [text_expressions.may_hold(text, exactly=op not in _LOOKUPS) for text in texts]
    return reduce(or_, looks) if all(looks) else Q()


def _among_texts(column: Column, texts: Sequence[str]) -> Q:
    """Returns a test that an index helps with: a letter beyond ASCII may be written as two, after what is before it."""
    text = text_expressions.without_case(F(expressions.alias(column)))
    plain = [one for one in texts if all(map(letters.is_plain, one))]
    test = Q(In(text, plain))
    for start in {"".join(takewhile(letters.is_plain, letters.composed(one))) for one in texts if one not in plain}:
        test |= Q(Range(text, (start, f"{start}{_LAST}")))
    return test


def _about(column: Column, op: str, bounds: Sequence[float], indexed: bool) -> Q:
    """Returns a test by doubles that is a little wide: numbers of many digits are compared exactly later."""
    text = F(expressions.alias(column))
    number = number_expressions.indexed_number(text) if indexed else number_expressions.rough_number(text)
    low, high = bounds[0] - abs(bounds[0]) * _ROUGH, bounds[-1] + abs(bounds[-1]) * _ROUGH
    if op in ("gt", "gte"):
        return Q(GreaterThanOrEqual(number, low))
    return Q(LessThanOrEqual(number, high)) if op in ("lt", "lte") else Q(Range(number, (low, high)))


def _about_when(column: Column, op: str, values: Sequence[str]) -> Q:
    """Returns a test by texts that is a little wide: a time with an offset is written a day before or after its own."""
    text = text_expressions.without_case(F(expressions.alias(column)))
    bounds = [moments.written(value) for value in values]
    if op == "one_of":
        return reduce(or_, (Q(Range(text, bound)) for bound in bounds))
    if op in ("gt", "gte"):
        return Q(GreaterThanOrEqual(text, bounds[0][0]))
    if op in ("lt", "lte"):
        return Q(LessThanOrEqual(text, bounds[0][1]))
    return Q(Range(text, (bounds[0][0], bounds[-1][1])))


def _compared(column: Column, op: str, value: Any) -> Q:
    alias = expressions.alias(column)
    if op == "empty":
        return Q(**{f"{alias}__isnull": True}) | Q(**{alias: ""})
    if op in _LOOKUPS:
        return text_expressions.holds(alias, _LOOKUPS[op], as_text(value))
    values = value if isinstance(value, list) else [value]
    if _is_by_number(column, op, values):
        return _by_number(column, op, [_numeral(text) for text in values])
    if _is_by_date(column, op, values):
        return _by_moment(column, op, values)
    if op in ("eq", "one_of"):
        return _is_one_of(column, values)
    text = text_expressions.by_letter(text_expressions.composed(F(alias)))
    bounds = [letters.composed(as_text(item)) for item in values]
    return Q(_comparison(op, text, bounds)) & expressions.is_single(column)


def _comparison(op: str, expression: Any, values: Sequence[Any]) -> Any:
    return _COMPARISONS[op](expression, values if op == "between" else values[0])


def _is_by_number(column: Column, op: str, values: Sequence[Any]) -> bool:
    if op == "eq" and column.type == ColumnType.NUMBER:
        return all(map(_is_stored_as_number, values))
    return op in ORDERED_OPS and all(as_number(value) is not None for value in values)


def _is_stored_as_number(value: object) -> bool:
    """Whether the databases take a text like this in a number column for a number."""
    return as_number(value) is not None and number_expressions.is_number(_numeral(value))


def _is_whole(value: object) -> bool:
    """Whether it is a whole number that a double is exactly, however it is read."""
    return _WHOLE.fullmatch(_numeral(value)) is not None


def _is_by_date(column: Column, op: str, values: Sequence[Any]) -> bool:
    return column.type == ColumnType.DATE and op in ("eq", *ORDERED_OPS) and all(map(is_date, values))


def _by_number(column: Column, op: str, numerals: Sequence[str]) -> Q:
    if op == "between":
        return _by_number(column, "gte", numerals[:1]) & _by_number(column, "lte", numerals[1:])
    return Q(_COMPARISONS[op](number_expressions.difference(column, numerals[0]), 0.0))


def _by_moment(column: Column, op: str, texts: Sequence[str]) -> Q:
    """A day is compared as all that it holds: later than it is what comes after its last moment."""
    moment = moment_expressions.moment(column)
    (first, last), (_, end) = moments.reach(texts[0]), moments.reach(texts[-1])
    tests: dict[str, Any] = {
        "gt": GreaterThan(moment, last),
        "gte": GreaterThanOrEqual(moment, first),
        "lt": LessThan(moment, first),
        "lte": LessThanOrEqual(moment, last),
    }
    return Q(tests.get(op) or Range(moment, (first, end)))


def _is_one_of(column: Column, values: Sequence[Any]) -> Q:
    others = [one for one in values if column.type != ColumnType.DATE or not is_date(one)]
    forms = [_forms(as_text(value)) for value in others]
    texts = [letters.composed(form) for each in forms for form in each]
    text = F(expressions.alias(column))
    is_plain = all(letters.is_plain(sign) for each in texts for sign in each)
    test = Q(In(text if is_plain else text_expressions.composed(text), texts))
    if compact := [each[1] for each in forms if len(each) > 1]:
        test |= _is_json(column, compact)
    if column.type == ColumnType.NUMBER and (known := [_numeral(one) for one in values if _is_stored_as_number(one)]):
        return test | Q(number_expressions.is_among(column, known))
    if column.type == ColumnType.DATE and (reaches := [moments.reach(one) for one in values if is_date(one)]):
        days = [first for first, last in reaches if first != last]
        times = [first for first, last in reaches if first == last]
        return test | Q(In(moment_expressions.day(column), days)) | Q(In(moment_expressions.moment(column), times))
    return test


def _is_json(column: Column, texts: Sequence[str]) -> Q:
    """Returns the test for lists and objects, whose parts databases keep in different orders."""
    if connection.vendor == "sqlite":
        return Q(In(text_expressions.same_json(column), list(map(compared, texts))))
    return Q(In(F(expressions.alias(column)), [expressions.stored_json(one) for one in texts]))


def _forms(text: str) -> list[str]:
    """Returns how a value of this text may be stored."""
    return [text, *json_forms(text)]


def _in_state(column: Column, state: object) -> Q:
    """`stale` is a mark on a result, `empty` is the lack of one, `errors` are the failures of the column itself."""
    results = Cell.objects.filter(column=column)
    if state == CellState.EMPTY:
        return ~Q(Exists(results.filter(row_id=OuterRef("pk")).exclude(state=CellState.EMPTY)))
    if state == "errors":
        chosen = errors(results)
    else:
        chosen = results.filter(stale=True) if state == "stale" else results.filter(state=state)
    return Q(pk__in=chosen.values("row_id"))


def _failed_like(column: Column, row_id: object) -> Q:
    """Matches no row when the one that is named has a result by now."""
    failed_id = ids.parse(row_id)
    if failed_id is None:
        raise refused(f"To filter “{column.name}” by a failure, send the id of a row that failed.")
    return Q(*(Q(pk__in=find(column, failed_id).values("row_id")) for find in similar_failures))


def _numeral(value: object) -> str:
    """Returns the number as text, with all of its digits."""
    return str(value).strip()
