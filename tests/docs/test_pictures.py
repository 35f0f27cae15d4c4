"""The pictures of the documentation are made by the browser tests, and each is shown somewhere."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def shown() -> set[Path]:
    """Every picture that a page of the documentation names."""
    pages = [ROOT / "README.md", *DOCS.rglob("*.md")]
    return {
        (page.parent / name).resolve()
        for page in pages
        for name in re.findall(r"!\[[^]]*\]\((.+?)\)", page.read_text())
    }


def test_every_picture_is_shown_and_every_one_that_is_shown_is_there() -> None:
    assert shown() == set(DOCS.rglob("*.png"))


def test_every_picture_is_made_by_a_test() -> None:
    tests = "".join(file.read_text() for file in (ROOT / "tests" / "e2e").glob("test_*.py"))
    made = {(DOCS / f"{name}.png").resolve() for name in re.findall(r'picture\(\w+, "(.+?)"\)', tests)}
    assert made == shown()
