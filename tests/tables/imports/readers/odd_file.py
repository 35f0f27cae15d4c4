"""What an odd file is: its bytes, the table that they are, and the words that an import tells of it."""

from collections.abc import Sequence
from dataclasses import dataclass

type Table = Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True)
class Odd:
    """`table` begins with the names; None where the file is refused. `told` are the words, a part of them or all."""

    kind: str
    content: bytes
    table: Table | None
    told: str = ""
    suffix: str = ".csv"
