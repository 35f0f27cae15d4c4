"""Bodies of text and of XML with holes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from enrichment.engine.errors import InvalidSettings, Problem, RenderError
from enrichment.engine.template import objects, references, xml_places
from enrichment.engine.template.body import in_bytes
from enrichment.engine.template.parameters import row_error
from enrichment.engine.template.references import Hole, Unavailable
from enrichment.engine.template.values import as_text, without_surrogates

type Write = Callable[[str], str]  # what a value becomes where it stands


@dataclass(frozen=True, slots=True)
class TextBody:
    text: str  # as it is shown
    parts: tuple[str | Hole, ...]
    writers: Mapping[int, Write]  # by the place of the hole
    type: str

    @property
    def holes(self) -> tuple[Hole, ...]:
        return tuple(part for part in self.parts if isinstance(part, Hole))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return ()

    def media_type(self, rendered: bytes) -> str:
        return self.type

    def render(
        self, values: Mapping[int, object], secrets: Mapping[str, str] | None = None, *, remove_null: bool = False
    ) -> tuple[bytes, list[str]]:
        """Returns the body. Raises RenderError. Nothing is removed from it."""
        pieces = [
            part if isinstance(part, str) else self._filled(part, part.value(values, secrets or {}))
            for part in self.parts
        ]
        return in_bytes("".join(pieces)), []

    def _filled(self, hole: Hole, value: object) -> str:
        if isinstance(value, Unavailable):
            raise self._error("input", str(value), hole)
        if isinstance(value, dict | list):
            raise objects.refusal(value, hole, self.text, "body")
        try:
            return self.writers[hole.start](without_surrogates(as_text(value)))
        except xml_places.ForbiddenCharacter as error:
            raise self._error("character", f"{hole.name} {error}", hole) from error

    def _error(self, code: str, words: str, hole: Hole) -> RenderError:
        return row_error(code, words, hole, "body", self.text)


def compile_text(stored: str, names: Mapping[int, str], *, secrets: bool = False) -> TextBody:
    """Compiles a text whose references stand for themselves. Raises InvalidSettings."""
    text, parts = _parsed(stored, names, secrets)
    writers = dict.fromkeys((part.start for part in parts if isinstance(part, Hole)), str)
    return TextBody(text, parts, writers, "text/plain; charset=utf-8")


def compile_xml(stored: str, names: Mapping[int, str], *, secrets: bool = False) -> TextBody:
    """Compiles XML that a value cannot change the structure of. Raises InvalidSettings with every problem."""
    text, parts = _parsed(stored, names, secrets)
    writers = xml_places.writers(text, [part for part in parts if isinstance(part, Hole)])
    return TextBody(text, parts, writers, "application/xml")


def _parsed(stored: str, names: Mapping[int, str], secrets: bool) -> tuple[str, tuple[str | Hole, ...]]:
    text = references.to_shown(stored, names)
    parts, problems = references.parse(text, names, secrets=secrets)
    if problems:
        raise InvalidSettings(problems)
    return text, tuple(parts)
