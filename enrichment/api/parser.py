"""Bodies as JSON, refused in words where they are none."""

import json
import math
import re
from decimal import Decimal
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from workspaces.refusals import Refused

# Only what Python reads as a number that JSON doesn't have, or as text that is none, has to be looked at twice.
_SUSPICIOUS = re.compile(rb"NaN|Infinity|[eE]\+?\d{3}|\d{300}|\\u[dD][89a-fA-F]")


class JsonParser(Parser):
    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Raises Refused."""
        try:
            body: dict[str, Any] = json.loads(request.body, parse_float=_exact)
            if _SUSPICIOUS.search(request.body):
                json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        except json.JSONDecodeError as error:
            _refuse(f"The body is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.")
        except UnicodeEncodeError:
            _refuse(r"A text in the body has half of a surrogate pair, such as \ud800. Send both halves, or neither.")
        except UnicodeDecodeError as error:
            _refuse(f"The body is not UTF-8: byte {error.start + 1} can't be read.")
        except RecursionError:
            _refuse("The body is nested too deeply.")
        except ValueError:
            _refuse("A number in the body is too large, or it is NaN or Infinity, which JSON doesn't have.")
        return body


def _exact(text: str) -> float:
    """Returns the number. Raises Refused where it would have other digits than were sent."""
    number = float(text)
    if math.isfinite(number) and Decimal(text) != Decimal(repr(number)):
        _refuse(f"The number {text[:60]} has more digits than Marl keeps of one. Send it as text, in quotes.")
    return number


def _refuse(words: str) -> NoReturn:
    raise Refused(words, code="malformed", status=400)
