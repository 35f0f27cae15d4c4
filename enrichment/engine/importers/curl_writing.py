"""A request written as a cURL command."""

import re
import shlex
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

_HIDDEN = re.compile("•{2,}")  # what stands for a secret in a request that is shown
_PART = re.compile(r'Content-Disposition: form-data; name="([^"=]*)"\r\n\r\n(.*)\r\n', re.DOTALL)


def write(method: str, url: str, headers: Mapping[str, str], body: str | None = None) -> str:
    """Returns the request as a command for a shell, on several lines; hidden secrets become <secret>."""
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    texts = _multipart(body or "") if kind.startswith("multipart/form-data") else []
    shown = {name: value for name, value in headers.items() if not (texts and name.lower() == "content-type")}
    words = [
        f"curl -X {method} {shlex.quote(url)}",
        *(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in shown.items()),
        *(f"--form-string {shlex.quote(text)}" for text in texts),
        *(_data(kind, body) if body is not None and not texts else ()),
    ]
    return _HIDDEN.sub("<secret>", " \\\n  ".join(words))


def _data(kind: str, body: str) -> Iterator[str]:
    pairs = [pair.partition("=") for pair in body.split("&")]
    if kind.startswith("application/x-www-form-urlencoded") and all(name and sign for name, sign, _ in pairs):
        for name, _, value in pairs:
            yield f"--data-urlencode {shlex.quote(f'{name}={unquote(value)}')}"
    else:
        yield f"--data-raw {shlex.quote(body)}"


def _multipart(body: str) -> list[str]:
    """Returns `name=value` of each part, for curl to put boundaries between; nothing where it can't say one of them."""
    delimiter, _, rest = body.partition("\r\n")
    parts = [_PART.fullmatch(part) for part in rest.removesuffix(f"{delimiter}--\r\n").split(f"{delimiter}\r\n")]
    found = [f"{part[1]}={part[2]}" for part in parts if part]
    return found if len(found) == len(parts) else []
