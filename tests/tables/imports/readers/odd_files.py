"""Odd files of people, one of each kind.

`python -m tests.tables.imports.readers.odd_files` writes the list of them, `docs/files-odd.md`.
"""

from pathlib import Path

from tests.tables.imports.readers import odd_binary, odd_documents, odd_parquet, odd_records, odd_texts
from tests.tables.imports.readers.odd_file import Odd

PAGE = Path(__file__).parents[4] / "docs" / "files-odd.md"

CORPUS = {
    "Encodings": odd_texts.ENCODINGS,
    "Lines": odd_texts.LINES,
    "Delimiters": odd_texts.DELIMITERS,
    "Quotes": odd_texts.QUOTES,
    "Names, titles and rows": odd_texts.SHAPES,
    "JSON": odd_records.JSON,
    "Workbooks": odd_records.WORKBOOKS,
    "Workbooks of other formats": [*odd_documents.DOCUMENTS, *odd_binary.BINARIES],
    "Parquet": odd_parquet.PARQUET,
    "Under another name": odd_records.OTHERS,
}

HEAD = """# Odd files

Files as people have them, and what comes of each: the table that it is, or words that say what was not read. A test
reads each of them on every change, and this page is made from that list. [How files are
detected](files-detection.md) has the figures.
"""


def page() -> str:
    """Returns the list as it stands in the documentation."""
    parts = [HEAD]
    for title, files in CORPUS.items():
        parts.append(f"## {title}\n\n| File | Comes in | Told |\n|---|---|---|")
        parts.append("\n".join(f"| {odd.kind} | {_outcome(odd)} | {_escaped(odd.told)} |" for odd in files) + "\n")
    return "\n".join(parts)


def _outcome(odd: Odd) -> str:
    return "Not, with the reason" if odd.table is None else "With a word" if odd.told else "Right"


def _escaped(told: str) -> str:
    return told.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
