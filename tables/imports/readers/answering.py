"""The part of a parser's process that its caller hears: see `child`.

A parser is called as `python -m MODULE PATH OPTIONS`. OPTIONS is a JSON object with the bounds `memory` in bytes and
`seconds` of processor time. It writes messages as lines of JSON: {"about": {…}}, {"rows": [[line, values]…]}…, then
{"end": true}; or {"refused": [message, option]}. In the place of its values, a line may have words about them.
"""

import json
import resource
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import batched, chain, islice
from pathlib import Path
from typing import Any

_BATCH = 500  # rows a message
_FIRST = 250  # rows in the first message, about as many as a preview asks for

type Answer = tuple[Mapping[str, Any], Iterator[tuple[int, Sequence[Any] | str]]]  # about the file, and its rows
type Open = Callable[[Path, Mapping[str, Any]], Answer]


class Unreadable(Exception):
    """Says what is wrong and what to do; `field` names the option that it is about."""

    def __init__(self, message: str, field: str = "file") -> None:
        super().__init__(message)
        self.field = field


def answer(opened: Open) -> None:
    """Reads the file of the command line to its end, within its bounds."""
    path, options = Path(sys.argv[1]), json.loads(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_CPU, (options["seconds"], options["seconds"]))
    resource.setrlimit(resource.RLIMIT_AS, (options["memory"], options["memory"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        about, rows = opened(path, options)
        first = list(islice(rows, _FIRST))
        _say({"about": about})
        for batch in chain([first], batched(rows, _BATCH)):
            _say({"rows": batch})
        _say({"end": True})
    except Unreadable as refusal:
        _say({"refused": [str(refusal), refusal.field]})
    except MemoryError:
        _say({"refused": ["This file needs more memory than there is for one. Save it as CSV.", "file"]})


def _say(message: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
