"""The helper process that formulas run in: orders on stdin, answers on stdout, nothing else within reach.

A frame is four bytes of length and then JSON. The first one says why the kernel filters no system calls, or nothing:

    {"unfiltered": …}

Orders:

    {"order": "check"}                                 + the request    → {"loaded": true}, its answer
    {"order": "load", "script": …, "condition": …}                      → {"loaded": true} or {"error": …}
    {"order": "rows", "count": …, "singly": …, "seconds": …} + the rows → lists of outcomes

Outcomes: [0, value], [1] nothing, [2, error], [3, slot of the empty reference], [4] took too long, [5] out of memory.
"""

import ctypes
import importlib.machinery
import importlib.util
import json
import os
import re
import resource
import select
import signal
import struct
import sys
import time
from typing import Any

MEMORY = 64 << 20  # a context's, in bytes
STACK = 4 << 20  # of the eight megabytes that a main thread has
ADDRESS_SPACE = 768 << 20
OPEN_FILES = 3  # those that it starts with
SLICE = 0.1  # seconds a batch may go on before it reports what it has
LOADING = 5.0
INTERRUPTED = "[[4]]"
BROKEN = "[[5]]"
LOADED = '{"loaded": true}'
WORD = re.compile(r"[\w$]+")
OF_SPREADSHEETS = re.compile("[A-Z][A-Z0-9]*")
OF_JAVASCRIPT = {"JSON", "URL"}
OF_ALL = {"constructor", "globalThis"}  # who has these reaches a library without its name


def confine() -> None:
    """Gives up what a formula has no use for."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    if sys.platform == "linux":
        no_new_privileges = 38
        ctypes.CDLL(None).prctl(no_new_privileges, 1, 0, 0, 0)
    for limit, most in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(limit, (most, most))
        except (ValueError, OSError):  # macOS knows no limit of the address space
            continue


class Filter(ctypes.Structure):
    """A program of the kernel's, as `prctl` takes it."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def filter_calls(program: bytes) -> str:
    """Has the kernel refuse all system calls but those that those of the program. Returns why it can't, or nothing."""
    if not program:
        return f"Marl knows none for {os.uname().sysname} on {os.uname().machine}"
    seccomp, by_filter = 22, 2
    kernel = ctypes.CDLL(None, use_errno=True)
    if kernel.prctl(seccomp, by_filter, ctypes.byref(Filter(len(program) // 8, program)), 0, 0):
        return f"the kernel refuses it ({os.strerror(ctypes.get_errno())})"
    return ""


def allow(seconds: float) -> None:
    """The process ends itself when it is still busy after that: also when its parent is gone."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def read(size: int) -> bytes:
    pieces = []
    while size:
        piece = os.read(0, min(size, 1 << 20))
        if not piece:
            sys.exit()
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def receive() -> str:
    return read(struct.unpack(">I", read(4))[0]).decode()


def send(text: str) -> None:
    data = text.encode()
    data = struct.pack(">I", len(data)) + data
    while data:
        data = data[os.write(1, data) :]


def refused(message: str) -> str:
    return json.dumps({"problems": [{"message": message, "start": 0, "end": 0}]})


def used(script: str) -> tuple[bool, bool]:
    """Returns whether a formula may use lodash, and functions of spreadsheets. Words inside of texts count as well."""
    words = set(WORD.findall(script))
    of_all = not words.isdisjoint(OF_ALL)
    return of_all or "_" in words, of_all or any(map(OF_SPREADSHEETS.fullmatch, words - OF_JAVASCRIPT))


class Sandbox:
    """The context of one formula at a time, and one that checks."""

    def __init__(self, engine: Any, runtime: str, checker: str, *libraries: str) -> None:
        self.engine = engine
        self.runtime = runtime
        self.checker = checker
        self.libraries = libraries  # lodash and Formula.js
        self.checking: Any = None
        self.check: Any = None
        self.formula: Any = None  # the order that loaded it
        self.loaded: Any = None  # its context, and the function that runs it there

    def context(self) -> Any:
        context = self.engine.Context()
        context.set_memory_limit(MEMORY)
        context.set_max_stack_size(STACK)
        return context

    def open_check(self) -> None:
        if self.check is None:
            self.checking = self.context()
            self.checking.set_time_limit(LOADING)
            self.check = self.checking.eval(self.checker)

    def checked(self, request: str) -> str:
        try:
            return str(self.check(request))
        except self.engine.StackOverflow:
            return refused("The formula is nested too deeply.")
        except self.engine.JSException:
            self.check = None
            return refused("The formula is too long to check.")

    def load(self, order: Any) -> None:
        self.formula, self.loaded = order, None
        self.ready()

    def ready(self) -> Any:
        if self.loaded is None:
            context = self.context()
            context.set_time_limit(LOADING)
            script = self.formula["script"]
            needed = zip(self.libraries, used(script), strict=True)
            libraries = [context.eval(library) if is_used else None for library, is_used in needed]
            start = context.eval(self.runtime)
            self.loaded = context, start(context.eval(script), self.formula["condition"], *libraries)
        return self.loaded

    def run(self, order: Any, text: str) -> None:
        """Sends lists of outcomes. A context that ran out of memory is replaced."""
        count, limit = order["count"], order["seconds"] + SLICE
        most = 1 if order["singly"] else count
        done = 0
        while done < count:
            allow(LOADING + limit)
            context, run = self.ready()
            context.set_time_limit(limit)
            run("rows", json.dumps(json.loads(text)[done:]) if done else text)
            at = 0
            while done + at < count:
                allow(limit + 2)
                reached, ending = self.step(run, at, most)
                at = reached + bool(ending)
                if ending == BROKEN:
                    self.loaded = None
                    break
            done += at

    def step(self, run: Any, at: int, most: int) -> tuple[int, str]:
        """Returns how far it got, and the outcome of the row that it broke off at."""
        try:
            outcomes, ending = run("step", most), ""
        except (self.engine.JSException, self.engine.StackOverflow) as error:
            outcomes, ending = "", INTERRUPTED if "interrupted" in str(error) else BROKEN
        try:
            outcomes = outcomes or run("collect", None)
            at = run("position", None)
            if ending:
                run("skip", None)
        except (self.engine.JSException, self.engine.StackOverflow):
            outcomes, ending = "[]", BROKEN
        if outcomes != "[]":
            send(outcomes)
        if ending:
            send(ending)
        return at, ending


def engine(path: str) -> Any:
    """The JavaScript engine, from its one file: no folder of packages is on the path."""
    loader = importlib.machinery.ExtensionFileLoader("_quickjs", path)
    module = importlib.util.module_from_spec(importlib.machinery.ModuleSpec("_quickjs", loader, origin=path))
    loader.exec_module(module)
    return module


def text_of(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def serve(sandbox: Sandbox, idle: float) -> None:
    while select.select([0], [], [], idle)[0]:
        order = json.loads(receive())
        if order["order"] == "check":
            allow(2 * LOADING)
            sandbox.open_check()
            send(LOADED)
            send(sandbox.checked(receive()))
        elif order["order"] == "load":
            allow(2 * LOADING)
            try:
                sandbox.load(order)
                send(LOADED)
            except (sandbox.engine.JSException, sandbox.engine.StackOverflow) as error:
                send(json.dumps({"error": str(error)[:300]}))
        else:
            sandbox.run(order, receive())
        signal.setitimer(signal.ITIMER_REAL, 0)


def main() -> None:
    _, engine_path, *scripts, idle, program = sys.argv
    sandbox = Sandbox(engine(engine_path), *map(text_of, scripts))
    sys.path.clear()
    confine()
    send(json.dumps({"unfiltered": filter_calls(bytes.fromhex(program))}))
    serve(sandbox, float(idle))


if __name__ == "__main__":
    main()
