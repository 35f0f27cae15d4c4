"""SQL for what stands in a row: a column's value as text, as a number and as a date, on either database.

A query has the text of each column that it reads under an alias (`alias`), and that of the whole row as `as_text`.
"""

import json
import re
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, FloatField, Func, OuterRef, Q, Subquery, TextField, Value
from django.db.models.functions import Cast, Collate, Length, Lower
from django.db.models.lookups import Exact, GreaterThan, IContains, IEndsWith, IStartsWith
from django.db.models.sql.compiler import SQLCompiler

from tables import letters, moments
from tables.models import Cell, Column
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
_EXACT = 15  # characters of a number that is the only one of its double among those as short
_DATE_IN_POSTGRESQL = "translate(left(it, 10), '123456789', '000000000') = '0000-00-00'"
_DATE_IN_SQLITE = "it GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'"
_TIME_IN_SQLITE = "it GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]'"
_MOMENT_IN_SQLITE = (
    f"CASE WHEN length(it) = 10 THEN it WHEN {_TIME_IN_SQLITE} THEN replace(it, 'T00:00:00', '')"
    " ELSE marl_moment(it) END"
)
# Most times are in UTC and need no reading; PostgreSQL takes longest to match a pattern.
_TIME_IN_POSTGRESQL = "translate(it, '0123456789', '0000000000') = '0000-00-00T00:00:00'"
_UTC_IN_POSTGRESQL = "(CAST(replace(it, ',', '.') AS timestamptz) AT TIME ZONE 'UTC')"
_MOMENT_IN_POSTGRESQL = (
    f"CASE WHEN length(it) = 10 THEN it WHEN {_TIME_IN_POSTGRESQL} THEN replace(it, 'T00:00:00', '')"
    f" WHEN it ~ '^({moments.TIME})$' THEN"
    f" CASE WHEN {_UTC_IN_POSTGRESQL} >= '0001-01-01' AND {_UTC_IN_POSTGRESQL} < '10000-01-01'"
    f" THEN replace(to_jsonb({_UTC_IN_POSTGRESQL}) #>> '{{}}', 'T00:00:00', '') END END"
)
# What stands in a row's JSON as it does in the value: no escape, no letter beyond ASCII, nothing between two values.
_AS_STORED = re.compile(r'[^\x00-\x1f\x7f-\U0010ffff"\\{}\[\],:]+')
# Characters that are the same in capitals, and that no other character becomes in capitals.
_UNCASED = re.compile(r"[ -@\[-`{-~]+")
_LOOKUPS: dict[str, Any] = {"icontains": IContains, "istartswith": IStartsWith, "iendswith": IEndsWith}
_IN_JSON = re.compile(r'["\[\]{}]')
_BETWEEN = re.compile(r'(":|,) ?')


class AsText(Func):
    """The values of a row as one text."""

    output_field = TextField()
    template = "%(expressions)s"

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="CAST(%(expressions)s AS text)", **context)


class IsNotTrue(Func):
    """Whether a test fails or has no answer, as for a value that is not there."""

    output_field = BooleanField()
    template = "(%(expressions)s) IS NOT TRUE"
    conditional = True


class IsOneOf(Func):
    """Whether an id is one of these: they are one parameter, however many they are."""

    output_field = BooleanField()
    conditional = True
    template = "%(expressions)s))"

    def __init__(self, expression: F, ids: Iterable[int], **context: Any) -> None:
        super().__init__(expression, Value(str(list(ids)), output_field=TextField()), **context)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, arg_joiner=" IN (SELECT value FROM json_each(", **context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        each = " IN (SELECT value::bigint FROM jsonb_array_elements_text("
        return self.as_sql(compiler, connection, template="%(expressions)s::jsonb))", arg_joiner=each, **context)


class _Matches(Func):
    """Whether a text has a part in capitals or not, of letters beyond ASCII, whose capitals SQLite does not know."""

    output_field = BooleanField()
    conditional = True
    function = "marl_matches"


class Literal(Value):
    """A number that stands in the statement itself, where a database looks for the condition of an index."""

    def __init__(self, number: int) -> None:
        super().__init__(number)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        return str(int(self.value)), []


class _Member(Func):
    """The text of a column in the values of a row; its key stands in the statement, so that an index can match it.

    Django's own lookup takes a key of digits for a position in a list.
    """

    output_field = TextField()

    def __init__(self, value: F, key: int, **context: Any) -> None:
        super().__init__(value, key=int(key), **context)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """Numbers and truths as they are stored: SQLite would give 15 digits of a number, and 1 for true."""
        template = (
            """(CASE JSON_TYPE(%(expressions)s, '$."%(key)s"')"""
            """ WHEN 'text' THEN JSON_EXTRACT(%(expressions)s, '$."%(key)s"') WHEN 'null' THEN NULL"""
            """ ELSE %(expressions)s -> '$."%(key)s"' END)"""
        )
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(%(expressions)s ->> '%(key)s')", **context)


class _Whole(Func):
    """The text of a JSON value."""

    output_field = TextField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """As it is stored, like what a row holds."""
        template = """(CASE WHEN %(expressions)s GLOB '"*' OR %(expressions)s = 'null'
            THEN JSON_EXTRACT(%(expressions)s, '$') ELSE CAST(%(expressions)s AS TEXT) END)"""
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(%(expressions)s #>> '{}')", **context)


class _Read(Func):
    """A text read as something, NULL where it is not that. SQLite's regular expressions run in Python: too slow."""

    template = "(SELECT CASE WHEN %(test)s THEN %(read)s END FROM (SELECT %(expressions)s AS it) one)"
    read = ""
    sqlite_test = ""
    postgresql_test = ""

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, test=self.sqlite_test, **{"read": self.read} | context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, test=self.postgresql_test, **{"read": self.read} | context)


def _inline(test: str, text: str) -> str:
    """Writes a text, which has no parameters, into a test of `it`."""
    return re.sub(r"\bit\b", lambda _: text, test)


class _Composed(_Read):
    """The text with one sign for a letter and its accents: most have as many bytes as signs, and no accents."""

    output_field = TextField()
    sqlite_test = postgresql_test = "it IS NOT NULL"
    read = "CASE WHEN length(CAST(it AS blob)) = length(it) THEN it ELSE marl_composed(it) END"

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        read = "CASE WHEN octet_length(it) = length(it) THEN it ELSE normalize(it, NFC) END"
        text, parameters = compiler.compile(self.source_expressions[0])
        return super().as_postgresql(compiler, connection, read=read) if parameters else (_inline(read, text), ())


class _OfNumber(_Read):
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
        return _inline(f"(CASE WHEN {_NUMBER_IN_POSTGRESQL} THEN {self.read} END)", text), ()


class _IndexedNumber(_Number):
    """The number as an index has it: written out, because no index can hold a query."""

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        text, parameters = compiler.compile(self.source_expressions[0])
        return _inline(f"(CASE WHEN {_NUMBER_IN_SQLITE} THEN {self.read} END)", text), parameters


class _NumberKey(_OfNumber):
    """A text that is the same for numbers that are equal."""

    output_field = TextField()
    read = (
        f"COALESCE(CASE WHEN length(it) > {_EXACT} THEN marl_key(it) END, CAST(CAST(it AS double precision) AS text))"
    )

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return super().as_postgresql(compiler, connection, read="CAST(trim_scale(CAST(it AS numeric)) AS text)")


class _BeyondDouble(_OfNumber):
    """What a number is more, or less, than other numbers of the same double."""

    output_field = FloatField()
    read = f"CASE WHEN length(it) > {_EXACT} THEN marl_rest(it) ELSE 0.0 END"

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        rest = "CAST(CAST(it AS numeric) - CAST(CAST(it AS double precision) AS numeric) AS double precision)"
        read = f"CASE WHEN length(it) > {_EXACT} THEN {rest} ELSE 0.0 END"
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


class _Moment(_Read):
    """The key of a day or a time, as `moments` has it."""

    output_field = TextField()
    read = "{key}"
    sqlite_test = _DATE_IN_SQLITE
    postgresql_test = _DATE_IN_POSTGRESQL

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return super().as_sqlite(compiler, connection, read=self.read.format(key=_MOMENT_IN_SQLITE))

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """Without a query inside, like a number."""
        read = self.read.format(key=_MOMENT_IN_POSTGRESQL)
        text, parameters = compiler.compile(self.source_expressions[0])
        if parameters:
            return super().as_postgresql(compiler, connection, read=read)
        return _inline(f"(CASE WHEN {self.postgresql_test} THEN {read} END)", text), ()


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


def alias(column: Column) -> str:
    return f"of_{column.pk}"


def text(column: Column) -> Any:
    """Returns the expression of the column's value in a row, as text."""
    if not column.is_computed:
        return stored_text(column)
    result = Cell.objects.filter(row_id=OuterRef("pk"), column=column).annotate(text=result_text())
    return Subquery(result.values("text")[:1], output_field=TextField())


def stored_text(column: Column) -> Func:
    """Returns the expression of what people typed or uploaded in a column."""
    return _Member(F("values"), column.pk)


def result_text() -> Func:
    """Returns the expression of a cell's value, as text."""
    return _Whole(F("value"))


def stored_json(text: str) -> Func:
    """Returns the expression of the text of a list or an object as PostgreSQL writes it, with keys in its order."""
    whole = Func(
        Value(text, output_field=TextField()), template="CAST(%(expressions)s AS jsonb)", output_field=TextField()
    )
    return Cast(whole, TextField())


def number(column: Column) -> Func:
    return _Number(F(alias(column)))


def beyond_double(column: Column) -> Func:
    """Returns the expression by which numbers are sorted that are the same as doubles, and not as they are written."""
    return _BeyondDouble(F(alias(column)))


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


def by_letter(text: F | Func) -> Func:
    """Returns the text so that it is compared letter by letter, whatever the language of the database."""
    return Collate(text, "C" if connection.vendor == "postgresql" else "BINARY")


def composed(text: F | Func) -> Func:
    """Returns the text so that é of two signs, e and an accent, is the same as that of one."""
    return _Composed(text)


def without_case(text: F | Func) -> Func:
    """Returns the text so that it is sorted without regard to capitals; SQLite knows those of ASCII alone."""
    return Lower(text) if connection.vendor == "postgresql" else Collate(text, "NOCASE")


def has_uncased(column: Column, text: str) -> Q:
    """Returns a test that every row passes in whose column this text is, in capitals or not.

    PostgreSQL takes as long to write a value in capitals as to read it.
    """
    part = "" if _in_json(text) else max(_UNCASED.findall(letters.composed(text)), key=len, default="")
    return Q(**{f"{alias(column)}__contains": part}) if part.strip() else Q()


def may_hold(text: str) -> Q:
    """Returns a test that every row passes which has the text in one of its values.

    It takes one look at the row as it is stored, a tenth of the time that it takes to find a value in there.
    """
    as_stored = max(_AS_STORED.findall(letters.composed(text)), key=len, default="")
    return Q(as_text__icontains=as_stored) if as_stored else Q()


def holds(name: str, lookup: str, text: str) -> Q:
    """Returns the test whether a text under an alias has another in it, begins or ends with it, in capitals or not.

    In a list or an object it may stand as people see it, or as JSON writes it.
    """
    test = _holds(name, lookup, text)
    if lookup != "icontains" or not (others := _in_json(text)):
        return test
    is_json = Q(**{f"{name}__startswith": "{"}) | Q(**{f"{name}__startswith": "["})
    return test | is_json & reduce(or_, (_holds(name, lookup, other) for other in others))


def _holds(name: str, lookup: str, text: str) -> Q:
    if text.isascii():
        return Q(**{f"{name}__{lookup}": text})
    text = letters.composed(text)
    if connection.vendor == "sqlite":
        part = Value(letters.in_capitals(text), output_field=TextField())
        return Q(_Matches(F(name), Value(lookup, output_field=TextField()), part))
    return Q(_LOOKUPS[lookup](composed(F(name)), text))


def _in_json(text: str) -> set[str]:
    """Returns how else a text may stand in JSON: with escapes, and with other spaces between its parts."""
    found = {json.dumps(text, ensure_ascii=False)[1:-1]}
    if _IN_JSON.search(text):
        found |= {_BETWEEN.sub(r"\1", text), _BETWEEN.sub(r"\1 ", text)}
    return found - {text}
