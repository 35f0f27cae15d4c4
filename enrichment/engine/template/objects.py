"""An object or a list where only text can stand: a problem of its row, with the fields of it to choose from."""

from collections import deque
from itertools import islice

from enrichment.engine.errors import Edit, RenderError
from enrichment.engine.template import references
from enrichment.engine.template.paths import below
from enrichment.engine.template.references import Hole

MOST_OFFERED = 8
_MOST_LOOKED_AT = 1000
_MOST_NAMED = 3  # in the message


def refusal(value: object, hole: Hole, text: str = "", field: str = "", *more: Edit) -> RenderError:
    """Returns the error of a row that has an object or a list at this hole of the field's text.

    `more` are other ways out than one of its fields.
    """
    reference, value = _of_first(hole.name, value)
    fields = fields_of(value)
    kind = "an object" if isinstance(value, dict) else "a list"
    if fields:
        words = f"{hole.name} holds {kind}. Choose a field: {_listed(fields)}"
    else:
        words = f"{hole.name} holds {kind} without a value to send."
    edits = [_instead(hole, references.joined(reference, path), path) for path in fields]
    problem = references.problem(words, hole, field, text, choices=(*edits, *more))
    return RenderError("object", words, problem)


def _instead(hole: Hole, reference: str, label: str) -> Edit:
    return Edit(hole.start, hole.end - hole.start, "{{" + references.escaped(reference) + "}}", label)


def _of_first(reference: str, value: object) -> tuple[str, object]:
    """Leads a reference to every item of a list to its first one, because a path behind it would go into each."""
    while "[*]" in reference and isinstance(value, list) and value:
        reference, value = reference.replace("[*]", "[0]", 1), value[0]
    return reference, value


def fields_of(value: object) -> list[str]:
    """Returns paths to values inside it that are no objects, the nearest first; of a list those of its first item."""
    found: list[str] = []
    waiting = deque([("", value)])
    for _ in range(_MOST_LOOKED_AT):
        if not waiting or len(found) == MOST_OFFERED:
            break
        path, one = waiting.popleft()
        if isinstance(one, dict):
            members = ((below(path, key), item) for key, item in one.items() if key.isprintable())
            waiting.extend(islice(members, _MOST_LOOKED_AT))
        elif isinstance(one, list):
            waiting.extend((f"{path}[0]", item) for item in one[:1])
        elif one is not None and one != "":
            found.append(path)
    return found


def _listed(fields: list[str]) -> str:
    return ", ".join(fields[:_MOST_NAMED]) + ("…" if len(fields) > _MOST_NAMED else "")
