"""The body of a request in the format that the settings name."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, Protocol

from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.template import body, parameters, text_body
from enrichment.engine.template.form_body import FormBody, MultipartBody
from enrichment.engine.template.references import Hole

type BodyFormat = Literal["json", "form", "multipart", "xml", "text", "none"]
_OF_PAIRS = ("form", "multipart")


def in_use(config: Mapping[str, Any]) -> str:
    """Returns the setting that the body is written in: `body`, `form`, or none. The other one is kept, but not sent."""
    format = config.get("body_format") or "json"
    return "form" if format in _OF_PAIRS else "" if format == "none" else "body"


class Content(Protocol):
    """A body with holes."""

    @property
    def holes(self) -> tuple[Hole, ...]: ...

    @property
    def warnings(self) -> tuple[Problem, ...]: ...

    def media_type(self, rendered: bytes) -> str:
        """Returns the `Content-Type` of what was rendered, unless the settings name another one."""

    def render(
        self, values: Mapping[int, object], secrets: Mapping[str, str] | None = None, *, remove_null: bool = False
    ) -> tuple[bytes, list[str]]:
        """Returns the body of a row, and what the removal of nulls took out. Raises RenderError."""


_COMPILE: dict[str, Callable[..., Content]] = {
    "json": body.compile,
    "xml": text_body.compile_xml,
    "text": text_body.compile_text,
}


def compile(
    config: Mapping[str, Any], names: Mapping[int, str], problems: list[Problem], *, secrets: bool
) -> Content | None:
    """Returns None where nothing is to be sent. What is wrong is added to `problems`."""
    format, text = config.get("body_format") or "json", config.get("body") or ""
    if in_use(config) == "form":
        return _of_pairs(format, config, names, problems, secrets)
    if in_use(config) != "body" or not text.strip():
        return None
    try:
        return _COMPILE[format](text, names, secrets=secrets)
    except InvalidSettings as error:
        problems += [replace(problem, field="body") for problem in error.problems]
        return None


def _of_pairs(
    format: str, config: Mapping[str, Any], names: Mapping[int, str], problems: list[Problem], secrets: bool
) -> Content | None:
    compile_pair = parameters.compile_part if format == "multipart" else parameters.compile_parameter
    pairs = parameters.compile_each(config, "form", compile_pair, names, secrets, problems)
    if not pairs:
        return None
    if format == "form":
        return FormBody(pairs)
    problems += _types_in(config)
    return MultipartBody(pairs)


def _types_in(config: Mapping[str, Any]) -> list[Problem]:
    """A type without the boundary, or with another one, would keep the API from reading the form."""
    words = "Marl sets the Content-Type of a multipart form itself, because it names the boundary. Remove this header."
    named = [number for number, item in enumerate(config.get("headers") or ()) if _is_type(item["name"])]
    return [Problem(words, field=f"headers.{number}.name") for number in named]


def _is_type(header: str) -> bool:
    return header.strip().lower() == "content-type"
