"""What the texts of a request hold by the habits of Clay, spreadsheets and examples: columns without braces,
calculations, places to fill in.

They are sent as they stand, so the user is asked whether they are meant, with the edit that puts the reference there.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from enrichment.engine.errors import Problem
from enrichment.engine.template import body_formats, mentions, placeholders, references
from enrichment.engine.template.mentions import HOLE, Finder

MOST_ASKED = 20  # in one request

_PATH_AND_QUERY = re.compile(rf"\s*([^:/?#\s]*://[^/?#]*|{HOLE}+)(?P<path>[^?#]*)(?P<query>(\?[^#]*)?)")
_TEXTS = ("xml", "text")


def questions(config: Mapping[str, Any], names: Mapping[int, str]) -> list[Problem]:
    """Returns the questions about every text of the request; the parser of a JSON body asks of columns itself."""
    finder = Finder.of(names)
    columns = list(islice(_questions(config, names, finder), MOST_ASKED)) if finder else []
    asked = {(problem.field, problem.offset) for problem in columns}
    others = (problem for problem in _placeholders(config, names) if (problem.field, problem.offset) not in asked)
    return list(islice(chain(columns, others), MOST_ASKED))


def _questions(config: Mapping[str, Any], names: Mapping[int, str], finder: Finder) -> Iterator[Problem]:
    yield from _in_address(references.to_shown(config["url"], names).rstrip(), finder)
    for field, text in _texts(config):
        shown = references.to_shown(text, names)
        for problem in mentions.questions(shown, _shape(shown), finder, 0, len(shown)):
            yield replace(problem, field=field)


def _placeholders(config: Mapping[str, Any], names: Mapping[int, str]) -> Iterator[Problem]:
    shape = _shape(references.to_shown(config["url"], names).rstrip())
    if found := _PATH_AND_QUERY.match(shape):
        for problem in placeholders.in_address(shape, found.span("path"), found.span("query"), names):
            yield replace(problem, field="url")
    for field, text in _texts(config):
        for problem in placeholders.in_value(_shape(references.to_shown(text, names)), names):
            yield replace(problem, field=field)
    if body_formats.in_use(config) == "body" and (config.get("body_format") or "json") == "json":
        for problem in placeholders.in_json(_shape(references.to_shown(config.get("body") or "", names)), names):
            yield replace(problem, field="body")


def _texts(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields the field and the text of each value that stands for itself."""
    used = body_formats.in_use(config)
    for field in ("query", "headers", *(["form"] if used == "form" else [])):
        yield from ((f"{field}.{number}.value", item["value"]) for number, item in enumerate(config.get(field) or ()))
    if used == "body" and config.get("body_format") in _TEXTS:
        yield "body", config.get("body") or ""


def _in_address(text: str, finder: Finder) -> Iterator[Problem]:
    shape = _shape(text)
    if found := _PATH_AND_QUERY.match(shape):
        found_there = [*finder.in_path(shape, *found.span("path")), *finder.within(shape, *found.span("query"))]
        yield from (replace(mention.asked(text), field="url") for mention in found_there)


def _shape(text: str) -> str:
    pieces, position = [], 0
    for reference in references.find(text):
        pieces += [text[position : reference.start], HOLE * (reference.end - reference.start)]
        position = reference.end
    return "".join(pieces) + text[position:]
