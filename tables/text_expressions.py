"""SQL for texts as they are compared, sorted and sought: letter by letter, in capitals or not, composed."""

import json
import re
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, Q, TextField, Value
from django.db.models.functions import Collate, Lower
from django.db.models.lookups import IContains, IEndsWith, IStartsWith
from django.db.models.sql.compiler import SQLCompiler

from tables import letters
from tables.expressions import Read, alias, inline
from tables.models import Column

# What stands in a row's JSON as it does in the value: no escape, no letter beyond ASCII, nothing between two values.
_AS_STORED = re.compile(r'[^\x00-\x1f\x7f-\U0010ffff"\\{}\[\],:]+')
# Characters that are the same in capitals, and that no other character becomes in capitals.
_UNCASED = re.compile(r"[ -@\[-`{-~]+")
_LOOKUPS: dict[str, Any] = {"icontains": IContains, "istartswith": IStartsWith, "iendswith": IEndsWith}
_IN_JSON = re.compile(r'["\[\]{}]')
_BETWEEN = re.compile(r'(":|,) ?')


class _Matches(Func):
    """Whether a text has a part in capitals or not, of letters beyond ASCII, whose capitals SQLite does not know."""

    output_field = BooleanField()
    conditional = True
    function = "marl_matches"


class _Composed(Read):
    """The text with one sign for a letter and its accents: most have as many bytes as signs, and no accents."""

    output_field = TextField()
    sqlite_test = postgresql_test = "it IS NOT NULL"
    read = "CASE WHEN length(CAST(it AS blob)) = length(it) THEN it ELSE marl_composed(it) END"

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        read = "CASE WHEN octet_length(it) = length(it) THEN it ELSE normalize(it, NFC) END"
        text, parameters = compiler.compile(self.source_expressions[0])
        return super().as_postgresql(compiler, connection, read=read) if parameters else (inline(read, text), ())


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
