"""ETag and If-Match: a change that is meant for what someone has seen, and is refused once it is another."""

import hashlib
import inspect
import json
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Annotated, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from ninja import Header

from workspaces.refusals import Refused

IfMatch = Annotated[str | None, Header(None, alias="If-Match", description="The ETag of what you have seen.")]
_COUNTED = ("counts", "stale", "handed_down")  # changes without anybody's doing
_BY_THE_CLOCK = ("next_at", "ran_at", "refusal")


class Changed(Refused):
    """`current` is what is there now, as the API gives it, and `tag` its ETag."""

    def __init__(self, current: dict[str, Any], tag: str) -> None:
        super().__init__("This was changed meanwhile. `current` is what it is now.", code="changed", status=412)
        self.current = current
        self.tag = tag


def of_column(column: dict[str, Any]) -> str:
    """Returns the tag of a column as the API gives it: of its settings, not of what its cells have come to."""
    settings = {name: value for name, value in column.items() if name not in _COUNTED}
    if schedule := settings["schedule"]:
        settings["schedule"] = {name: value for name, value in schedule.items() if name not in _BY_THE_CLOCK}
    return _tag(settings)


def of_row(row: dict[str, Any]) -> str:
    """Returns the tag of a row as the API gives it: of the cells that people fill."""
    return _tag({pk: cell["value"] for pk, cell in row["cells"].items() if "state" not in cell})


def of_members(access: str, items: Iterable[dict[str, Any]]) -> str:
    """Returns the tag of whom a table is for, told of people by their roles and not by their names."""
    return _tag([access, sorted((item["user_id"], item["role"]) for item in items)])


def _tag(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, cls=DjangoJSONEncoder)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


def check(if_match: str | None, current: dict[str, Any], tag: str) -> None:
    """Raises Changed. A proxy that compresses makes a tag a weak one, which is the same version nevertheless."""
    if if_match and if_match.strip() != "*":
        wanted = {given.removeprefix("W/") for given in parse_etags(if_match)}
        if tag not in wanted:
            raise Changed(current, tag)


def refusing_unread[**Given](view: Callable[Given, Any]) -> Callable[Given, Any]:
    """Wraps what an operation does: whoever says `If-Match` must not be answered as if it had been looked at."""
    reads = "if_match" in inspect.signature(inspect.unwrap(view)).parameters

    @wraps(view)
    def wrapper(*args: Given.args, **given: Given.kwargs) -> Any:
        request = args[0]
        assert isinstance(request, HttpRequest)
        changes = request.method not in ("GET", "HEAD") and getattr(request, "auth", None)
        if changes and not reads and request.headers.get("If-Match", "*").strip() != "*":
            words = (
                "This operation compares no versions. Send it without If-Match, or change one row or column at a time."
            )
            raise Refused(words, field="If-Match")
        return view(*args, **given)

    return wrapper


def tagged(response: HttpResponse, answer: dict[str, Any], tag: str) -> dict[str, Any]:
    response["ETag"] = tag
    return answer
