"""The section “Shape of the API” of the form of an HTTP column: what a row takes beside its one request."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict

from enrichment.engine.shapes.pages import COUNTED
from enrichment.engine.shapes.words import duration
from enrichment.panel import forms
from enrichment.schema import SHAPES, Batch, Callback, Pages, Poll

WAYS = (
    ("next_url", "an address in the answer"),
    ("cursor", "a cursor in the answer"),
    ("page", "a page number"),
    ("offset", "the number of items so far"),
    ("link_header", "the Link header"),
)


def context(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what the section needs beside the settings: the defaults of what is off, and seconds."""
    poll = config["poll"] or Poll().model_dump()
    return {
        "shapes": {"poll": Poll().model_dump(), "pages": Pages().model_dump(), "batch": Batch().model_dump()},
        "page_ways": WAYS,
        "every_s": forms.in_seconds(poll["every_ms"]),
        "for_s": forms.in_seconds(poll["for_ms"]),
        "callback_min": forms.in_minutes((config["callback"] or Callback().model_dump())["for_ms"]),
    }


def settings(form: QueryDict) -> dict[str, Any]:
    """Returns the settings of a form that has the section."""
    if "shapes" not in form:
        return {}
    return {name: read(form) if name in form else None for name, read in _READ.items()}


def rows_of_request(config: Mapping[str, Any]) -> int | None:
    """Returns how many rows go in one request at most, of settings that hold; None for one."""
    return int(config["batch"]["rows"]) if config["batch"] else None


def _poll(form: QueryDict) -> dict[str, Any]:
    return {
        "until": forms.lines(form, "poll.until"),
        "url": forms.text(form, "poll.url"),
        "failed_if": forms.lines(form, "poll.failed_if"),
        "every_ms": forms.milliseconds(forms.text(form, "poll.every_s"), 1000),
        "for_ms": forms.milliseconds(forms.text(form, "poll.for_s"), 1000),
    }


def _pages(form: QueryDict) -> dict[str, Any]:
    texts = {name: forms.text(form, f"pages.{name}") for name in ("by", "next", "parameter", "items")}
    bounds = {name: forms.text(form, f"pages.{name}") for name in ("max_pages", "max_items")}
    is_counted = texts["by"] in COUNTED  # only then the fields are in sight
    optional = {name: (is_counted and forms.text(form, f"pages.{name}")) or None for name in ("start", "size")}
    return texts | bounds | optional


def _batch(form: QueryDict) -> dict[str, Any]:
    texts = {name: forms.text(form, f"batch.{name}") for name in ("rows", "items", "item_error")}
    by_key = {name: forms.text(form, f"batch.match.{name}") for name in ("row", "answer")}
    return {**texts, "match": by_key if form.get("batch.match") == "key" else "order"}


def _callback(form: QueryDict) -> dict[str, Any]:
    return {"for_ms": forms.milliseconds(forms.text(form, "callback.for_min"), 60_000)}


_READ = {"poll": _poll, "pages": _pages, "batch": _batch, "callback": _callback}


def summary(config: Mapping[str, Any]) -> Iterable[str]:
    """Yields what the folded section says."""
    if not any(config[name] for name in SHAPES):
        yield "One request, one answer"
    if config["batch"]:
        yield f"up to {config['batch']['rows']} rows in one request"
    if config["poll"]:
        yield f"waits for the result, asks every {_duration(config['poll']['every_ms'])}"
    if config["pages"]:
        yield f"fetches up to {config['pages']['max_pages']} pages"
    if config["callback"]:
        yield f"waits up to {_duration(config['callback']['for_ms'])} to be called back"


def _duration(milliseconds: object) -> str:
    text = str(milliseconds)
    return duration(int(text)) if text.isdecimal() else text
