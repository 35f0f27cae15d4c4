"""Bytes as text, without loss: by their mark, as UTF-8 where they are, as they say themselves, or by a guess."""

import codecs
import re
from dataclasses import dataclass

import chardet

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)|<meta[^>]+?charset\s*=\s*[\"']?([\w.:-]+)", re.I)
_DECLARED_WITHIN = 1024  # bytes
_GUESSED_FROM = 64 * 1024  # bytes
_SHOWN = 30  # characters
_MORE_USUAL = 1.5  # times as likely is windows-1252 as its letters alone say
# Encodings whose bytes are valid UTF-8, too: only their name tells them.
_SHIFTED = frozenset({"iso2022_jp", "iso2022_jp_2", "iso2022_kr", "hz", "utf-7"})
_SHIFTS = re.compile(rb"\x1b(\$\)C|\$[@B]|\([BIJ])")  # how those begin that show by signs that no other text has
_WEB = (
    *(f"cp{number}" for number in range(1250, 1259)),
    *("cp932", "euc_jis_2004", "gb18030", "big5hkscs", "cp949", "koi8-r", "koi8-u", "cp874"),
    *(f"iso8859-{number}" for number in (2, 5, 6, 7, 8, 9, 13, 15, 16)),
)
_JAPANESE = ("cp932", "euc_jis_2004")
_OF_SIGNS = frozenset(
    {*_JAPANESE, "gb18030", "big5hkscs", "cp949"}
)  # of East Asia, whose bytes are signs of all others
_AS_LIKELY = 0.5  # of the likeliest one makes two of them a toss-up
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_ESCAPES = re.compile(r"\\u[0-9a-fA-F]{4}|\\.")  # of JSON
# What no text has: letters of two scripts in a word, signs such as £ and © before a letter, and accents on nothing.
_MIXED = re.compile(
    "[a-zA-Z\u00c0-\u024f][\u0370-\u06ff\u0e00-\u0e7f]|[\u0370-\u06ff\u0e00-\u0e7f][a-zA-Z\u00c0-\u024f]"
)
_SIGN_IN_WORD = re.compile("[£¤¥¦¨©¬®¯±²³´¶¸¹¼½¾×÷ƒ„†‡ˆ‰‚][^\\W\\d_]|(?<![^\\W\\d_])[\u0300\u0301\u0303\u0309\u0323]")
_SHOWN_AS = {
    "cp932": "Shift_JIS",
    "euc_jis_2004": "EUC-JP",
    "cp949": "EUC-KR",
    "big5hkscs": "Big5",
    "gb18030": "GB18030",
}
_UNLIKELY = 0.2  # times as likely are those that have some
_BROWSERS_READ_AS = {"iso8859-1": "cp1252", "ascii": "cp1252"}  # https://encoding.spec.whatwg.org
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x80-\x9f]")
_TEXT = re.compile(
    r"text/|.*[/+](json|xml|javascript|x-www-form-urlencoded|csv|x-ndjson|yaml|graphql)\b|image/svg", re.I
)
_FORMATS = (b"%PDF-", b"{\\rtf")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a body. One that `is_binary` or has a `fault` is only to be looked at."""

    text: str
    charset: str = "utf-8"
    is_guess: bool = False
    is_binary: bool = False
    fault: str = ""  # why some of it can't be read, in words

    @property
    def guess(self) -> str:
        """The charset where it is a guess."""
        return self.charset if self.is_guess else ""


def decode(body: bytes, content_type: str = "") -> Decoded:
    """Returns the text of a body of this media type, which may name its charset."""
    for mark, marked in _MARKS:
        if body.startswith(mark) and (text := _strictly(body[len(mark) :], marked)) is not None:
            return Decoded(text.lstrip("\ufeff"), marked)  # who puts texts together may leave several
    named = _CHARSET.search(content_type)
    charset = _known(named[1]) if named else None
    if body.startswith(_FORMATS):
        return _binary(body)
    if charset is None and _SHIFTS.search(body):
        return _shifted(body)
    if charset not in _SHIFTED and (text := _strictly(body, "utf-8")) is not None:
        is_binary = content_type != "" and not is_text_type(content_type) and _CONTROL.search(text) is not None
        return _binary(body) if is_binary else Decoded(text)
    return _as_named(body, charset) or _damaged(body) or _guessed(body, content_type) or _binary(body)


def is_text_type(media_type: str) -> bool:
    """Whether what is called so is text."""
    return _TEXT.match(media_type) is not None


def _shifted(body: bytes) -> Decoded:
    """Mail of East Asia has letters as plain bytes between signs that switch to them and back."""
    for name in ("iso2022_jp_2", "iso2022_kr"):
        if (text := _strictly(body, name)) is not None:
            return Decoded(text, _label(name), is_guess=True)
    return _binary(body)


def _as_named(body: bytes, charset: str | None) -> Decoded | None:
    """Goes by the header, then by what the text itself declares."""
    declared = _DECLARED.search(body[:_DECLARED_WITHIN])
    for name in (charset, _known((declared[1] or declared[2]).decode()) if declared else None):
        if name and (text := _strictly(body, _BROWSERS_READ_AS.get(name, name))) is not None:
            return Decoded(text, _label(_BROWSERS_READ_AS.get(name, name)))
    return None


def _damaged(body: bytes) -> Decoded | None:
    """Recognises UTF-8 that was cut inside of a letter, or that has texts in another encoding between its own.

    Most of its letters are valid then. No other encoding is likely to look so, and to read it as one would garble them.
    """
    if b"\0" in body:
        return None
    if (text := _paired(body)) is not None:
        return Decoded(text, "cesu-8")
    text = body.decode("utf-8", "replace")
    faults = text.count("\ufffd") - body.count("\ufffd".encode())
    letters = len(text) - len(text.encode("ascii", "ignore")) - faults
    if not 0 < faults <= letters:
        return None
    before = text.partition("\ufffd")[0][-_SHOWN:].strip()
    return Decoded(text, fault=f"The answer is UTF-8, but not all of it: a letter is broken after “{before}”.")


def _paired(body: bytes) -> str | None:
    """Returns a text whose rare letters are written as two halves in UTF-8, as Java and some databases do."""
    try:
        return body.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        return None


def _guessed(body: bytes, content_type: str) -> Decoded | None:
    """Guesses only what may be text: any bytes are letters of some encoding."""
    if content_type and not is_text_type(content_type):
        return None
    if (wide := _wide(body)) and (text := _strictly(body, wide)) is not None:
        return Decoded(text, _label(wide), is_guess=True)
    rates = {name: rate for name, rate in _likely(body).items() if _strictly(body, name) is not None}
    if not rates:
        return None
    best, *others = rates
    text = _strictly(body, best) or ""
    rivals = [name for name in others if rates[name] >= rates[best] * _AS_LIKELY and _strictly(body, name) != text]
    if best in _OF_SIGNS and (unclear := [name for name in rivals if name in _OF_SIGNS]):
        encodings = " or ".join(_label(name) for name in (best, *unclear))
        words = f"The server doesn't say how its letters are encoded, and they may be {encodings}."
        return Decoded(text, _label(best), is_guess=True, fault=words)
    return Decoded(text, _label(best), is_guess=True)


def _wide(body: bytes) -> str | None:
    """UTF-16 without a mark shows by zeros at every other place."""
    even, odd = body[0:_GUESSED_FROM:2].count(0), body[1:_GUESSED_FROM:2].count(0)
    if len(body) % 2 or (even and odd) or even + odd < max(2, min(len(body), _GUESSED_FROM) // 8):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _likely(body: bytes) -> dict[str, float]:
    """Returns encodings of the web with how likely they are, the likeliest first.

    The most usual one stands before those that read the same.
    """
    if b"\0" in body:
        return {}
    sample = body[:_GUESSED_FROM]
    found = chardet.detect_all(sample, compat_names=False, ignore_threshold=True, include_encodings=_WEB)
    rates = {item["encoding"]: item["confidence"] for item in found if item["encoding"]}
    rates["cp1252"] = _MORE_USUAL * rates.get("cp1252", 0.0)
    if kana := next((name for name in _JAPANESE if _has_kana(_strictly(sample, name) or "")), None):
        return {kana: 1.0}
    rates = {name: rate * _plausibility(sample, name) for name, rate in rates.items()}
    names = sorted(rates, key=lambda name: -rates[name])
    reads_the_same = sample.decode(names[0], "replace") == sample.decode("cp1252", "replace")
    return {name: rates[name] for name in (["cp1252", *names] if reads_the_same else names)}


def _has_kana(text: str) -> bool:
    letters = len(text) - len(text.encode("ascii", "ignore"))
    kana = len(_KANA.findall(text))
    return kana > 1 and kana * 3 >= letters


def _plausibility(sample: bytes, name: str) -> float:
    text = _ESCAPES.sub(" ", sample.decode(name, "replace"))
    return _UNLIKELY if _MIXED.search(text) or _SIGN_IN_WORD.search(text) else 1.0


def _binary(body: bytes) -> Decoded:
    return Decoded(body.decode("utf-8", "replace"), is_binary=True)


def _strictly(body: bytes, charset: str) -> str | None:
    """Returns the text, None for what these bytes are not. Control characters are in no text, but in many files."""
    try:
        text = body.decode(charset)
    except (LookupError, ValueError):
        return None
    return None if "\0" in text or (charset != "utf-8" and _CONTROL.search(text)) else text


def _label(charset: str) -> str:
    """Returns the name that people know: windows-1252 for cp1252."""
    return _SHOWN_AS.get(charset) or charset.replace("cp125", "windows-125")


def _known(name: str) -> str | None:
    try:
        "".encode(name)  # codecs.lookup knows names that are not of text, like hex
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
