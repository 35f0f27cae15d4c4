"""Rows without their models, whose instances take as long as the rest of reading them."""

import json
import math
from collections.abc import Sequence
from itertools import batched
from typing import Any, NamedTuple

from django.db.models import F, QuerySet
from pydantic_core import from_json

from tables import expressions
from tables.models import Row

_AT_ONCE = 500  # rows whose text is decoded in one call


class StoredRow(NamedTuple):
    """What is read of a row where only its values count."""

    pk: int
    values: dict[str, Any]


type AnyRow = Row | StoredRow


def read(rows: QuerySet[Row]) -> list[StoredRow]:
    return read_some(rows, math.inf)[0]


def read_some(rows: QuerySet[Row], characters: float) -> tuple[list[StoredRow], bool]:
    """Returns the first rows, and whether these are all: so many that their JSON has this many characters or few more.

    Without that bound, what a batch of rows takes in memory would depend on how long people's texts are.
    """
    found = rows.annotate(text=expressions.AsText(F("values"))).values_list("pk", "text")
    read: list[StoredRow] = []
    for some in batched(found.iterator(_AT_ONCE), _AT_ONCE):
        texts = [text for _, text in some]
        read += [StoredRow(pk, values) for (pk, _), values in zip(some, _decoded(texts), strict=True)]
        characters -= sum(map(len, texts))
        if characters <= 0:
            break
    else:
        return read, True
    return read, False


def _decoded(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Returns what these texts are as JSON: in one call, which costs half as much as one for each."""
    try:
        decoded: list[dict[str, Any]] = from_json(f"[{','.join(texts)}]")
    except ValueError:  # more lists inside each other than it takes, but not than a cell does
        return [json.loads(text) for text in texts]
    return decoded
