"""What a file with the suffix of a workbook really is, by its first bytes and parts."""

import codecs
import zipfile
from pathlib import Path

from tables.imports.readers.answering import Unreadable
from tables.imports.readers.spreadsheets.calamine import LOCKED

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def kind_of(path: Path) -> str:
    """Returns xlsx, xlsb, ods or xls, whatever the file is called. Raises Unreadable for what is no workbook."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK"):
        return _kind_of_archive(path)
    if head.startswith(_OLE):
        if _ENCRYPTED in path.read_bytes():
            raise Unreadable(LOCKED)
        return "xls"
    if head[:2] in (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08"):  # XLS before 1995 has no container
        return "xls"
    raise Unreadable(_told(head, path.suffix))


def _kind_of_archive(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.replace("\\", "/").lstrip("/").lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError):
        words = "This workbook is damaged, or only a part of it arrived. Save it again and upload it."
        raise Unreadable(words) from None
    if "[content_types].xml" in names:
        return "xlsb" if "xl/workbook.bin" in names else "xlsx"
    if "content.xml" in names:
        return "ods"
    raise Unreadable("This is not an XLSX file but another archive. Save it as XLSX or CSV and upload it again.")


def _told(head: bytes, suffix: str) -> str:
    """Returns what to say of a file that is no workbook at all."""
    text = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if text.startswith((b"<html", b"<!doctype html", b"<table", b"<head", b"<meta")):
        kind = "a web page"
    elif text.startswith(b"<"):
        kind = "an XML file"
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or (head and b"\0" not in head):
        words = f"This is not an XLSX file but text under the name {suffix}. Rename it to .csv and upload it again."
        return words if suffix == ".xlsx" else words.replace("an XLSX file", "a workbook")
    else:
        return "This is not an XLSX file. Save it as XLSX or CSV and upload it again."
    return (
        f"This is not a workbook but {kind} under the name {suffix}. Open it in Excel, save it as XLSX and upload that."
    )
