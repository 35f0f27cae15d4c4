"""The search of the guide: the sections that have every word that was typed."""

import re
from dataclasses import dataclass

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from guide import pages

MOST = 20  # results
_AROUND = 90  # characters before and after the first word that is found


@dataclass(frozen=True, slots=True)
class Hit:
    page: pages.Page
    section: pages.Section
    excerpt: SafeString


def find(typed: str) -> list[Hit]:
    """Returns the sections that have all words, those that have them in their title first."""
    words = typed.casefold().split()
    if not words:
        return []
    ranked = [
        (-_rank(words, page, section), index, Hit(page, section, _excerpt(section.text, words)))
        for index, (page, section) in enumerate(_sections())
        if all(word in f"{page.title} {section.title} {section.text}".casefold() for word in words)
    ]
    return [hit for *_, hit in sorted(ranked, key=lambda item: item[:2])][:MOST]


def _sections() -> list[tuple[pages.Page, pages.Section]]:
    all_pages = [pages.page(name) for name in pages.NAMES]
    return [(page, section) for page in all_pages for section in page.sections]


def _rank(words: list[str], page: pages.Page, section: pages.Section) -> int:
    """Counts a word of the section's title ten times, and one of the page's title five times."""
    return sum(10 * (word in section.title.casefold()) + 5 * (word in page.title.casefold()) for word in words)


def _excerpt(text: str, words: list[str]) -> SafeString:
    """Returns the surroundings of the first word, with every word marked."""
    pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
    first = pattern.search(text)
    middle = first.start() if first else 0
    start = max(0, middle - _AROUND)
    piece = text[start : middle + 2 * _AROUND]
    shown = f"{'… ' if start else ''}{piece}{' …' if len(text) > start + len(piece) else ''}"
    return format_html_join("", "{}<mark>{}</mark>", _parts(shown, pattern))


def _parts(text: str, pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """Returns pairs of what is not marked and what is marked after it."""
    places = [match.span() for match in pattern.finditer(text)]
    starts = [0, *(end for _, end in places)]
    ends = [*places, (len(text), len(text))]
    return [(text[start:begin], text[begin:end]) for start, (begin, end) in zip(starts, ends, strict=True)]
