"""SQL for texts that are numbers, to the last digit, on either database."""

import json
import re
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Case, F, FloatField, Func, Q, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Length
from django.db.models.lookups import GreaterThan
from django.db.models.sql.compiler import SQLCompiler

from tables.expressions import Read, alias, inline
from tables.models import Column
from tables.values import LONGEST_NUMBER

# Within what a double holds: PostgreSQL would break off at a text beyond it.
_NUMBER_IN_POSTGRESQL = (
    f"length(it) <= {LONGEST_NUMBER} AND it ~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9][0-9]?)?$'"
)
# Beside a number, SQLite reads a text that is written like one, also with spaces or many digits of an exponent.
_NUMBER_IN_SQLITE = (
    f"it <= CAST(9e999 AS REAL) AND length(it) <= {LONGEST_NUMBER} AND (it NOT GLOB '*[^.0-9]*' OR ("
    "it NOT GLOB '*[^-+.0-9eE]*' AND it NOT GLOB '*[eE]*[0-9][0-9][0-9]*'))"
)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9][0-9]?)?")
_EXACT = 15  # characters of a number that is the only one of its double among those as short


class _OfNumber(Read):
    sqlite_test = _NUMBER_IN_SQLITE
    postgresql_test = _NUMBER_IN_POSTGRESQL


class _Numeral(_OfNumber):
    """The text of a number, for PostgreSQL the number with all of its digits."""

    output_field = TextField()
    read = "it"

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return super().as_postgresql(compiler, connection, read="CAST(it AS numeric)")


class _Number(_OfNumber):
    output_field = FloatField()
    read = "CAST(it AS double precision)"

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """Without a query inside, which takes five times as long for each row and which no index can match."""
        text, parameters = compiler.compile(self.source_expressions[0])
        if parameters:  # of a result, which is looked up once
            return super().as_postgresql(compiler, connection, **context)
        return inline(f"(CASE WHEN {_NUMBER_IN_POSTGRESQL} THEN {self.read} END)", text), ()


class _IndexedNumber(_Number):
    """The number as an index has it: written out, because no index can hold a query."""

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        text, parameters = compiler.compile(self.source_expressions[0])
        return inline(f"(CASE WHEN {_NUMBER_IN_SQLITE} THEN {self.read} END)", text), parameters


class _NumberKey(_OfNumber):
    """A text that is the same for numbers that are equal."""

    output_field = TextField()
    read = (
        f"COALESCE(CASE WHEN length(it) > {_EXACT} THEN marl_key(it) END, CAST(CAST(it AS double precision) AS text))"
    )

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return super().as_postgresql(compiler, connection, read="CAST(trim_scale(CAST(it AS numeric)) AS text)")


class _Rest(_OfNumber):
    """What a number is more, or less, than the shortest one of the same double."""

    output_field = FloatField()
    read = "marl_rest(it)"

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        read = "CAST(CAST(it AS numeric) - CAST(CAST(it AS double precision) AS numeric) AS double precision)"
        return super().as_postgresql(compiler, connection, read=read)


class _Beside(_OfNumber):
    """A number beside another text (`other`): doubles that are the same may stand for numbers that are not."""

    template = "(SELECT CASE WHEN %(test)s THEN %(read)s END FROM (SELECT %(expressions)s AS other) one)"
    arg_joiner = " AS it, "

    def __init__(self, text: F, other: str) -> None:
        super().__init__(text, Cast(Value(other), TextField()))


class _Difference(_Beside):
    """Below, at or above 0 where the number is below, at or above the other one."""

    output_field = FloatField()

    def __init__(self, text: F, other: str) -> None:
        super().__init__(text, other)
        self.exact = _EXACT if len(other) <= _EXACT else 0

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, test=self.sqlite_test, read=self._read("marl_compare(it, other)"))

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        read = self._read("CAST(sign(CAST(it AS numeric) - CAST(other AS numeric)) AS double precision)")
        return self.as_sql(compiler, connection, test=self.postgresql_test, read=read)

    def _read(self, exactly: str) -> str:
        doubles = "CAST(it AS double precision) - CAST(other AS double precision)"
        return f"CASE WHEN length(it) <= {self.exact} THEN {doubles} ELSE {exactly} END"


class _IsAmong(_Beside):
    """Whether the number is one of a JSON list of texts."""

    output_field = BooleanField()
    conditional = True
    read = "marl_is_among(it, other)"

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        others = "SELECT CAST(value AS numeric) FROM jsonb_array_elements_text(CAST(other AS jsonb)) each (value)"
        return super().as_postgresql(compiler, connection, read=f"CAST(it AS numeric) IN ({others})")


def is_number(text: str) -> bool:
    """Whether databases read this text as a number, as they do below."""
    return len(text) <= LONGEST_NUMBER and _NUMBER.fullmatch(text) is not None


def number(column: Column) -> Func:
    return _Number(F(alias(column)))


def beyond_double(column: Column) -> Func:
    """Returns the expression by which numbers are sorted that are the same as doubles, and not as they are written."""
    return Coalesce(Case(When(is_long(column), then=_Rest(F(alias(column))))), 0.0)


def is_long(column: Column) -> Q:
    """Returns the test whether a text is too long to be the only number of its double."""
    return Q(GreaterThan(Length(F(alias(column))), _EXACT))


def exact_number(column: Column) -> Func:
    """Returns the expression of the column's text where it is a number, for exact sums."""
    return _Numeral(F(alias(column)))


def number_key(column: Column) -> Func:
    """Returns a text that is the same for numbers that are equal, digit by digit."""
    return _NumberKey(F(alias(column)))


def difference(column: Column, numeral: str) -> Func:
    """Returns a number below, at or above 0 where the column's is below, at or above this one, to the last digit."""
    return _Difference(F(alias(column)), numeral)


def is_among(column: Column, numerals: Iterable[str]) -> Func:
    """Returns the test whether the column's number is one of these, to the last digit."""
    return _IsAmong(F(alias(column)), json.dumps(list(numerals)))


def rough_number(text: F | Func) -> Func:
    """Returns the number where the text is one. SQLite takes any text for a number, in a fraction of the time."""
    return _Number(text) if connection.vendor == "postgresql" else Cast(text, FloatField())


def indexed_number(text: F | Func) -> Func:
    """Returns the number where the text is one, in the words of an index on it: databases look for just these."""
    return _IndexedNumber(text)
