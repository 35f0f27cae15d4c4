"""SQL for what stands in a row: a column's value as text, on either database.

A query has the text of each column that it reads under an alias (`alias`), and that of the whole row as `as_text`.
What a text is compared as has modules of its own: `text_expressions`, `number_expressions` and `moment_expressions`.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, OuterRef, Q, Subquery, TextField, Value
from django.db.models.functions import Cast
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler

from tables.models import Cell, Column


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
    """The text of a JSON value, as people see it: 5 for 5.0. A text ends with its quote there, so .0 ends a number."""

    output_field = TextField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """As it is stored, like what a row holds."""
        template = """(CASE WHEN %(expressions)s GLOB '"*' OR %(expressions)s = 'null'
            THEN JSON_EXTRACT(%(expressions)s, '$') WHEN %(expressions)s GLOB '*.0'
            THEN substr(%(expressions)s, 1, length(%(expressions)s) - 2) ELSE CAST(%(expressions)s AS TEXT) END)"""
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        template = """(CASE WHEN CAST(%(expressions)s AS text) LIKE '%%%%.0'
            THEN left(CAST(%(expressions)s AS text), -2) ELSE %(expressions)s #>> '{}' END)"""
        return self.as_sql(compiler, connection, template=template, **context)


class _Kind(Func):
    """The kind of a JSON value, in the words of its database; of one under a key, or of all."""

    output_field = TextField()

    def __init__(self, value: F, key: int | None = None, **context: Any) -> None:
        super().__init__(value, key=key, **context)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        path = "" if self.extra["key"] is None else """, '$."%(key)s"'"""
        return self.as_sql(compiler, connection, template=f"JSON_TYPE(%(expressions)s{path})", **context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        path = "" if self.extra["key"] is None else " -> '%(key)s'"
        return self.as_sql(compiler, connection, template=f"jsonb_typeof(%(expressions)s{path})", **context)


class Read(Func):
    """A text read as something, NULL where it is not that. SQLite's regular expressions run in Python: too slow."""

    template = "(SELECT CASE WHEN %(test)s THEN %(read)s END FROM (SELECT %(expressions)s AS it) one)"
    read = ""
    sqlite_test = ""
    postgresql_test = ""

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, test=self.sqlite_test, **{"read": self.read} | context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, test=self.postgresql_test, **{"read": self.read} | context)


def inline(test: str, text: str) -> str:
    """Returns a test of `it` with this text, which has no parameters, written into it."""
    return re.sub(r"\bit\b", lambda _: text, test)


def alias(column: Column) -> str:
    return f"of_{column.pk}"


def text(column: Column) -> Any:
    """Returns the expression of the column's value in a row, as text."""
    if not column.is_computed:
        return stored_text(column)
    result = Cell.objects.filter(row_id=OuterRef("pk"), column=column).annotate(text=result_text())
    return Subquery(result.values("text")[:1], output_field=TextField())


def is_single(column: Column) -> Q:
    """Returns the test whether the column's value in a row is one, and no list or object."""
    kind: Any = _Kind(F("values"), column.pk)
    if column.is_computed:
        result = Cell.objects.filter(row_id=OuterRef("pk"), column=column).annotate(kind=_Kind(F("value")))
        kind = Subquery(result.values("kind")[:1], output_field=TextField())
    return ~Q(In(kind, ["array", "object"]))


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
