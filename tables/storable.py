"""What databases store of a text; parsers use it in processes of their own, without Django."""

from typing import Any


def storable(value: Any) -> Any:
    """Returns the JSON value without U+0000 and with U+FFFD for half a surrogate pair: no database takes them."""
    if isinstance(value, str):
        text = value.replace("\0", "")
        try:
            text.encode()
        except UnicodeEncodeError:
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return value
