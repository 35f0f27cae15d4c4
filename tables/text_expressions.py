"""SQL for texts as they are compared, sorted and sought: letter by letter, in capitals or not, composed."""

import json
import re
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, Q, TextField
from django.db.models.functions import Collate
from django.db.models.lookups import Contains, EndsWith, StartsWith
from django.db.models.sql.compiler import SQLCompiler

from tables import letters
from tables.expressions import Read, alias, inline
from tables.models import Column

# What stands in a row's JSON as it does in the value: no escape, no letter beyond ASCII, nothing between two values,
# and nothing that a letter beyond ASCII is equal to; for what is sought in capitals or not, nothing that one is then.
_AS_STORED = re.compile(r'[^\x00-\x1f\x7f-\U0010ffff"\\{}\[\],:;`K]+')
_AS_STORED_UNCASED = re.compile(r'[^\x00-\x1f\x7f-\U0010ffff"\\{}\[\],:;`IKSiks]+')
# Characters that are the same in capitals, and that no other character becomes in capitals or composed.
_UNCASED = re.compile(r"[ -:<-@\[-_{-~]+")
_LOOKUPS: dict[str, Any] = {"icontains": Contains, "istartswith": StartsWith, "iendswith": EndsWith}
_PATTERNS = {"icontains": "%{}%", "istartswith": "{}%", "iendswith": "%{}"}  # of LIKE
_IN_JSON = re.compile(r'["\[\]{}]')
_BETWEEN = re.compile(r'(":|,) ?')
_LIKE = "{text} LIKE %s ESCAPE '\\'"
_IS_ASCII_IN_SQLITE = "length(CAST({text} AS blob)) = length({text})"
_IS_ASCII_IN_POSTGRESQL = "octet_length({text}) = length({text})"


class _OfLetters(Read):
    """A text read in another way, where it has letters beyond ASCII: most have as many bytes as signs, and none."""

    output_field = TextField()
    sqlite_test = postgresql_test = "it IS NOT NULL"
    ascii = "it"
    beyond_in_sqlite = ""
    beyond_in_postgresql = ""

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        read = f"CASE WHEN {_IS_ASCII_IN_SQLITE.format(text='it')} THEN it ELSE {self.beyond_in_sqlite} END"
        return super().as_sqlite(compiler, connection, read=read)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        is_ascii = _IS_ASCII_IN_POSTGRESQL.format(text="it")
        read = f"CASE WHEN {is_ascii} THEN {self.ascii} ELSE {self.beyond_in_postgresql} END"
        text, parameters = compiler.compile(self.source_expressions[0])
        return super().as_postgresql(compiler, connection, read=read) if parameters else (inline(read, text), ())


class _Composed(_OfLetters):
    """The text with one sign for a letter and its accents."""

    beyond_in_sqlite = "marl_composed(it)"
    beyond_in_postgresql = "normalize(it, NFC)"


class _Folded(_OfLetters):
    """The text as `letters.folded` has it; for PostgreSQL alone."""

    ascii = 'lower(it COLLATE "C")'
    beyond_in_postgresql = "lower(upper(normalize(it, NFC)))"


class _ByAlphabet(_OfLetters):
    """The text as `letters.by_alphabet` has it; one of ASCII is left in capitals for SQLite, which sorts it without."""

    ascii = 'lower(it COLLATE "C")'
    beyond_in_sqlite = "marl_sorted(it)"
    beyond_in_postgresql = (
        "translate(lower(regexp_replace(normalize(it, NFD), '[\u0300-\u036f]+', '', 'g')), 'ςıſ', 'σis')"
    )


class _Holds(Func):
    """Whether a text has a folded part, or begins or ends with it; for SQLite.

    It knows the capitals of ASCII alone: a text with other letters is read where it may have the part.
    """

    output_field = BooleanField()
    conditional = True

    def __init__(self, text: F, lookup: str, part: str) -> None:
        super().__init__(text)
        self.lookup = lookup
        self.part = part

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Any:
        text, parameters = compiler.compile(self.source_expressions[0])
        of_ascii, perhaps, patterns = "FALSE", "TRUE", []
        if self.part.isascii():
            of_ascii, perhaps = _LIKE.format(text="it"), f"({_LIKE.format(text='it')} OR {_has_twins('it', self.part)})"
            patterns = [_pattern(lookup, self.part) for lookup in (self.lookup, "icontains")]
        found = (
            f"CASE WHEN {_IS_ASCII_IN_SQLITE.format(text='it')} THEN {of_ascii}"
            f" WHEN {perhaps} THEN marl_matches(it, %s, %s) ELSE FALSE END"
        )
        sql = f"(SELECT {found} FROM (SELECT {text} AS it) one)"  # noqa: S608
        return sql, [*patterns, self.lookup, self.part, *parameters]


class _SameJson(Read):
    """The text by which lists and objects are compared, NULL for other texts; for SQLite."""

    output_field = TextField()
    sqlite_test = "substr(it, 1, 1) IN ('[', '{')"
    read = "marl_compared(it)"


class _IsBeyondAscii(Func):
    """Whether a text has letters beyond ASCII; for SQLite."""

    output_field = BooleanField()
    conditional = True
    template = "(length(CAST(%(expressions)s AS blob)) <> length(%(expressions)s))"


def _has_twins(text: str, part: str) -> str:
    """Returns SQLite's test whether a text has a letter beyond ASCII that is found where one of the part is sought."""
    twins = "".join(letters.TWINS.get(sign, "") for sign in sorted(set(part)))
    # One by one: a pattern of all of them takes three times as long.
    return " OR ".join(f"instr({text}, '{twin}')" for twin in twins) or "FALSE"


def _pattern(lookup: str, part: str) -> str:
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return _PATTERNS[lookup].format(escaped)


def by_letter(text: F | Func) -> Func:
    """Returns the text so that it is compared letter by letter, whatever the language of the database."""
    return Collate(text, "C" if connection.vendor == "postgresql" else "BINARY")


def composed(text: F | Func) -> Func:
    """Returns the text so that é of two signs, e and an accent, is the same as that of one."""
    return _Composed(text)


def without_case(text: F | Func) -> Func:
    """Returns the text as SQLite's indexes have it in order, with capitals of ASCII as small letters."""
    return Collate(text, "NOCASE")


def by_alphabet(text: F | Func) -> Func:
    """Returns the text by which it is sorted: in capitals or not, with accents or not, whatever the database."""
    return Collate(_ByAlphabet(text), "C" if connection.vendor == "postgresql" else "NOCASE")


def is_beyond_ascii(column: Column) -> Q:
    """Returns the test whether a text has letters that SQLite's indexes don't have in order."""
    return Q(_IsBeyondAscii(F(alias(column))))


def same_json(column: Column) -> Func:
    """Returns the text by which lists and objects are compared, for SQLite, which keeps them as they were written."""
    return _SameJson(F(alias(column)))


def has_uncased(column: Column, text: str) -> Q:
    """Returns a test that every row passes in whose column this text is, in capitals or not.

    PostgreSQL takes as long to write a value in capitals as to read it.
    """
    part = "" if _in_json(text) else max(_UNCASED.findall(letters.composed(text)), key=len, default="")
    return Q(**{f"{alias(column)}__contains": part}) if part.strip() else Q()


def may_hold(text: str, *, exactly: bool = False) -> Q:
    """Returns a test that every row passes which has the text in one of its values, in capitals or not.

    It takes one look at the row as it is stored, a tenth of the time that it takes to find a value in there.
    """
    stored = _AS_STORED if exactly else _AS_STORED_UNCASED
    part = max(stored.findall(letters.composed(text)), key=len, default="")
    return Q(as_text__icontains=part) if part else Q()


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
    part = letters.folded(text)
    if connection.vendor == "sqlite":
        return Q(_Holds(F(name), lookup, part))
    return Q(_LOOKUPS[lookup](_Folded(F(name)), part))


def _in_json(text: str) -> set[str]:
    """Returns how else a text may stand in JSON: with escapes, and with other spaces between its parts."""
    found = {json.dumps(text, ensure_ascii=False)[1:-1]}
    if _IN_JSON.search(text):
        found |= {_BETWEEN.sub(r"\1", text), _BETWEEN.sub(r"\1 ", text)}
    return found - {text}
