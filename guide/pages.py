"""The pages of docs/ as the app shows them: HTML, and the sections that the search goes through."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER: Path = settings.BASE_DIR / "docs"
PICTURES = FOLDER / "guide" / "images"
# In the order in which a new user reads them, under the titles of the list.
CHAPTERS: dict[str, tuple[str, ...]] = {
    "Start": ("quickstart", "columns", "signing-in", "members"),
    "Tables": ("grid", "views", "keys", "files", "sources", "trash"),
    "Columns": ("recipes", "references", "connections", "shapes", "formulas", "lookups", "updates", "schedules"),
    "Results": ("runs", "answers", "servers", "assistants"),
    "Reference": ("api", "files-odd", "operations", "security", "licences"),
}
NAMES = tuple(name for names in CHAPTERS.values() for name in names)

PREFIX = "guide-"  # of anchors

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True, slots=True)
class Section:
    """What stands below one heading, as plain text; the first section of a page has its title."""

    title: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    title: str
    html: SafeString
    sections: tuple[Section, ...]


@cache
def page(name: str) -> Page:
    """Returns a page. Raises LookupError for a name that none has."""
    if name not in NAMES:
        raise LookupError(name)
    tokens = _markdown.parse(_source(name).read_text())
    _name_headings(tokens)
    for token in tokens:
        _lead_inside(token.children or ())
    # Safe: the pages are Marl's own, and HTML in them is written out as text.
    html = mark_safe(_markdown.renderer.render(tokens, _markdown.options, {}))  # noqa: S308
    sections = _sections(tokens)
    return Page(name, sections[0].title, html, sections)


def address(page: Page, section: Section) -> str:
    return f"{reverse('help_page', args=[page.name])}#{section.anchor}"


def _source(name: str) -> Path:
    in_guide = FOLDER / "guide" / f"{name}.md"
    return in_guide if in_guide.exists() else FOLDER / f"{name}.md"


def anchor(title: str) -> str:
    """Returns the name of a heading as GitHub makes it, after a prefix: no part of the app has this name."""
    kept = re.sub(r"[^\w\- ]", "", unicodedata.normalize("NFC", title).lower())
    return PREFIX + kept.replace(" ", "-")


def _name_headings(tokens: list[Token]) -> None:
    for opening, content in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", anchor(_text(content)))


def _lead_inside(tokens: list[Token] | tuple[Token, ...]) -> None:
    """Turns links and pictures of the files into addresses of the app; a link to a file that is no page is text."""
    for token in tokens:
        if token.type == "image":
            token.attrSet("src", reverse("help_picture", args=[Path(str(token.attrs["src"])).name]))
        elif token.type == "link_open":
            token.attrSet("href", _address(str(token.attrs["href"])))


def _address(target: str) -> str:
    parts = urlsplit(target)
    if parts.scheme:
        return target
    fragment = f"#{PREFIX}{parts.fragment}" if parts.fragment else ""
    if not parts.path:
        return fragment
    name = Path(parts.path).stem
    known = name in NAMES and parts.path.endswith(".md")
    return reverse("help_page", args=[name]) + fragment if known else reverse("help")


def _sections(tokens: list[Token]) -> tuple[Section, ...]:
    found: list[tuple[str, str, list[str]]] = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        if before and before.type == "heading_open":
            found.append((_text(token), str(before.attrs["id"]), []))
        elif found and token.type in ("inline", "fence", "code_block"):
            found[-1][2].append(_text(token))
    return tuple(Section(title, name, " ".join(texts)) for title, name, texts in found)


def _text(token: Token) -> str:
    """Returns what a reader sees of a token."""
    if token.children is None:
        return token.content
    return "".join(" " if child.type == "softbreak" else child.content for child in token.children)
