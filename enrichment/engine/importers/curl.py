"""cURL commands, as documentation and browsers write them, read as the settings of a request."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.importers import curl_body, curl_options, shell
from enrichment.engine.importers.by_name import Columns
from enrichment.engine.importers.curl_body import PastedBody
from enrichment.engine.template.parameters import REFUSED_HEADERS

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
# Headers that a browser adds for itself and an API has no use for.
_OF_BROWSERS = re.compile(r"sec-|priority$|dnt$|upgrade-insecure-requests$|accept-encoding$|referer$|origin$")
_CREDENTIALS = ("authorization", "cookie", "proxy-authorization")
_SIGN_INS = ("--user", "--cookie", "--oauth2-bearer", "--netrc", "--proxy-user", "--cert", "--key", "--pass")
_VARIABLE = re.compile("\ue000(\\w[\\w-]*)\ue001")
# `{id}`, `<id>` and `$ID` where documentation wants something else; `?$filter=` is OData's own.
_ODATA = re.compile("(?<=[?&])\ue000(\\w+)\ue001(?==)")
_PLACES = re.compile(
    r"(?<!\{)\{(?P<braces>[A-Za-z_][\w.-]*)\}(?!\})|<(?P<angles>[A-Za-z_][\w-]*)>|(?<=/)\$(?P<dollar>[A-Z][A-Z0-9_]*)"
)
# What curl makes several addresses of.
_SEVERAL = re.compile(r"(?<!\{)\{[^{},]*,[^{}]*\}(?!\})|\[(?:\d+-\d+|[a-zA-Z]-[a-zA-Z])(?::\d+)?\]")


@dataclass(frozen=True, slots=True)
class Pasted:
    """`config` holds method, url, headers and body of an HTTP column; `notes` say what was left out and why."""

    config: dict[str, Any]
    notes: tuple[str, ...]


class _Refused(Exception):
    pass


def parse(text: str, columns: Mapping[str, str] | None = None) -> Pasted:
    """Returns the settings. `columns` holds the types of the columns by name.

    Raises InvalidSettings, of field `curl`.
    """
    try:
        command = shell.split(text.strip().removeprefix("$ "))
        if not command.words or command.words[0].rsplit("/", 1)[-1] not in ("curl", "curl.exe"):
            raise _Refused("Start the command with the word curl.")
        options = curl_body.with_fed(curl_options.read(command.words[1:]), command.fed)
        return _Pasting(options, command.passed_over, Columns(columns or {})).pasted()
    except (
        _Refused,
        curl_body.UnreadableBodyError,
        shell.UnreadableCommandError,
        curl_options.UnreadableOptionError,
    ) as error:
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
        if "--upload-file" in self._names:
            raise _Refused("This command uploads a file, which a column can't send")
        url, body = self._address(), self._body()
        method = self._method(body)
        headers = self._headers(body)
        config = {
            "method": method,
            "url": _PLACES.sub(self._place, self._with_references(_ODATA.sub(r"$\1", url))),
            "query": [],
            "headers": [{"name": name, "value": self._with_references(value)} for name, value in headers],
            **body.config(self._with_references),
        }
        return Pasted(config, (*self._notes, *self._of_what_is_left_out(body)))

    def _values(self, *names: str) -> list[str]:
        return [value for name, value in self._options if name in names]

    def _address(self) -> str:
        found = self._values("--url")
        if len(found) != 1:
            words = f"The command has {len(found)} addresses. Keep only one" if found else "The command has no address"
            raise _Refused(words)
        if "--globoff" not in self._names and (several := _SEVERAL.search(found[0])):
            raise _Refused(f"The address stands for several, by {several[0][:40]}. Keep one of them")
        has_scheme = "://" in found[0] or _VARIABLE.match(found[0])
        url = found[0] if has_scheme else f"https://{found[0]}"
        query = curl_body.joined(self._options) if "--get" in self._names else None
        return f"{url}{'&' if '?' in url else '?'}{query}" if query else url

    def _body(self) -> PastedBody:
        if "--get" in self._names:
            return PastedBody()
        types = [value for name, value in map(_header, self._values("--header")) if name.lower() == "content-type"]
        return curl_body.read(self._options, types[-1] if types else "")

    def _method(self, body: PastedBody) -> str:
        usual = "HEAD" if "--head" in self._names else "POST" if body.is_sent else "GET"
        method = (self._values("--request") or [usual])[-1]
        if method.upper() not in METHODS:
            raise _Refused(f"A column can't send {method[:20]}. It can send {', '.join(METHODS)}")
        return method.upper()

    def _headers(self, body: PastedBody) -> list[tuple[str, str]]:
        given = [_header(text) for text in self._values("--header")]
        if body.format == "text" and "content-type" not in {name.lower() for name, _ in given}:
            given.append(("Content-Type", curl_body.FORM))  # as curl does by itself
        given += [("User-Agent", agent) for agent in self._values("--user-agent")]
        kept, dropped = [], ["Referer"] if "--referer" in self._names else []
        for name, value in given:
            if name.lower() in _CREDENTIALS:
                self._notes.append(f"The header {name} was left out: sign-ins and keys belong in a connection.")
            elif _is_dropped(name.lower(), value, body):
                dropped.append(name)
            elif value and not (name.lower() == "content-type" and body.is_usual(value)):
                kept.append((name, value))
        if self._names.intersection(_SIGN_INS):
            self._notes.append("The user name, password, cookie or key was left out: sign-ins belong in a connection.")
        if dropped:
            self._notes.append(
                f"Headers that a column sets itself or an API doesn't need were left out: {_listed(dropped)}."
            )
        return kept

    def _of_what_is_left_out(self, body: PastedBody) -> Iterator[str]:
        if body.files:
            yield f"Files were left out, because a column can't send them: {_listed(body.files)}."
        if body.typed:
            yield f"The types of these fields were left out: {_listed(body.typed)}."
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


def _is_dropped(name: str, value: str, body: PastedBody) -> bool:
    """Of a header that is worth telling."""
    if name == "content-type":
        return not body.is_sent and not body.is_usual(value)
    if name == "user-agent":
        return value.startswith("Mozilla/")
    return name in REFUSED_HEADERS or bool(_OF_BROWSERS.match(name))
