"""The body of a cURL command: which format it has, and its text or its pairs."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from email.message import MIMEPart
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import quote, unquote_plus

from enrichment.engine.importers import curl_options

FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_USUAL = {"json": "application/json", "form": FORM, "multipart": MULTIPART, "xml": "application/xml"}
_REFERENCE = re.compile("(\ue000\\w[\\w-]*\ue001|\\{\\{[^{}]+\\}\\})")
_JSON = re.compile(r"\s*[\[{\ue000]")
# The name of a form's field may begin like it.
_XML = re.compile(r"\s*<[A-Za-z_!?](?:.*>\s*$|[^=]*$)", re.DOTALL)
_TYPE = re.compile(r"^[^=]+=(?![@<]).*;\s*type=", re.DOTALL)
_PART_OPTIONS = re.compile(r';\s*(?:type|headers|encoder|filename)=(?:"(?:[^"\\]|\\.)*"|[^;]*)')

type Pairs = list[tuple[str, str]]


class UnreadableBodyError(Exception):
    """Says in words for people why the body can't be taken over."""


@dataclass(frozen=True, slots=True)
class PastedBody:
    """What curl would send, in the format that sends the same.

    `files` are fields whose files were left out, `typed` those that lost a type of their own.
    """

    format: str = "json"
    text: str | None = None
    pairs: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    typed: tuple[str, ...] = ()

    @property
    def is_sent(self) -> bool:
        return self.text is not None or bool(self.pairs)

    def is_usual(self, content_type: str) -> bool:
        """Whether the column sends this type in any case."""
        return content_type.partition(";")[0].strip().lower() == _USUAL.get(self.format)

    def config(self, change: Callable[[str], str]) -> dict[str, object]:
        """Returns the settings, with their texts changed."""
        form = [{"name": name, "value": change(value)} for name, value in self.pairs]
        text = None if self.text is None else change(self.text)
        return {"body_format": self.format, "body": text, "form": form}


def with_fed(options: Sequence[tuple[str, str]], fed: str | None) -> list[tuple[str, str]]:
    """Returns the options with the text that the shell feeds in, where one of them reads it (`@-`)."""
    reads = (name for name in curl_options.BODY if name not in ("--data-raw", "--data-urlencode"))
    where = {(name, "@-") for name in reads} if fed else set()
    return [(name, fed or "") if (name, value) in where else (name, value) for name, value in options]


def read(options: Sequence[tuple[str, str]], content_type: str) -> PastedBody:
    """Returns the body of the options. Raises UnreadableBodyError."""
    fields = [(name, value) for name, value in options if name in ("--form", "--form-string")]
    if fields and any(name in curl_options.BODY for name, _ in options):
        raise UnreadableBodyError("The command has a body and a form. Keep only one of them")
    if fields:
        typed = tuple(text.partition("=")[0] for name, text in fields if name == "--form" and _TYPE.search(text))
        return replace(_multipart([_field(name, value) for name, value in fields]), typed=typed)
    text = joined(options)
    return PastedBody() if text is None else _of_text(text, content_type)


def joined(options: Sequence[tuple[str, str]]) -> str | None:
    """Returns the text of the data options as curl joins them. Raises UnreadableBodyError."""
    parts = [(name, _data(name, value)) for name, value in options if name in curl_options.BODY]
    if not parts:
        return None
    return "".join(part if name == "--json" else f"&{part}" for name, part in parts).removeprefix("&")


def _of_text(text: str, content_type: str) -> PastedBody:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == MULTIPART:
        return _parts(text, content_type)
    if "xml" in kind or (not kind and _XML.match(text)):
        return PastedBody("xml", text)
    if "json" in kind or not text.strip() or (kind in ("", FORM) and _JSON.match(text)):
        return PastedBody("json", text)
    pairs = _pairs(text) if kind in ("", FORM) else None
    return PastedBody("text", text) if pairs is None else PastedBody("form", pairs=tuple(pairs))


def _pairs(text: str) -> Pairs | None:
    """None for what is no list of names and values."""
    pieces = [piece.partition("=") for piece in _split(text) if piece]
    if not all(name and sign for name, sign, _ in pieces):
        return None
    return [(unquote_plus(name), _outside_references(value, unquote_plus)) for name, _, value in pieces]


def _split(text: str) -> list[str]:
    """At each & that is not part of a reference."""
    marked = _outside_references(text, lambda piece: piece.replace("&", "\ue002"))
    return marked.split("\ue002")


def _outside_references(text: str, change: Callable[[str], str]) -> str:
    pieces = _REFERENCE.split(text)
    return "".join(piece if number % 2 else change(piece) for number, piece in enumerate(pieces))


def _multipart(fields: Sequence[tuple[str, str | None]]) -> PastedBody:
    """A text of None is a file's."""
    pairs = tuple((name, text) for name, text in fields if text is not None)
    files = tuple(name for name, text in fields if text is None)
    if not pairs:
        raise UnreadableBodyError("This command uploads a file, which a column can't send")
    return PastedBody("multipart", pairs=pairs, files=files)


def _field(option: str, text: str) -> tuple[str, str | None]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise UnreadableBodyError(f"The form field “{text[:40]}” has no name. Write it as name=value")
    if option == "--form-string":
        return name, value
    if value.startswith(("@", "<")):
        return name, None
    if quoted := re.match(r'"((?:[^"\\]|\\.)*)"', value):
        return name, re.sub(r"\\([\"\\])", r"\1", quoted[1])
    return name, _PART_OPTIONS.sub("", value)


def _parts(text: str, content_type: str) -> PastedBody:
    """A multipart form as browsers copy it: as one text, with its boundary in the type."""
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n{text}".encode())
    found = [(part.get_param("name", header="content-disposition"), part) for part in message.iter_parts()]
    if not found:
        raise UnreadableBodyError("The multipart form of this command can't be read")
    return _multipart([(str(name), None if part.get_filename() else _text_of(part)) for name, part in found])


def _text_of(part: MIMEPart) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _data(option: str, value: str) -> str:
    is_file = value.startswith("@") and option != "--data-raw"
    if option == "--data-urlencode" and "@" in value and "=" not in value:
        is_file, value = True, value[value.index("@") :]
    if is_file:
        where = "another command" if value == "@-" else f"the file {value[1:60]}, which isn't here"
        raise UnreadableBodyError(f"The body comes from {where}. Paste its text instead")
    return _encoded(value) if option == "--data-urlencode" else value


def _encoded(value: str) -> str:
    """As curl encodes it; references stay."""
    name, sign, content = value.partition("=") if "=" in value else ("", "", value)
    coded = _outside_references(content, lambda piece: quote(piece, safe=""))
    return f"{name}{sign}{coded}" if name else coded
