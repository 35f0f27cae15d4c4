"""Reads what a backup holds, and notices where it isn't what was written."""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from workspaces.backups import manifest
from workspaces.backups.manifest import Stored, Table
from workspaces.backups.progress import Progress, Say
from workspaces.refusals import Refused

_BLOCK = 1 << 20  # bytes


def verify(path: Path, say: Say) -> None:
    """Raises Refused unless all is there as it was written."""
    archive, described = manifest.opened(path)
    progress = Progress(say)
    with archive:
        for part in described.parts:
            for number, _ in enumerate(blocks(archive, part)):
                progress.at(f"checked of {part.entry}, in MiB", number)


def blocks(archive: zipfile.ZipFile, part: Table | Stored) -> Iterator[bytes]:
    """Returns an entry in pieces; its end comes only if it was whole. Raises Refused."""
    size, lines, digest = 0, 0, hashlib.sha256()
    try:
        with archive.open(part.entry) as entry:
            while block := entry.read(_BLOCK):
                size += len(block)
                lines += block.count(b"\n")
                digest.update(block)
                yield block
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise Refused(f"The backup is broken: {part.entry} can't be read ({error}). Take another backup.") from error
    if size != part.bytes or digest.hexdigest() != part.sha256 or (isinstance(part, Table) and lines != part.rows):
        raise Refused(f"The backup is broken: {part.entry} isn't what was written. Take another backup.")


def lines(archive: zipfile.ZipFile, table: Table) -> Iterator[str]:
    """Returns the rows of a table as text, without the ends of their lines. Raises Refused."""
    rest = b""
    for block in blocks(archive, table):
        *whole, rest = (rest + block).split(b"\n")
        yield from (line.decode() for line in whole)
