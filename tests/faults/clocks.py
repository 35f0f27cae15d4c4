"""Wall clocks that jump: each process reads from a file, as it goes on, how wrong its own is."""

import struct
from pathlib import Path

PATCH = Path(__file__).parent / "clock"


def environment(clock: Path) -> dict[str, str]:
    """Of a process with this clock, which is right at first."""
    clock.write_bytes(struct.pack("d", 0.0))
    return {"PYTHONPATH": str(PATCH), "MARL_TEST_CLOCK": str(clock)}


def set_ahead(clock: Path, hours: float) -> None:
    with clock.open("r+b") as file:  # in place: the process has it mapped
        file.write(struct.pack("d", hours * 3600))
