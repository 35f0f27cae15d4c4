"""Hosts and paths as browsers read them (WHATWG URL, UTS 46 without transitional processing, IDNA 2008).

One reading for what people type, what cells hold, what connections allow and where redirects lead, so that a check
and the request that follows never mean different places.
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

import idna

_PORT = re.compile(r":([0-9]*)$")
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DOTS = re.compile(r"(\.|%2e){1,2}", re.IGNORECASE)
_LONGEST_NAME, _LONGEST_LABEL = 253, 63


def authority(text: str) -> str:
    """Returns a host with its port, if it has one. Raises ValueError for what is neither."""
    found = _PORT.search(text)
    name, port = (text[: found.start()], found[1]) if found else (text, "")
    if port and int(port) > 65_535:
        raise ValueError(port)
    return f"{host(name)}:{int(port)}" if port else host(name)


def host(text: str) -> str:
    """Returns a name in ASCII, an IPv4 address in four numbers or an IPv6 address in brackets. Raises ValueError."""
    if text.startswith("[") and text.endswith("]") and "%" not in text:
        return f"[{IPv6Address(text[1:-1]).compressed}]"
    name = _ascii(unquote_to_bytes(text).decode() if "%" in text else text)
    if not _NAME.fullmatch(name):
        raise ValueError(text)
    last = name.removesuffix(".").rpartition(".")[2]
    if _NUMBER.fullmatch(last):
        return _ipv4(name.removesuffix("."))
    labels = name.removesuffix(".").split(".")
    if len(name) > _LONGEST_NAME + 1 or max(map(len, labels)) > _LONGEST_LABEL:
        raise ValueError(text)
    return name


def _ascii(name: str) -> str:
    if name.isascii():
        labels = name.lower().split(".")
    else:
        labels = idna.uts46_remap(name, std3_rules=False, transitional=False).split(".")
    return ".".join(map(_label, labels))


def _label(label: str) -> str:
    """Raises ValueError for what doesn't come back the same from its ASCII form."""
    if label.startswith("xn--"):
        written = label[4:].encode("ascii").decode("punycode")
        if written.isascii() or _punycode(written) != label or idna.uts46_remap(written, False) != written:
            raise ValueError(label)
        return label
    return label if label.isascii() else _punycode(label)


def _punycode(label: str) -> str:
    idna.check_initial_combiner(label)
    idna.check_bidi(label)
    if any(not idna.valid_contextj(label, place) for place, sign in enumerate(label) if sign in "\u200c\u200d"):
        raise ValueError(label)
    return "xn--" + label.encode("punycode").decode("ascii")


def _ipv4(text: str) -> str:
    """Reads 127.1, 0x7f.1, 017700000001 and 2130706433 as the address that they are. Raises ValueError."""
    parts = [_number(part) for part in text.split(".")]
    if len(parts) > 4 or any(part > 255 for part in parts[:-1]) or parts[-1] >= 256 ** (5 - len(parts)):
        raise AddressValueError(text)
    value = parts[-1] + sum(part * 256 ** (3 - place) for place, part in enumerate(parts[:-1]))
    return str(IPv4Address(value))


def _number(text: str) -> int:
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if len(text) > 1 and text.startswith("0") else 10)


def host_of(text: str) -> str:
    """Returns the host of an address or a host alone, without port and brackets. Raises ValueError."""
    given = re.match(r"\s*(?:https?://)?(?:[^/?#@\s]*@)?(\*\.)?([^/?#]+)", text.rstrip(), re.IGNORECASE)
    if given is None:
        raise ValueError(text)
    name = given[2]
    if name.count(":") > 1 and not name.startswith("["):
        name = f"[{name}]"
    return (given[1] or "") + _PORT.sub("", authority(name)).strip("[]").removesuffix(".")


def led_to(base: str, reference: str) -> str:
    """Returns where a reference in an answer from the address `base` leads. Raises ValueError if that is nowhere."""
    address = urljoin(base, reference.strip())
    parts = urlsplit(address)
    authority(parts.netloc.rpartition("@")[2])
    if parts.scheme not in ("http", "https"):
        raise ValueError(reference)
    return address


def without_dots(path: str) -> str:
    """Returns the path with its `.` and `..` segments resolved, also where these are percent-encoded."""
    kept: list[str] = []
    segments = path.split("/")
    for place, segment in enumerate(segments):
        is_last = place == len(segments) - 1
        steps = dots(segment)
        if steps == 2 and len(kept) > 1:
            kept.pop()
        if steps == 0:
            kept.append(segment)
        elif is_last:
            kept.append("")
    return "/".join(kept)


def dots(segment: str) -> int:
    """Returns 1 for a segment that stays where it is, 2 for one that goes up, 0 for any other."""
    return len(re.sub("%2e", ".", segment, flags=re.IGNORECASE)) if _DOTS.fullmatch(segment) else 0
