"""Which files are read as they were written, by Marl and by other programs: their encodings, delimiters and quotes.

`python -m benchmarks.detection [--files 8] [--seed 1]`. The texts are translations that come with Django, in the code
pages that programs of these languages write; a file counts where its whole text comes back. The tables are 2 to 30
rows with delimiters, quotes, decimal commas and inches in their cells; a file counts where every cell comes back.
Programs that are not installed are left out. Seconds are those of a file, on average.
"""

import argparse
import csv
import gettext
import importlib
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import Any

import django

from benchmarks.environment import environment

CODE_PAGES = {
    "ar": ("cp1256", "iso8859-6"),
    "bg": ("cp1251",),
    "cs": ("cp1250", "iso8859-2"),
    "de": ("cp1252", "mac-roman", "cp850"),
    "el": ("cp1253", "iso8859-7"),
    "es": ("cp1252",),
    "fr": ("cp1252", "mac-roman", "cp850"),
    "he": ("cp1255",),
    "hu": ("cp1250", "iso8859-2"),
    "ja": ("cp932", "euc_jp"),
    "ko": ("cp949",),
    "lt": ("cp1257",),
    "lv": ("cp1257", "iso8859-13"),
    "pl": ("cp1250", "iso8859-2"),
    "pt": ("cp1252",),
    "ro": ("cp1250", "iso8859-16"),
    "ru": ("cp1251", "koi8-r", "iso8859-5", "cp866", "mac-cyrillic"),
    "th": ("cp874",),
    "tr": ("cp1254", "iso8859-9"),
    "uk": ("cp1251", "koi8-u"),
    "zh_Hans": ("gb18030",),
    "zh_Hant": ("big5",),
}
DELIMITERS = (",", ";", "\t", "|")
WORDS = ("Acme", "Contoso", "Fabrikam", "Northwind", "Utrecht", "New York", "O'Brien", "Bolt & Nut")

type Table = list[list[str]]
type ReadText = Callable[[Path], str]
type ReadTable = Callable[[Path], Table]


def texts(language: str, code_page: str, lines: int, number: int, seed: int) -> Iterator[str]:
    """Yields texts of so many lines, all of which the code page has."""
    folder = Path(django.__file__).parent / "conf" / "locale" / language / "LC_MESSAGES"
    with (folder / "django.mo").open("rb") as file:
        catalog: Mapping[Any, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    known = sorted({text for text in catalog.values() if "\n" not in text and not text.isascii()})
    writable = [text for text in known if text == text.encode(code_page, "ignore").decode(code_page)]
    pick = random.Random(seed)
    for _ in range(number):
        yield "".join(f"{line}\n" for line in pick.sample(writable, lines))


def by_name(detect: Callable[[bytes], str | None]) -> ReadText:
    """Reads a file in the encoding that a program names."""

    def read(path: Path) -> str:
        data = path.read_bytes()
        return data.decode(detect(data) or "utf-8")

    return read


def text_readers() -> dict[str, ReadText]:
    from tables.imports.readers import encoding

    found: dict[str, ReadText] = {
        "Marl": lambda path: path.read_bytes().decode(encoding.detect(path, None, is_preview=False).encoding)
    }
    with suppress(ImportError):
        chardet = importlib.import_module("chardet")
        found["chardet"] = by_name(lambda data: chardet.detect(data)["encoding"])
    with suppress(ImportError):
        cchardet = importlib.import_module("cchardet")
        found["faust-cchardet"] = by_name(lambda data: cchardet.detect(data)["encoding"])
    with suppress(ImportError):
        normalizer = importlib.import_module("charset_normalizer")
        found["charset-normalizer"] = by_name(
            lambda data: getattr(normalizer.from_bytes(data).best(), "encoding", None)
        )
    return found


def table_readers() -> dict[str, ReadTable]:
    found: dict[str, ReadTable] = {"Marl": _read_with_marl, "csv.Sniffer": _read_with_sniffer}
    with suppress(ImportError):
        clevercsv = importlib.import_module("clevercsv")
        found["clevercsv"] = lambda path: clevercsv.read_table(str(path))
    with suppress(ImportError):
        duckdb = importlib.import_module("duckdb")
        found["DuckDB"] = lambda path: _read_with_duckdb(duckdb, path)
    return found


def _read_with_marl(path: Path) -> Table:
    from tables.imports.readers import formats
    from tables.imports.readers.sheet import Options

    with formats.opened(path, Options()) as sheet:
        return [list(sheet.columns), *([str(cell or "") for cell in row] for _, row in sheet.rows)]


def _read_with_sniffer(path: Path) -> Table:
    text = path.read_text()
    return list(csv.reader(StringIO(text, newline=""), csv.Sniffer().sniff(text)))


def _read_with_duckdb(duckdb: Any, path: Path) -> Table:
    relation = duckdb.read_csv(str(path), all_varchar=True)
    return [list(relation.columns), *([cell or "" for cell in row] for row in relation.fetchall())]


def table(pick: random.Random, delimiter: str) -> Table:
    """Makes a table whose cells have what makes a file hard to read."""

    def texty() -> str:
        words = " ".join(pick.sample(WORDS, pick.randint(1, 3)))
        return pick.choice((words, f"{words}{delimiter} {pick.choice(WORDS)}", f'{pick.randint(2, 50)}" {words}'))

    def row() -> list[str]:
        return [
            f"{pick.choice(WORDS)} {pick.randint(1, 999)}",
            texty(),
            f"{pick.randint(1, 99)},{pick.randint(10, 99)}",
            str(pick.randint(1, 5_000)),
            f"2026-{pick.randint(10, 12)}-{pick.randint(10, 28)}",
        ]

    return [["Company", "Note", "Price", "Size", "Founded"], *(row() for _ in range(pick.randint(2, 30)))]


def written(rows: Table, delimiter: str, manner: str) -> str:
    """Writes a table as a program of this manner does."""
    quote, space = "'" if manner == "single quotes" else '"', " " if manner == "spaces before quotes" else ""
    mark = {"quotes by \\": f"\\{quote}", "quotes not doubled": quote}.get(manner, quote * 2)
    before = {"title lines": "Companies of 2026\n\n", "comments": "# made by hand\n# do not edit\n"}.get(manner, "")

    def cell(text: str) -> str:
        is_quoted = quote in text or delimiter in text
        return f"{space}{quote}{text.replace(quote, mark)}{quote}" if is_quoted else text

    return before + "".join(f"{delimiter.join(map(cell, row))}\n" for row in rows)


MANNERS = (
    *("regular", "single quotes", "title lines", "comments"),
    *("quotes by \\", "quotes not doubled", "spaces before quotes"),
)


def tell[Read](
    title: str,
    kinds: Mapping[str, Sequence[tuple[bytes, object]]],
    readers: Mapping[str, Callable[[Path], Read]],
    folder: Path,
) -> None:
    """Prints how many files of each kind every program reads as they were written."""
    print(f"\n| {title} | {' | '.join(f'{kind}, of {len(files)}' for kind, files in kinds.items())} | a file |")
    print("|-" * (len(kinds) + 2) + "|")
    path = folder / "file.csv"
    for name, read in readers.items():
        right, began = [], 0.0
        for files in kinds.values():
            right.append(0)
            for data, expected in files:
                path.write_bytes(data)
                start = time.perf_counter()
                with suppress(Exception):  # a program that breaks off has not read the file
                    right[-1] += read(path) == expected
                began += time.perf_counter() - start
        number = sum(map(len, kinds.values()))
        print(f"| {name} | {' | '.join(map(str, right))} | {began / number * 1000:.1f} ms |", flush=True)


def tell_guesses(kinds: Mapping[str, Sequence[tuple[bytes, object]]], folder: Path) -> None:
    """Prints how many of the files that Marl reads in another encoding are told to be a guess."""
    from tables.imports.readers import encoding

    path, wrong, told = folder / "file.csv", 0, 0
    for data, expected in chain.from_iterable(kinds.values()):
        path.write_bytes(data)
        found = encoding.detect(path, None, is_preview=False)
        if data.decode(found.encoding, "replace") != expected:
            wrong += 1
            told += not found.is_sure
    print(f"\nOf {wrong} files that Marl reads otherwise, the import says of {told} that it guesses.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=8, help="of each language and code page, and of each delimiter")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    encoded: dict[str, list[tuple[bytes, object]]] = {
        f"{lines} lines": [
            (text.encode(code_page), text)
            for language, code_pages in CODE_PAGES.items()
            for code_page in code_pages
            for text in texts(language, code_page, lines, given.files, given.seed)
        ]
        for lines in (3, 20)
    }
    pick = random.Random(given.seed)
    tables: dict[str, list[tuple[bytes, object]]] = {
        manner: [
            (written(rows, delimiter, manner).encode(), rows)
            for delimiter in DELIMITERS
            for rows in (table(pick, delimiter) for _ in range(given.files))
        ]
        for manner in MANNERS
    }
    with environment() as folder:
        tell("encodings", encoded, text_readers(), folder)
        tell_guesses(encoded, folder)
        tell("delimiters and quotes", tables, table_readers(), folder)


if __name__ == "__main__":
    main()
