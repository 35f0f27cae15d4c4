"""What a row sends after its first request, in words: the answers that it depends on are not there yet."""

from enrichment.connections.redaction import HIDDEN
from enrichment.engine.shapes.words import duration
from enrichment.runs import callbacks
from enrichment.schema import Callback, HttpConfig, Pages, Poll


def steps(config: HttpConfig) -> list[dict[str, str]]:
    """Returns [{"part", "method", "url", "words"}] in order."""
    asks = [_asks(config.poll)] if config.poll else []
    called = [_called(config.callback)] if config.callback else []
    return called + asks + ([_pages(config)] if config.pages else [])


def _called(settings: Callback) -> dict[str, str]:
    words = f"The API calls back, within {duration(settings.for_ms)}"
    return {"part": "called back", "method": "POST", "url": callbacks.address_of(HIDDEN), "words": words}


def _pages(config: HttpConfig) -> dict[str, str]:
    pages = config.pages or Pages()
    where = {
        "next_url": f"at {pages.next}, as an answer says",
        "link_header": "as the Link header of an answer says",
        "cursor": f"with {pages.parameter or '{{cursor}}'} from {pages.next}",
        "page": f"with {pages.parameter or '{{cursor}}'} counted up",
        "offset": f"with {pages.parameter or '{{cursor}}'} counted up",
    }[pages.by]
    words = f"Fetches the next page {where}, for up to {pages.max_pages} pages or {pages.max_items:,} items"
    return {"part": "page 2", "method": "GET" if config.poll else config.method, "url": "", "words": words}


def _asks(poll: Poll) -> dict[str, str]:
    words = f"Asks every {duration(poll.every_ms)}, for up to {duration(poll.for_ms)}, until {poll.until.strip()}"
    url = poll.url.strip() or "Where the first answer says, or else the same address"
    return {"part": "asked", "method": "GET", "url": url, "words": words}
