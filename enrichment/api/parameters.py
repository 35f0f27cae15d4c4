"""What a request may say: a name that an operation doesn't know is refused, in the query, in forms and in bodies.

Passed over, a slip such as `limt=10` or `filtr=[…]` would be answered as if nothing was asked. Whoever calls an address
without a token (webhooks and call-backs) may be a program that adds parameters of its own, so they take any; a webhook
refuses those that look like its own (`hooks`).
"""

import inspect
import json
from collections.abc import Callable, Collection, Iterable
from difflib import get_close_matches
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja.operation import Operation

from enrichment.engine.errors import InvalidSettings, Problem

_QUERY, _FORM, _FILE, _BODY = "query", "form", "file", "body"


def noting_unknown(run: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Wraps the whole of an operation: tells what it wraps, once it is known who asks, what is to be refused."""
    operation = inspect.unwrap(run).__self__
    assert isinstance(operation, Operation)
    check = _checker(operation)

    @wraps(run)
    def wrapper(request: HttpRequest, *args: Any, **given: Any) -> HttpResponseBase:
        request.check_names = check  # type: ignore[attr-defined]
        return run(request, *args, **given)

    return wrapper


def refusing_unknown[**Given](view: Callable[Given, Any]) -> Callable[Given, Any]:
    """Wraps what an operation does, before anything else is done."""

    @wraps(view)
    def wrapper(*args: Given.args, **given: Given.kwargs) -> Any:
        request: Any = args[0]
        request.check_names(request)
        return view(*args, **given)

    return wrapper


def refuse_unknown(given: Iterable[str], known: Collection[str], what: str = "parameter") -> None:
    """Raises InvalidSettings for every name that is not known, with the known one that it may have been meant for."""
    problems = []
    for name in given:
        if name not in known:
            close = get_close_matches(name, known, 1)
            words = f"There is no {what} “{name[:60]}” here." + (f" Did you mean “{close[0]}”?" if close else "")
            problems.append(Problem(words, field=name[:60]))
    if problems:
        raise InvalidSettings(problems)


def _checker(operation: Operation) -> Callable[[HttpRequest], None]:
    known = {source: _names(operation, source) for source in (_QUERY, _FORM, _FILE)}
    sources = {model.__ninja_param_source__ for model in operation.models}

    def check(request: HttpRequest) -> None:
        if not operation.auth_callbacks:
            return
        refuse_unknown(request.GET, known[_QUERY])
        _refuse_repeated(request)
        if sources & {_FORM, _FILE}:
            refuse_unknown([*request.POST, *request.FILES], known[_FORM] | known[_FILE], "field")
        elif _BODY not in sources:
            refuse_unknown(_fields(request.body), (), "field")

    return check


def _refuse_repeated(request: HttpRequest) -> None:
    """Raises InvalidSettings: of several values, only one would be read."""
    repeated = [name for name, values in request.GET.lists() if len(values) > 1]
    if repeated:
        raise InvalidSettings([Problem(f"“{name}” is there more than once. Send it once.", name) for name in repeated])


def _names(operation: Operation, source: str) -> set[str]:
    models = [model for model in operation.models if model.__ninja_param_source__ == source]
    return {name for model in models for name in getattr(model, "__ninja_flatten_map__", model.model_fields)}


def _fields(body: bytes) -> Iterable[str]:
    """Returns the names in a body of an operation that takes none; what isn't an object says nothing."""
    try:
        found = json.loads(body) if body else None
    except ValueError:
        return ()
    return found if isinstance(found, dict) else ()
