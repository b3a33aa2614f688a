"""Talks to callgrind from inside the process that it runs.

Valgrind sees a request in an instruction sequence that does nothing otherwise (valgrind.h, "client requests"); a C
compiler would put it in place of a macro, here it is called as a function in a page of its own.
"""

from __future__ import annotations

import ctypes
import mmap
import platform

# int64 request(const int64 arguments[6]): the arguments where valgrind looks for them, the sequence, the result.
_CODE = {"x86_64": "4889f8 31d2 48c1c703 48c1c70d 48c1c73d 48c1c733 4887db 4889d0 c3"}
_CALLGRIND = ord("C") << 24 | ord("T") << 16
_DUMP, _ZERO, _START, _STOP = _CALLGRIND, _CALLGRIND + 1, _CALLGRIND + 4, _CALLGRIND + 5
_RUNNING_ON_VALGRIND = 0x1001


class Callgrind:
    """Turns the counting on and off, and writes what was counted. Without valgrind nothing happens."""

    def __init__(self) -> None:
        machine = platform.machine()
        if machine not in _CODE:
            raise RuntimeError(f"how to ask valgrind on {machine} is not known here; known: {', '.join(_CODE)}")
        code = bytes.fromhex(_CODE[machine])
        self._page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        self._page.write(code)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._page))
        self._call = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(address)

    def _ask(self, request: int) -> int:
        arguments = (ctypes.c_int64 * 6)(request)
        answer: int = self._call(ctypes.addressof(arguments))
        return answer

    @property
    def is_running(self) -> bool:
        return self._ask(_RUNNING_ON_VALGRIND) > 0

    def start(self) -> None:
        self._ask(_START)

    def stop(self) -> None:
        self._ask(_STOP)

    def zero(self) -> None:
        """Forget what was counted so far."""
        self._ask(_ZERO)

    def dump(self) -> None:
        """Write what was counted since the last `zero` or `dump` into the next file."""
        self._ask(_DUMP)
