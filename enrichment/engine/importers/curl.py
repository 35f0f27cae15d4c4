"""cURL commands: as documentation and browsers write them, read as the settings of a request; and written."""

import argparse
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import quote

from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.template.parameters import REFUSED_HEADERS

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
# Quoted texts are skipped, so that what only looks like bash's $'…' or a continued line inside of them stays.
_OF_SHELLS = re.compile(
    r"""\$'(?P<ansi>(?:[^'\\]|\\.)*)'|(?P<continued>[\^`\\]\r?\n)|'[^']*'|"(?:[^"\\]|\\.)*"|\\.""", re.DOTALL
)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[0-7]{1,3}|.)", re.DOTALL)
_SIGNS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}
# Headers that a browser adds for itself and an API has no use for, and those that Marl sets.
_OF_BROWSERS = re.compile(
    r"sec-|priority$|dnt$|upgrade-insecure-requests$|accept-encoding$|referer$|origin$|user-agent$|content-type$"
)


_HIDDEN = re.compile("•{2,}")  # what stands for a secret in a request that is shown

_SWITCHES = ("--silent", "--show-error", "--insecure", "--location", "--verbose", "--include", "--fail", "--globoff")
_SHORT = {
    "--data": ["-d"],
    "--output": ["-o"],
    "--max-time": ["-m"],
    "--write-out": ["-w"],
    "--silent": ["-s"],
    "--show-error": ["-S"],
    "--insecure": ["-k"],
    "--location": ["-L"],
    "--verbose": ["-v"],
    "--include": ["-i"],
    "--fail": ["-f"],
    "--globoff": ["-g"],
}


@dataclass(frozen=True, slots=True)
class Pasted:
    """`config` holds method, url, headers and body of an HTTP column; `notes` say what was left out and why."""

    config: dict[str, Any]
    notes: tuple[str, ...]


class _Refused(Exception):
    pass


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _Refused(message)


def _options() -> _Parser:
    parser = _Parser(prog="curl", add_help=False, allow_abbrev=False, argument_default=argparse.SUPPRESS)
    parser.add_argument("address", nargs="*", default=[])
    parser.add_argument("--url", action="append", dest="more")
    parser.add_argument("-X", "--request", dest="method")
    parser.add_argument("-H", "--header", action="append", dest="headers", default=[])
    for name in ("--data", "--data-ascii", "--data-raw", "--data-binary", "--data-urlencode", "--json"):
        parser.add_argument(*_SHORT.get(name, ()), name, action=_Data, dest="data", default=[])
    parser.add_argument("-G", "--get", action="store_true", dest="as_query")
    parser.add_argument("-I", "--head", action="store_true", dest="head")
    parser.add_argument("-u", "--user", dest="user")
    parser.add_argument("-A", "--user-agent", "-e", "--referer", dest="ignored")
    parser.add_argument("-b", "--cookie", dest="cookie")
    parser.add_argument("-F", "--form", "--form-string", action="append", dest="form")
    parser.add_argument("-T", "--upload-file", dest="upload")
    for name in ("--output", "--max-time", "--connect-timeout", "--retry", "--write-out"):
        parser.add_argument(*_SHORT.get(name, ()), name, dest="ignored")
    for name in (*_SWITCHES, "--compressed", "--http1.1", "--http2"):
        parser.add_argument(*_SHORT.get(name, ()), name, action="store_true", dest="ignored")
    return parser


class _Data(argparse.Action):
    """Keeps the parts of the body in their order, each with the option that it came by."""

    def __call__(self, parser: object, space: Any, value: Any, option: str | None = None) -> None:
        space.data = [*space.data, (option, value)]


def write(method: str, url: str, headers: Mapping[str, str], body: str | None = None) -> str:
    """The request as a command for a shell, on several lines; hidden secrets become <secret>."""
    words = [
        f"curl -X {method} {shlex.quote(url)}",
        *(f"-H {shlex.quote(f'{name}: {headers[name]}')}" for name in headers),
    ]
    words += [f"--data-raw {shlex.quote(body)}"] if body is not None else []
    return _HIDDEN.sub("<secret>", " \\\n  ".join(words))


def parse(text: str) -> Pasted:
    """Raises InvalidSettings, of field `curl`."""
    try:
        words = _words(text)
        if not words or words[0].rsplit("/", 1)[-1] not in ("curl", "curl.exe"):
            raise _Refused("Start the command with the word curl.")
        return _pasted(_options().parse_args(words[1:]))
    except _Refused as error:
        message = str(error)[:1].upper() + str(error)[1:].rstrip(".") + "."
        raise InvalidSettings([Problem(message, field="curl")]) from error


def _words(text: str) -> list[str]:
    try:
        return shlex.split(_OF_SHELLS.sub(_plain, text.strip().removeprefix("$ ")))
    except ValueError as error:
        raise _Refused("A quotation mark is never closed.") from error


def _plain(found: re.Match[str]) -> str:
    if found["continued"]:
        return " "
    return found[0] if found["ansi"] is None else shlex.quote(_unescaped(found["ansi"]))


def _unescaped(text: str) -> str:
    """What the inside of $'…' means; browsers write 😀 as the two halves of its pair."""

    def one(found: re.Match[str]) -> str:
        sign = found[1]
        if len(sign) > 1 and sign[0] in "xuU":
            return chr(min(int(sign[1:], 16), 0x10FFFF))
        if sign[0] in "01234567":
            return chr(int(sign, 8))
        return _SIGNS.get(sign, sign)

    return _ESCAPE.sub(one, text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _pasted(given: argparse.Namespace) -> Pasted:
    url = _address(given)
    if hasattr(given, "form") or hasattr(given, "upload"):
        raise _Refused("This command uploads a file or a multipart form, which a column can't send.")
    headers, notes = _headers(given)
    body = _body(given.data)
    if hasattr(given, "as_query") and body:
        url, body = f"{url}{'&' if '?' in url else '?'}{body}", None
    elif body and not body.lstrip().startswith(("{", "[")):
        notes.append("The command sends a form, but a column sends JSON. Check whether the API also accepts JSON.")
    method = _method(given, body)
    return Pasted({"method": method, "url": url, "query": [], "headers": headers, "body": body}, tuple(notes))


def _address(given: argparse.Namespace) -> str:
    found = [*getattr(given, "more", []), *given.address]
    if len(found) != 1:
        raise _Refused(
            "The command has no address." if not found else f"The command has {len(found)} addresses. Keep only one."
        )
    address = str(found[0])
    return address if "://" in address else f"https://{address}"


def _method(given: argparse.Namespace, body: str | None) -> str:
    method = str(getattr(given, "method", "HEAD" if hasattr(given, "head") else "POST" if body is not None else "GET"))
    if method.upper() not in METHODS:
        raise _Refused(f"A column can't send {method[:20]}. It can send {', '.join(METHODS)}.")
    return method.upper()


def _headers(given: argparse.Namespace) -> tuple[list[dict[str, str]], list[str]]:
    headers, notes = [], []
    for text in given.headers:
        name, _, value = text.partition(":")
        name = name.strip().removesuffix(";")
        if _OF_BROWSERS.match(name.lower()) or name.lower() in REFUSED_HEADERS:
            continue
        if name.lower() in ("authorization", "cookie", "proxy-authorization"):
            notes.append(f"The header {name} was left out: sign-ins and keys belong in a connection.")
        else:
            headers.append(_header(name, value.strip()))
    if hasattr(given, "user") or hasattr(given, "cookie"):
        notes.append("The user name, password or cookie was left out: sign-ins belong in a connection.")
    return headers, notes


def _header(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


def _body(data: Sequence[tuple[str, str]]) -> str | None:
    """The parts joined as curl joins them."""
    parts = []
    for option, value in data:
        if value.startswith("@") and option != "--data-raw":
            raise _Refused(f"The body comes from the file {value[1:60]}, which isn't here. Paste its text instead")
        parts.append(_encoded(value) if option == "--data-urlencode" else value)
    return "&".join(parts) if parts else None


def _encoded(value: str) -> str:
    name, sign, content = value.partition("=")
    return f"{name}{sign}{quote(content, safe='')}" if sign else quote(name, safe="")
