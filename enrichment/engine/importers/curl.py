"""cURL commands: as documentation and browsers write them, read as the settings of a request; and written."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.importers import curl_options, shell
from enrichment.engine.importers.by_name import Columns
from enrichment.engine.template.parameters import REFUSED_HEADERS

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
# Headers that a browser adds for itself and an API has no use for.
_OF_BROWSERS = re.compile(r"sec-|priority$|dnt$|upgrade-insecure-requests$|accept-encoding$|referer$|origin$")
_CREDENTIALS = ("authorization", "cookie", "proxy-authorization")
_SIGN_INS = ("--user", "--cookie", "--oauth2-bearer", "--netrc", "--proxy-user", "--cert", "--key", "--pass")
_FORMS = re.compile(r"application/x-www-form-urlencoded|multipart/form-data")
_HIDDEN = re.compile("•{2,}")  # what stands for a secret in a request that is shown
_VARIABLE = re.compile("\ue000(\\w[\\w-]*)\ue001")
_REFERENCE = re.compile("(\ue000\\w[\\w-]*\ue001|\\{\\{[^{}]+\\}\\})")
# `{id}`, `<id>` and `$ID` where documentation wants something else; `?$filter=` is OData's own.
_ODATA = re.compile("(?<=[?&])\ue000(\\w+)\ue001(?==)")
_PLACES = re.compile(
    r"(?<!\{)\{(?P<braces>[A-Za-z_][\w.-]*)\}(?!\})|<(?P<angles>[A-Za-z_][\w-]*)>|(?<=/)\$(?P<dollar>[A-Z][A-Z0-9_]*)"
)


@dataclass(frozen=True, slots=True)
class Pasted:
    """`config` holds method, url, headers and body of an HTTP column; `notes` say what was left out and why."""

    config: dict[str, Any]
    notes: tuple[str, ...]


class _Refused(Exception):
    pass


def write(method: str, url: str, headers: Mapping[str, str], body: str | None = None) -> str:
    """The request as a command for a shell, on several lines; hidden secrets become <secret>."""
    words = [
        f"curl -X {method} {shlex.quote(url)}",
        *(f"-H {shlex.quote(f'{name}: {headers[name]}')}" for name in headers),
    ]
    words += [f"--data-raw {shlex.quote(body)}"] if body is not None else []
    return _HIDDEN.sub("<secret>", " \\\n  ".join(words))


def parse(text: str, columns: Mapping[str, str] | None = None) -> Pasted:
    """Returns the settings. `columns` holds the types of the columns by name.

    Raises InvalidSettings, of field `curl`.
    """
    try:
        command = shell.split(text.strip().removeprefix("$ "))
        if not command.words or command.words[0].rsplit("/", 1)[-1] not in ("curl", "curl.exe"):
            raise _Refused("Start the command with the word curl.")
        options = curl_options.read(command.words[1:])
        return _Pasting(options, command.passed_over, Columns(columns or {})).pasted()
    except (_Refused, shell.UnreadableCommandError, curl_options.UnreadableOptionError) as error:
        raise InvalidSettings([Problem(f"{str(error).rstrip('.')}.", field="curl")]) from error


class _Pasting:
    def __init__(self, options: Sequence[tuple[str, str]], passed_over: str, columns: Columns) -> None:
        self._options = options
        self._passed_over = passed_over
        self._columns = columns
        self._names = {name for name, _ in options}
        self._to_choose: dict[str, None] = {}
        self._notes: list[str] = []

    def pasted(self) -> Pasted:
        if self._names & {"--form", "--form-string", "--upload-file"}:
            raise _Refused("This command uploads a file or a multipart form, which a column can't send")
        url, body = self._address(), self._body()
        method = self._method(body)
        if "--get" in self._names and body:
            url, body = f"{url}{'&' if '?' in url else '?'}{body}", None
        headers = self._headers(body)
        config = {
            "method": method,
            "url": _PLACES.sub(self._place, self._with_references(_ODATA.sub(r"$\1", url))),
            "query": [],
            "headers": [{"name": name, "value": self._with_references(value)} for name, value in headers],
            "body": None if body is None else self._with_references(body),
        }
        return Pasted(config, (*self._notes, *self._of_what_is_left_out()))

    def _values(self, *names: str) -> list[str]:
        return [value for name, value in self._options if name in names]

    def _address(self) -> str:
        found = self._values("--url")
        if len(found) != 1:
            words = f"The command has {len(found)} addresses. Keep only one" if found else "The command has no address"
            raise _Refused(words)
        has_scheme = "://" in found[0] or _VARIABLE.match(found[0])
        return found[0] if has_scheme else f"https://{found[0]}"

    def _method(self, body: str | None) -> str:
        usual = "HEAD" if "--head" in self._names else "POST" if body is not None else "GET"
        if "--get" in self._names:
            usual = "GET"
        method = (self._values("--request") or [usual])[-1]
        if method.upper() not in METHODS:
            raise _Refused(f"A column can't send {method[:20]}. It can send {', '.join(METHODS)}")
        return method.upper()

    def _body(self) -> str | None:
        """The parts joined as curl joins them."""
        parts = [(name, _part(name, value)) for name, value in self._options if name in curl_options.BODY]
        if not parts:
            return None
        body = "".join(part if name == "--json" else f"&{part}" for name, part in parts).removeprefix("&")
        if not body.lstrip().startswith(("{", "[", "\ue000")) and "--get" not in self._names:
            words = "The command sends a form, but a column sends JSON. Check whether the API also accepts JSON."
            self._notes += [words] if body else []
        return body

    def _headers(self, body: str | None) -> list[tuple[str, str]]:
        given = [_header(text) for text in self._values("--header")]
        given += [("User-Agent", agent) for agent in self._values("--user-agent")]
        kept, dropped = [], ["Referer"] if "--referer" in self._names else []
        for name, value in given:
            if name.lower() in _CREDENTIALS:
                self._notes.append(f"The header {name} was left out: sign-ins and keys belong in a connection.")
            elif _is_dropped(name.lower(), value):
                dropped.append(name)
            elif value and not _is_usual(name.lower(), value, body):
                kept.append((name, value))
        if self._names.intersection(_SIGN_INS):
            self._notes.append("The user name, password, cookie or key was left out: sign-ins belong in a connection.")
        if dropped:
            self._notes.append(
                f"Headers that a column sets itself or an API doesn't need were left out: {_listed(dropped)}."
            )
        return kept

    def _of_what_is_left_out(self) -> Iterator[str]:
        options = [name for name, _ in self._options if curl_options.is_passed_over(name)]
        if options:
            yield f"Options that a column has no use for were left out: {_listed(options)}."
        if self._passed_over:
            yield f"What follows the command was left out: {self._passed_over[:60]}."
        if self._to_choose:
            yield f"Choose a column for {_listed(self._to_choose)}."

    def _with_references(self, text: str) -> str:
        return _VARIABLE.sub(lambda found: self._reference(found[1]), text)

    def _place(self, found: re.Match[str]) -> str:
        return self._reference(found[found.lastgroup or 0])

    def _reference(self, name: str) -> str:
        column = self._columns.as_text(name, "string")
        if column is None:
            self._to_choose[name] = None
        return column or self._columns.hole(name)


def _listed(names: Sequence[str] | Mapping[str, None]) -> str:
    return ", ".join(dict.fromkeys(name[:40] for name in names))


def _header(text: str) -> tuple[str, str]:
    if text.startswith("@"):
        raise _Refused(f"Headers come from the file {text[1:60]}, which isn't here. Paste them instead")
    name, _, value = text.partition(":")
    return name.strip().removesuffix(";"), value.strip()


def _is_dropped(name: str, value: str) -> bool:
    """Of a header that is worth telling."""
    if name == "user-agent":
        return value.startswith("Mozilla/")
    is_form = name == "content-type" and bool(_FORMS.match(value.lower()))
    return is_form or name in REFUSED_HEADERS or bool(_OF_BROWSERS.match(name))


def _is_usual(name: str, value: str, body: str | None) -> bool:
    """Whether a column sends the header in any case, or has nothing that it describes."""
    is_json = value.partition(";")[0].strip().lower() == "application/json"
    return name == "content-type" and (body is None or is_json)


def _part(option: str, value: str) -> str:
    is_file = value.startswith("@") and option != "--data-raw"
    if option == "--data-urlencode" and "@" in value and "=" not in value:
        is_file, value = True, value[value.index("@") :]
    if is_file:
        raise _Refused(f"The body comes from the file {value[1:60]}, which isn't here. Paste its text instead")
    return _encoded(value) if option == "--data-urlencode" else value


def _encoded(value: str) -> str:
    """As curl encodes it; references stay."""
    name, sign, content = value.partition("=") if "=" in value else ("", "", value)
    pieces = _REFERENCE.split(content)
    coded = "".join(piece if number % 2 else quote(piece, safe="") for number, piece in enumerate(pieces))
    return f"{name}{sign}{coded}" if name else coded
