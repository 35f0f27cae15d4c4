"""What each folded section of an HTTP column's form holds, in one line.

The settings may be as typed, so nothing is taken to be of its right type.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from enrichment.panel import shapes
from enrichment.panel.forms import MILLISECONDS, limit_sentence

type Config = Mapping[str, Any]

_LONGEST = 60  # characters of a condition
_KINDS = {"json": "JSON", "xml": "XML", "text": "text"}


def of_sections(config: Config, connection_names: Mapping[int, str]) -> dict[str, str]:
    """Returns the line of each section by its key, and "" where there is nothing to say."""
    return {
        "sign_in": connection_names.get(config["connection_id"], "None"),
        **{key: _joined(parts(config)) for key, parts in _PARTS.items()},
    }


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(part for part in parts if part)


def _request(config: Config) -> Iterable[str]:
    path = _plain(re.sub(r"^https?://", "", config["url"])) or "no address"
    return (f"{config['method']} {path}",)


def _keep(config: Config) -> Iterable[str]:
    yield ", ".join(config["field_paths"]) or "Whole answer"
    yield f"read as {_KINDS[config['answer']]}" if config["answer"] in _KINDS else ""
    yield f"success if {_plain(config['success_if'])}" if config["success_if"] else ""


def _when(config: Config) -> Iterable[str]:
    yield "Auto-update on" if config["auto_update"] else "By hand"
    yield f"only if {_plain(config['run_if'])}" if config["run_if"] else ""
    yield f"needs {', '.join(map(str, config['required']))}" if config["required"] else ""
    yield "rows with a result stay" if config["keep_existing"] else ""


def _speed(config: Config) -> Iterable[str]:
    yield _limit(config["rate_limit"])
    yield f"{config['max_in_flight']} in parallel"
    retries = str(config["retry"]["max_retries"])
    yield "no retries" if retries == "0" else f"{retries} {'retry' if retries == '1' else 'retries'}"
    yield "identical requests once" if config["collapse_duplicates"] else ""
    yield f"cached for {config['cache_seconds']} s" if str(config["cache_seconds"]) != "0" else ""


def _limit(limit: Config | None) -> str:
    """“15 requests per second”, or “per 2 minutes”."""
    if not limit:
        return ""
    sentence = limit_sentence(limit)
    duration, unit = sentence["duration"], sentence["unit"]
    plural = "" if unit == next(iter(MILLISECONDS)) else "s"
    per = unit if duration == "1" else f"{duration} {unit}{plural}"
    return f"{sentence['requests']} {'request' if str(sentence['requests']) == '1' else 'requests'} per {per}"


def _plain(text: str) -> str:
    """Returns a text in one short line, its references by their names alone."""
    line = " ".join(re.sub(r"\{\{(.*?)\}\}", r"\1", text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


_PARTS: dict[str, Callable[[Config], Iterable[str]]] = {
    "request": _request,
    "keep": _keep,
    "when": _when,
    "shape": shapes.summary,
    "speed": _speed,
}
