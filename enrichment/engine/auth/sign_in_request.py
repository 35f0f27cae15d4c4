"""The request that signs in, and the one that refreshes a token: a template that secrets fill."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from enrichment.engine.errors import InvalidSettings, Problem, SignInError
from enrichment.engine.messages import Request
from enrichment.engine.template import request
from enrichment.engine.template.body_formats import BodyFormat
from enrichment.engine.template.references import TOKENS
from enrichment.engine.template.request import RequestTemplate
from enrichment.engine.template.values import as_text

_FORMATS = get_args(BodyFormat.__value__)


def compile(
    config: Mapping[str, Any], field: str, problems: list[Problem], *, tokens: bool = False
) -> RequestTemplate | None:
    """Returns the request, or None with what is wrong with it among the problems, whose fields begin with `field`.

    `tokens`: whether it may refer to the tokens of before.
    """
    body_format = config.get("body_format") or "json"
    if body_format not in _FORMATS:
        problems.append(Problem(f"Choose one of {', '.join(_FORMATS)}.", field=f"{field}.body_format"))
        return None
    settings: dict[str, Any] = {
        "method": config.get("method") or "POST",
        "url": config.get("url") or "",
        "headers": config.get("headers") or [],
        "body_format": body_format,
        "body": config.get("body"),
    }
    try:
        if body_format in ("form", "multipart"):
            settings["form"] = _pairs(config.get("body") or "{}")
        template = request.compile(settings, {}, secrets=True)
    except InvalidSettings as error:
        problems += [replace(problem, field=f"{field}.{_in_body(problem.field)}") for problem in error.problems]
        return None
    if not tokens and (used := [hole for hole in template.holes if hole.secret in TOKENS]):
        words = f"{{{{{used[0].name}}}}} is known only when a token is refreshed."
        problems.append(Problem(words, field=f"{field}.body"))
    return template


def render(template: RequestTemplate, secrets: Mapping[str, str]) -> Request:
    """Returns the request.

    Raises SignInError when a secret it needs is missing, RenderError when the request cannot be built.
    """
    missing = [hole.secret for hole in template.holes if hole.secret not in secrets]
    if missing:
        raise SignInError("secret_missing", f"The secret {missing[0]} isn't set.")
    return template.render({}, secrets).request


def _pairs(text: str) -> list[dict[str, str]]:
    """Returns the fields of a form, which the settings hold as a JSON object. Raises InvalidSettings."""
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise InvalidSettings([Problem(f"Write the form fields as a JSON object: {error}.", field="body")]) from error
    if not isinstance(fields, dict):
        raise InvalidSettings([Problem("Write the form fields as a JSON object.", field="body")])
    lists = {name: value if isinstance(value, list) else [value] for name, value in fields.items()}
    return [{"name": name, "value": as_text(value)} for name, values in lists.items() for value in values]


def _in_body(field: str) -> str:
    return "body" if field.startswith("form") else field
