"""How long to wait before the next try."""

import random

FIRST = 1.0  # seconds
LONGEST = 60.0


def delay(attempt: int, rng: random.Random | None = None) -> float:
    """Seconds before try `attempt` + 1: doubled each time, and spread so that rows do not come back together."""
    whole = min(LONGEST, FIRST * 2 ** (attempt - 1))
    return (rng or random).uniform(whole / 2, whole)
