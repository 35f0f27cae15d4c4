"""Python runs this at its start when this folder is on PYTHONPATH: a wall clock that is wrong by what a file says.

Only what is asked for the present moment changes; monotonic clocks go on, as they do when a machine's clock is set.
"""

import ctypes
import datetime
import gc
import mmap
import os
import struct
import time

with open(os.environ["MARL_TEST_CLOCK"], "rb") as _file:
    _error = mmap.mmap(_file.fileno(), 8, access=mmap.ACCESS_READ)
_time, _time_ns, _now = time.time, time.time_ns, datetime.datetime.now


def seconds() -> float:
    """How far the clock is ahead."""
    (ahead,) = struct.unpack("d", _error)
    return float(ahead)


def now(_kind: type, tz: datetime.tzinfo | None = None) -> datetime.datetime:
    return _now(tz) + datetime.timedelta(seconds=seconds())


def utcnow(_kind: type) -> datetime.datetime:
    return now(_kind, datetime.UTC).replace(tzinfo=None)


time.time = lambda: _time() + seconds()
time.time_ns = lambda: _time_ns() + round(seconds() * 1e9)
# In place, because a class instead of the real one would be found out: types written in C let nobody set an attribute.
[_members] = gc.get_referents(datetime.datetime.__dict__)
_members.update(now=classmethod(now), today=classmethod(now), utcnow=classmethod(utcnow))
ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))
