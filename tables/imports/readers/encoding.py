"""Which encoding a text file has: by its mark, as UTF-8 or UTF-16, or the likeliest of those that programs write."""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import chardet

from tables.imports.readers.sheet import EncodingChoice, unreadable

BLOCK = 1 << 20  # bytes
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SWITCHES = (
    (b"\x1b$)C", "iso2022_kr"),
    (b"\x1b$", "iso2022_jp_2"),
    (b"\x1b$", "iso2022_jp_ext"),
    (b"~}", "hz"),
)
_LEGACY = (
    *(f"cp{number}" for number in range(1250, 1259)),
    *("mac-roman", "mac-latin2", "mac-cyrillic", "cp932", "euc_jis_2004", "gb18030", "big5hkscs", "cp949", "euc_kr"),
    *("koi8-r", "koi8-u", *(f"iso8859-{number}" for number in (2, 5, 6, 7, 8, 9, 13, 15, 16))),
    *("cp437", "cp850", "cp852", "cp866", "cp874"),
)
_PREVIEWED = 64 * BLOCK  # a larger file is sampled for its preview
_WORDS = re.compile(rb'[^\s,;"]*[\x80-\xff][^\s,;"]*')
_BAD = re.compile("[\udc80-\udcff]")
_GOOD = re.compile("[^\x00-\x7f\udc80-\udcff]")
# Quotes, dashes and other signs where writers of English have them: no letters that would tell an encoding.
_TYPOGRAPHIC = re.compile(
    rb"(?<=[A-Za-z])\x92(?=(?:s|t|d|m|ll|re|ve)\b)|(?<![A-Za-z])[\x84\x91\x93\x96\x97]"
    rb"|[\x80\x85\x92\x94](?![A-Za-z])|[\x99\xa0\xa3\xa9\xae\xb0]"
)
_SAMPLE = 150_000  # bytes of lines that the detection goes by; lines with other letters come on top
_LIKELY = 0.5  # of the best one's likelihood makes another a choice
_SURE = 0.85  # of it makes the best one unsure
_SURE_OF_FEW = 0.5  # the same where there are few words to tell by
_MANY_WORDS = 25
_SURE_OF_SIGNS = 0.3  # the same for those of East Asia, whose signs are two bytes each: few say little
_OF_SIGNS = frozenset({"cp932", "euc_jis_2004", "gb18030", "big5hkscs", "cp949", "euc_kr"})
_DRAWN = re.compile("[^\\W\\d_][\u2500-\u259f]|[\u2500-\u259f][^\\W\\d_]")  # letters with a part of a frame
_AS_DRAWN = 0.5  # as likely is a text that has them
_NEARLY = 0.75
_WESTERN = {
    **dict.fromkeys(("cp1250", "cp1257", "iso8859-2", "iso8859-16"), "cp1252"),
    "mac-latin2": "mac-roman",
    "cp852": "cp850",
}
_MOST_CHOICES = 6
_SHOWN_WORDS = 5


@dataclass(frozen=True, slots=True)
class Detected:
    encoding: str
    is_sure: bool = True
    choices: Sequence[EncodingChoice] = ()


def detect(path: Path, given: str | None, *, is_preview: bool) -> Detected:
    """Goes by the file's mark, by what was given, then by all of its bytes. Raises Refused for an unknown encoding."""
    with path.open("rb") as file:
        head = file.read(BLOCK)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return Detected(encoding)
    shown = wide(head) or _switched(head)
    if shown and not given:
        return Detected(shown)
    scan = _Scan()
    for block in _blocks(path, is_preview=is_preview):
        scan.add(block)
    if given:
        return _given(given, scan)
    return Detected("utf-8") if scan.is_utf_8 else _likeliest(scan.lines)


def _given(name: str, scan: "_Scan") -> Detected:
    encoding = known(name)
    if encoding in ("utf-8", "utf-8-sig") and not scan.is_utf_8:
        words = "Most letters with accents in this file are not UTF-8. Choose another encoding."
        raise unreadable(words, "encoding")
    others = [] if scan.is_utf_8 else _likeliest(scan.lines).choices
    first = EncodingChoice(encoding, _words(scan.lines, encoding))
    return Detected(encoding, choices=[first, *(choice for choice in others if choice.encoding != encoding)])


def known(name: str) -> str:
    """Returns the encoding's name. Raises Refused where there is no such encoding of text."""
    try:
        "".encode(name)  # codecs.lookup knows names that are not of text, like hex
        return codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        words = f"“{name[:40]}” is not an encoding. Use utf-8, utf-16 or windows-1252."
        raise unreadable(words, "encoding") from error


def _blocks(path: Path, *, is_preview: bool) -> Iterator[bytes]:
    """Yields the file in blocks; of a large one, for a preview, what stands at its beginning, middle and end."""
    size = path.stat().st_size
    if not is_preview or size <= _PREVIEWED:
        with path.open("rb") as file:
            yield from iter(lambda: file.read(BLOCK), b"")
        return
    with path.open("rb") as file:
        for start in (0, size // 2, size - 4 * BLOCK):
            file.seek(start)
            # Whole lines only: a place in the middle may be inside a character.
            lines = file.read(4 * BLOCK).split(b"\n")
            yield b"\n".join(lines[bool(start) : -1 if start < size - 4 * BLOCK else None])


class _Scan:
    """Tells UTF-8 with a few broken bytes from other encodings, and gathers lines that are not ASCII."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._good = self._bad = 0
        self._lines: list[bytes] = []
        self._size = 0
        self._seen: set[int] = set()

    @property
    def lines(self) -> bytes:
        return b"\n".join(self._lines)

    @property
    def is_utf_8(self) -> bool:
        return self._good >= 2 * self._bad

    def add(self, block: bytes) -> None:
        if block.isascii() and not self._decoder.getstate()[0]:  # nothing is left of the block before
            return
        text = self._decoder.decode(block)
        if self._bad or not _is_encodable(text):
            self._good += len(_GOOD.findall(text))
            self._bad += len(_BAD.findall(text))
        else:
            self._good += 1 + len(_GOOD.findall(text[:10_000]))
        if not self.is_utf_8:
            self._gather(block)

    def _gather(self, block: bytes) -> None:
        """Keeps lines up to the size of the sample, and after that those with bytes that no other has."""
        for line in block.splitlines():
            if not line.isascii() and (self._size < _SAMPLE or not self._seen.issuperset(line)):
                self._lines.append(line[:_SAMPLE])
                self._size += len(line)
                self._seen.update(line)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _switched(head: bytes) -> str | None:
    """Mail of East Asia has letters as plain bytes between signs that switch to them and back."""
    if not head.isascii():
        return None
    lines = head[: head.rfind(b"\n") + 1]
    return next((name for sign, name in _SWITCHES if sign in lines and _is_decodable(lines, name)), None)


def _is_decodable(lines: bytes, encoding: str) -> bool:
    try:
        lines.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def wide(head: bytes) -> str | None:
    """UTF-16 without a mark shows by zeros at every other place: those of commas, digits and line ends.

    UTF-32 has two zeros in each letter, or nearly.
    """
    zeros = [head[place::4].count(0) for place in range(4)]
    most = len(head) // 4
    if most > 1 and min(zeros[:2]) * 10 > most * 9 and zeros[3] * 10 < most:
        return "utf-32-be"
    if most > 1 and min(zeros[2:]) * 10 > most * 9 and zeros[0] * 10 < most:
        return "utf-32-le"
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if even + odd < max(2, len(head) // 100):
        return None
    if odd > 9 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 9 * odd else None


def _likeliest(lines: bytes) -> Detected:
    """Rates encodings by the letters and pairs of letters that they make of the lines."""
    rated = _rated(lines)
    if rated and _TYPOGRAPHIC.sub(b"", lines).isascii():
        rated = [("cp1252", rated[0][1]), *(item for item in rated if item[0] != "cp1252")]
    if not rated:
        return Detected("cp1252", is_sure=False, choices=[EncodingChoice("cp1252", _words(lines, "cp1252"))])
    best, most = rated[0]
    likely = [name for name, rate in rated if rate >= most * _LIKELY][:_MOST_CHOICES]
    has_many = _has_many_words(lines)
    others = max((rate for _, rate in rated[1:]), default=0)
    is_sure = len(lines) > 40 and others < most * (_SURE if has_many else _SURE_OF_FEW)
    if best in _OF_SIGNS and not has_many:
        is_sure = is_sure and all(rate < most * _SURE_OF_SIGNS for name, rate in rated[1:] if name in _OF_SIGNS)
    return Detected(best, is_sure, [EncodingChoice(name, _words(lines, name)) for name in likely])


def _has_many_words(lines: bytes) -> bool:
    return len({match[0] for match in islice(_WORDS.finditer(lines), 1000)}) >= _MANY_WORDS


def _rated(lines: bytes) -> list[tuple[str, float]]:
    """Returns encodings with their likelihood, the likeliest first; of those that read the lines alike only one."""
    found = chardet.detect_all(
        lines, max_bytes=len(lines), ignore_threshold=True, compat_names=False, include_encodings=_LEGACY
    )
    rates: dict[str, tuple[float, str]] = {}
    for item in found:
        name = codecs.lookup(item["encoding"] or "cp1252").name
        text = lines.decode(name, "replace")
        rate = item["confidence"] * (_AS_DRAWN if _DRAWN.search(text) else 1)
        rates[text] = max(rates.get(text, (0.0, "")), (rate, name))
    rated = [(_usual(text, lines, name), rate) for text, (rate, name) in rates.items()]
    return _westward(sorted(rated, key=lambda item: -item[1]))


def _westward(rated: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Puts the encoding of Western Europe first where it is nearly as likely as the program's one of the East.

    Names of people and places say little: “Muñoz” is as good as “Muńoz”, and far more files hold it.
    """
    western = _WESTERN.get(rated[0][0]) if rated else None
    for at, (name, rate) in enumerate(rated):
        if name == western and rate >= rated[0][1] * _NEARLY:
            return [(name, rated[0][1]), *rated[:at], *rated[at + 1 :]]
    return rated


def _usual(text: str, lines: bytes, name: str) -> str:
    """Returns the most usual encoding that reads the lines the same."""
    for usual in ("cp1252", "cp1250", "cp1251"):
        if lines.decode(usual, "replace") == text:
            return usual
    return name


def _words(lines: bytes, encoding: str) -> list[str]:
    """Returns the first words that depend on the encoding."""
    found = dict.fromkeys(match[0] for match in islice(_WORDS.finditer(lines), 100))
    return [word.decode(encoding, "replace") for word in list(found)[:_SHOWN_WORDS]]
