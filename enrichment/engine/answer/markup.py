"""Pages of HTML where something else was asked for: whether one is, and the line that says most."""

import re
from html import unescape

_LONGEST_PAGE = 4000  # characters that are searched for a title
_PAGE = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_FOR_NOW = re.compile(
    r"maintenance|(temporar|currently|momentarily).*(unavailable|offline|down|closed)|service unavailable"
    r"|be (right )?back|try again (later|soon|in )|down for|too many requests|overloaded"
    r"|bad gateway|gateway time-?out|\b50[234]\b"
    r"|wartung|mantenimiento|manutenção|manutenzione",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[a-zA-Z!/]")


def is_page(text: str, media_type: str) -> bool:
    """Whether it is a web page: by its type where it has tags, and by its beginning whatever the type says."""
    if media_type in ("text/html", "application/xhtml+xml"):
        return bool(_TAG.search(text[:_LONGEST_PAGE]))
    return bool(_PAGE.match(text[:_LONGEST_PAGE]))


def is_for_now(text: str) -> bool:
    """Whether it is a web page that says that the server can't answer just now."""
    return is_page(text, "") and _FOR_NOW.search(title_of(text)) is not None


def title_of(text: str) -> str:
    """Returns the title or heading of a page, or the first line of a text."""
    text = text[:_LONGEST_PAGE]
    if "<" in text:
        for tag in ("title", "h1", "h2", "p", "body"):
            if element := re.search(rf"<{tag}[^>]*>(.*?)</{tag}>", text, re.IGNORECASE | re.DOTALL):
                line = unescape(re.sub(r"<[^>]+>", " ", element[1])).strip()
                if line:
                    return line
        text = unescape(re.sub(r"<[^>]*>", " ", text)).strip()
    return text.splitlines()[0] if text else ""
