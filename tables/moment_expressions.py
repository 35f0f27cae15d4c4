"""SQL for texts that are days or times: the keys by which `moments` compares them, on either database."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Func, Q, TextField
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.db.models.sql.compiler import SQLCompiler

from tables import moments
from tables.expressions import Read, alias, inline
from tables.models import Column
from tables.text_expressions import by_letter

_DATE_IN_POSTGRESQL = "translate(left(it, 10), '123456789', '000000000') = '0000-00-00'"
_DATE_IN_SQLITE = "it GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'"
# Most times are in UTC and need no reading; PostgreSQL takes longest to match a pattern.
_UTC_TIME_IN_POSTGRESQL = "translate(it, '0123456789', '0000000000') = '0000-00-00T00:00:00'"
_UTC_TIME_IN_SQLITE = "it GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]'"
_UTC_IN_POSTGRESQL = "(CAST(replace(it, ',', '.') AS timestamptz) AT TIME ZONE 'UTC')"
_READ_IN_POSTGRESQL = (
    f"CASE WHEN it ~ '^({moments.TIME})$' THEN"
    f" CASE WHEN {_UTC_IN_POSTGRESQL} >= '0001-01-01' AND {_UTC_IN_POSTGRESQL} < '10000-01-01'"
    f" THEN replace(to_jsonb({_UTC_IN_POSTGRESQL}) #>> '{{}}', 'T00:00:00', '') END END"
)


def _key(is_utc_time: str, read: str) -> str:
    """Returns the SQL of a moment's key: midnight is the day itself."""
    return f"CASE WHEN length(it) = 10 THEN it WHEN {is_utc_time} THEN replace(it, 'T00:00:00', '') ELSE {read} END"


_KEY_IN_POSTGRESQL = _key(_UTC_TIME_IN_POSTGRESQL, _READ_IN_POSTGRESQL)
_KEY_IN_SQLITE = _key(_UTC_TIME_IN_SQLITE, "marl_moment(it)")


class _Moment(Read):
    """The key of a day or a time, as `moments` has it."""

    output_field = TextField()
    read = "{key}"
    sqlite_test = _DATE_IN_SQLITE
    postgresql_test = _DATE_IN_POSTGRESQL

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return super().as_sqlite(compiler, connection, read=self.read.format(key=_KEY_IN_SQLITE))

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """Without a query inside, like a number."""
        read = self.read.format(key=_KEY_IN_POSTGRESQL)
        text, parameters = compiler.compile(self.source_expressions[0])
        if parameters:
            return super().as_postgresql(compiler, connection, read=read)
        return inline(f"(CASE WHEN {self.postgresql_test} THEN {read} END)", text), ()


class _Day(_Moment):
    """The day of a date or a time in UTC."""

    read = "substr({key}, 1, 10)"


class _WrittenMoment(_Moment):
    """The key of a day or a time, a space and how it is written; of a day just that."""

    read = "CASE WHEN length(it) = 10 THEN it ELSE {key} || ' ' || it END"


class _SortedMoment(_Moment):
    """The key of a day or a time, and any other text as it is."""

    sqlite_test = postgresql_test = "it IS NOT NULL"
    read = "COALESCE({key}, it)"


def moment(column: Column) -> Func:
    """Returns the expression of the key of its day or time."""
    return by_letter(_Moment(F(alias(column))))


def day(column: Column) -> Func:
    """Returns the expression of its day in UTC."""
    return by_letter(_Day(F(alias(column))))


def written_moment(column: Column) -> Func:
    """Returns the expression of the least text that sorts as the moment, and ends after a space as it is written."""
    return by_letter(_WrittenMoment(F(alias(column))))


def sorted_moment(column: Column) -> Func:
    """Returns the expression by which dates are sorted, with texts from before the column's type among them."""
    return by_letter(_SortedMoment(F(alias(column))))


def is_not_day(column: Column) -> Q:
    """Returns the test whether a text may be something else than a day, such as a time."""
    return ~Q(Exact(Length(F(alias(column))), len("2026-12-31")))
