"""Code that runs in a formula's helper itself, as if it had broken out of JavaScript: it still gets nowhere."""

import logging
import os
import signal
import struct
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from enrichment.engine import formula
from enrichment.engine.sandbox import process, system_calls

CHILD = process.FOLDER / "child.py"
FILTER = "assert child.filter_calls(program) == '', child.filter_calls(program)"
LIMITS = "child.confine()"

linux = pytest.mark.skipif(sys.platform != "linux", reason="the filter is the Linux kernel's")


@pytest.fixture(autouse=True)
def no_process_stays() -> Iterator[None]:
    process.close()
    yield
    process.close()


def attack(wall: str, code: str, prepared: str = "") -> subprocess.CompletedProcess[str]:
    """Runs code in a process that starts as a helper does, behind a wall. It writes why it was refused, or "done"."""
    program = f"""
import ctypes, importlib.machinery, mmap, os, resource, socket, sys, _thread
child = importlib.machinery.SourceFileLoader("child", {str(CHILD)!r}).load_module("child")
program = bytes.fromhex(sys.argv[1])
{textwrap.dedent(prepared)}
{wall}
try:
    {code}
except OSError as error:
    os.write(1, os.strerror(error.errno).encode())
except RuntimeError as error:
    os.write(1, str(error).encode())
else:
    os.write(1, b"done")
"""
    helper = [sys.executable, "-I", "-S", "-W", "ignore", "-c", program, system_calls.program().hex()]
    return subprocess.run(helper, capture_output=True, text=True, timeout=60, env={}, cwd="/")


ATTACKS = {
    "a socket": "socket.socket()",
    "a socket of this machine": "socket.socket(socket.AF_UNIX)",
    "a pair of sockets": "socket.socketpair()",
    "a file that is read": "os.open('/etc/passwd', os.O_RDONLY)",
    "a file that is written": "os.open('/dev/null', os.O_WRONLY | os.O_CREAT)",
    "a folder": "os.listdir('/')",
    "a file's size": "os.stat('/etc/passwd')",
    "a file of memory": "os.memfd_create('x')",
    "a pipe": "os.pipe()",
    "another program": "os.execv('/bin/echo', ['echo', '-n', 'done'])",
    "another program beside it": "os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)",
    "a copy of itself": "os.fork() or os._exit(0)",
    "a thread": "_thread.start_new_thread(print, ())",
    "a signal to the app": "os.kill(os.getppid(), 0)",
    "higher limits": "resource.setrlimit(resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE))",
    "memory for code": "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)",
}


@linux
@pytest.mark.parametrize("code", ATTACKS.values(), ids=ATTACKS.keys())
def test_the_kernel_refuses_what_would_work_without_the_filter(code: str) -> None:
    assert attack("", code).stdout.startswith("done")
    assert attack(FILTER, code).stdout in ("Operation not permitted", "can't start new thread")


@pytest.mark.parametrize("name", ["a socket", "a file that is read", "a pair of sockets", "a pipe", "a folder"])
def test_limits_alone_leave_no_file_and_no_socket(name: str) -> None:
    assert attack(LIMITS, ATTACKS[name]).stdout == "Too many open files"


@linux
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="only there, calls have other numbers as well")
def test_whoever_uses_the_numbers_of_another_architecture_is_ended() -> None:
    second_numbering = attack(FILTER, "ctypes.CDLL(None).syscall(0x40000000 + 39)")
    assert second_numbering.returncode == -signal.SIGSYS
    machine_code = """
        memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        memory.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20; int 0x80; ret
        call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))
    """
    assert attack(FILTER, "call()", machine_code).returncode == -signal.SIGSYS


@linux
def test_the_helpers_of_formulas_are_behind_the_filter() -> None:
    assert process.unfiltered() == ""
    [helper] = process._pool.free
    status = Path(f"/proc/{helper.popen.pid}/status").read_text()
    assert "Seccomp:\t2" in status


@pytest.mark.parametrize(
    ("program", "reason"),
    [(b"", "Marl knows none for"), pytest.param(bytes(8), "the kernel refuses it (Invalid argument)", marks=linux)],
    ids=["no filter for this machine", "a kernel that refuses it"],
)
def test_without_a_filter_formulas_work_and_the_log_says_so_once(
    program: bytes, reason: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    process._tell.cache_clear()
    monkeypatch.setattr(system_calls, "program", lambda: program)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            with formula.Evaluators() as evaluators:
                found = evaluators.evaluate(formula.compile("{{A}} + 1", {1: "A"}), [{1: 1}])
            assert [one.value for one in found] == [2]
            assert reason in process.unfiltered()
            process.close()
    [told] = caplog.messages
    assert "without the filter of system calls" in told
    assert reason in told


def verdict(program: bytes, architecture: int, number: int, *arguments: int) -> str:
    """Returns what becomes of a call, as the kernel of another machine would find it."""
    seen = struct.pack("=IIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    place = value = 0
    while True:
        instruction, if_true, if_false, operand = struct.unpack_from("=HBBI", program, 8 * place)
        match instruction:
            case 0x06:
                return {0x7FFF0000: "allowed", 0x80000000: "ended", 0x00050001: "refused"}[operand]
            case 0x20:
                value = struct.unpack_from("=I", seen, operand)[0]
            case _:
                holds = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}[instruction]
                place += if_true if holds else if_false
        place += 1


def test_the_filter_of_arm_lets_the_same_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(["Linux", "", "", "", "aarch64"]))
    monkeypatch.setattr(sys, "platform", "linux")
    program, arm, intel = system_calls.program(), 0xC00000B7, 0xC000003E
    read, openat, memory_map, socket, clone, execve, limit = 63, 56, 222, 198, 220, 221, 261
    assert verdict(program, arm, read) == "allowed"
    assert [verdict(program, arm, call) for call in (openat, socket, clone, execve)] == ["refused"] * 4
    assert verdict(program, arm, memory_map, 0, 4096, 3) == "allowed"
    assert verdict(program, arm, memory_map, 0, 4096, 7) == "refused"
    assert verdict(program, arm, limit, 0, 0) == "allowed"
    assert verdict(program, arm, limit, 0, 7) == verdict(program, arm, limit, 1, 0) == "refused"
    assert verdict(program, intel, read) == "ended"
