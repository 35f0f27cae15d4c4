"""The address of a request after the API has moved it: what changed is changed, and the references stay."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from enrichment.engine.template import references
from enrichment.engine.template.parameters import encoded
from enrichment.engine.template.references import Hole

_LONGEST = 2000  # characters that are compared


def address(text: str, names: Mapping[int, str], values: Mapping[int, object], sent: str, moved_to: str) -> str | None:
    """Returns `text` for the new address; `sent` is what it became with these values.

    None where a reference can't be found again in the new address, or where that has another query.
    """
    parts, _ = references.parse(text, names)
    end = _end_of_path(references.masked(text, parts))
    old, _, old_query = sent.partition("?")
    new, _, query = moved_to.partition("?")
    if (old_query and query not in ("", old_query)) or len(sent) + len(moved_to) > _LONGEST or "{{" in new:
        return None
    inside = [part for part in parts if isinstance(part, Hole) and part.end <= end]
    path = _with_references(text, list(_spans(text[:end], inside, values)), old, new)
    if path is None:
        return None
    return path + (text[end:] if old_query or not query else f"?{query}")


def _end_of_path(shape: str) -> int:
    return min(place if place >= 0 else len(shape) for place in (shape.find("?"), shape.find("#")))


type _Piece = tuple[Hole | None, str]  # of the address as it was sent, and the reference that it came from


def _spans(text: str, holes: Sequence[Hole], values: Mapping[int, object]) -> Iterator[_Piece]:
    position = 0
    for hole in holes:
        yield None, text[position : hole.start]
        yield hole, encoded(hole.value(values, {}))
        position = hole.end
    yield None, text[position:]


def _with_references(text: str, pieces: Sequence[_Piece], old: str, new: str) -> str | None:
    if len(pieces) == 1:
        return new
    if "".join(piece for _, piece in pieces).rstrip("/") != old.rstrip("/"):
        return None
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    found, start, done = "", 0, 0
    for hole, piece in pieces:
        if hole:
            place = next((b.b + start - b.a for b in blocks if b.a <= start and start + len(piece) <= b.a + b.size), -1)
            if place < done or not piece:
                return None
            found += new[done:place] + text[hole.start : hole.end]
            done = place + len(piece)
        start += len(piece)
    return found + new[done:]
