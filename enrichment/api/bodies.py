"""Bodies of requests whose fields are all known."""

from ninja import Schema
from pydantic import ConfigDict


class Body(Schema):
    """Refuses a field that it lacks: passed over, a slip such as `onmatch` would do something else than was meant."""

    model_config = ConfigDict(extra="forbid")
