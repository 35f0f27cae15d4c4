"""Values as JSON text, by encoders that are made once: `json` makes one for each value, in longer than a number takes.

They write what `json.dumps` does. They don't look for a value that contains itself: nothing that is stored does.
"""

from collections.abc import Callable
from json.encoder import (  # type: ignore[attr-defined]  # typeshed leaves out what json itself takes from C
    c_make_encoder,
    encode_basestring,
    encode_basestring_ascii,
)


def encoder(
    *, default: Callable[[object], object] | None = None, ensure_ascii: bool = False, sort_keys: bool = False
) -> Callable[[object], str]:
    """Returns a function that encodes a value as `json.dumps` does with these arguments."""
    quote = encode_basestring_ascii if ensure_ascii else encode_basestring
    chunks = c_make_encoder(None, default or _refuse, quote, None, ": ", ", ", sort_keys, False, True)

    def encode(value: object) -> str:
        # Most are texts, for which even an encoder that is made takes twice as long.
        return quote(value) if value.__class__ is str else "".join(chunks(value, 0))

    return encode


def _refuse(value: object) -> object:
    raise TypeError(f"Object of type {value.__class__.__name__} is not JSON serializable")
