"""What a formula's helper may still ask of the kernel, as a seccomp filter: memory, time, and its two pipes.

It is a program of classic BPF, which looks at a call's architecture, number and arguments, and says what becomes of it.
Everything that isn't listed is refused: files, sockets, processes, signals to others.
"""

import errno
import os
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # instructions
_ALLOWED, _ENDED, _REFUSED = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM  # what becomes of a call
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # where they stand in what the program sees
_EXECUTABLE = 4  # memory that code can be run from
_OTHER_NUMBERS = 0x40000000  # calls of x86-64's second, 32-bit numbering start there
_CPU_TIME = 0  # the one limit that a helper sets for itself


@dataclass(frozen=True, slots=True)
class _Machine:
    architecture: int
    calls: Mapping[str, int]


_X86_64 = _Machine(
    0xC000003E,
    {
        "read": 0, "write": 1, "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13,
        "rt_sigprocmask": 14, "rt_sigreturn": 15, "select": 23, "sched_yield": 24, "mremap": 25, "madvise": 28,
        "setitimer": 38, "exit": 60, "gettimeofday": 96, "getrusage": 98, "futex": 202, "restart_syscall": 219,
        "clock_gettime": 228, "clock_getres": 229, "exit_group": 231, "pselect6": 270, "prlimit64": 302,
        "getrandom": 318,
    },
)  # fmt: skip
_ARM_64 = _Machine(
    0xC00000B7,
    {
        "read": 63, "write": 64, "pselect6": 72, "exit": 93, "exit_group": 94, "futex": 98, "setitimer": 103,
        "clock_gettime": 113, "clock_getres": 114, "sched_yield": 124, "restart_syscall": 128, "rt_sigaction": 134,
        "rt_sigprocmask": 135, "rt_sigreturn": 139, "getrusage": 165, "gettimeofday": 169, "brk": 214, "munmap": 215,
        "mremap": 216, "mmap": 222, "mprotect": 226, "madvise": 233, "prlimit64": 261, "getrandom": 278,
    },
)  # fmt: skip
_MACHINES = {"x86_64": _X86_64, "aarch64": _ARM_64}


def program() -> bytes:
    """Returns the filter for this machine, empty where none is known."""
    machine = _MACHINES.get(os.uname().machine)
    if sys.platform != "linux" or machine is None or sys.maxsize < 1 << 32:
        return b""
    return b"".join([*_native_only(machine), *_listed_only(machine)])


def _native_only(machine: _Machine) -> list[bytes]:
    """Ends a process that uses the numbers of another architecture: there they mean other calls."""
    instructions = [_load(_ARCHITECTURE), _step(_EQUAL, machine.architecture, 1, 0), _become(_ENDED), _load(_NUMBER)]
    if machine is _X86_64:
        instructions += [_step(_AT_LEAST, _OTHER_NUMBERS, 0, 1), _become(_ENDED)]
    return instructions


def _listed_only(machine: _Machine) -> list[bytes]:
    conditions = {
        "mmap": [*_no_code(2)],
        "mprotect": [*_no_code(2)],
        "prlimit64": [*_equals(0, 0), *_equals(1, _CPU_TIME)],
    }
    instructions = []
    for name, number in machine.calls.items():
        allowing = [*conditions.get(name, []), _become(_ALLOWED)]
        instructions += [_step(_EQUAL, number, 0, len(allowing)), *allowing]
    return [*instructions, _become(_REFUSED)]


def _no_code(argument: int) -> list[bytes]:
    return [_load_argument(argument), _step(_ANY_BIT, _EXECUTABLE, 0, 1), _become(_REFUSED)]


def _equals(argument: int, value: int) -> list[bytes]:
    return [_load_argument(argument), _step(_EQUAL, value, 1, 0), _become(_REFUSED)]


def _load_argument(argument: int) -> bytes:
    """Loads its lower half, where the flags, limits and process ids are that are looked at."""
    return _load(_ARGUMENTS + 8 * argument)


def _load(place: int) -> bytes:
    return _step(_LOAD, place)


def _become(what: int) -> bytes:
    return _step(_RETURN, what)


def _step(instruction: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """Returns an instruction, with how many of the next ones a comparison skips."""
    return struct.pack("=HBBI", instruction, if_true, if_false, value)
