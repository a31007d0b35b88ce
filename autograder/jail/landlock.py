"""Landlock: which files, ports and processes a process may reach, decided by itself and for good (``landlock(7)``).

The structures are those of ``linux/landlock.h``. No binding for it is kept well on the package index.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterable, Sequence

from autograder.jail import kernel

__all__ = ["NETWORK", "SIGNALS", "TRUNCATION", "restrict", "version"]

TRUNCATION = 3
"""From this version on it restricts the emptying of files."""
NETWORK = 4
"""From this version on it restricts TCP."""
SIGNALS = 6
"""From this version on it restricts signals, and abstract sockets."""

# The numbers are the same on every machine.
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_PATH, _PORT = 1, 2
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_MAKE_SOCKET = 1 << 9
_REFER, _TRUNCATE, _IOCTL = 1 << 13, 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_BIND_TCP, _CONNECT_TCP = 1, 2
_ABSTRACT, _SIGNAL = 1, 2


def version() -> int:
    """Of Landlock in this kernel; 0: there is none, or it is switched off."""
    try:
        return kernel.call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(1))
    except OSError:
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str], ports: Sequence[int] | None) -> None:
    """Nothing but these paths, and what is below them, may be reached from now on. No socket gets a name there.

    Paths that are not there are left out. Where the kernel can, no signal reaches a process outside.

    :param ports: TCP ports to which connections may be made; None: TCP stays as it is.
    :raises OSError: where there is none.
    """
    if (have := version()) < 1:
        raise OSError(errno.EOPNOTSUPP, "this kernel has no Landlock")
    files = (1 << 13) - 1
    for since, right in ((2, _REFER), (TRUNCATION, _TRUNCATE), (5, _IOCTL)):
        files |= right if have >= since else 0
    network = _BIND_TCP | _CONNECT_TCP if have >= NETWORK and ports is not None else 0
    scopes = _ABSTRACT | _SIGNAL if have >= SIGNALS else 0
    size = 8 if have < NETWORK else 16 if have < SIGNALS else 24
    attributes = struct.pack("QQQ", files, network, scopes)[:size]
    rules = kernel.call(_CREATE, ctypes.c_char_p(attributes), ctypes.c_size_t(size), ctypes.c_uint(0))
    try:
        for path in readable:
            _allow(rules, path, _READ & files)
        for path in writable:
            # Through a socket with a name, two that live at the same time would hand each other what they have open.
            _allow(rules, path, files & ~_MAKE_SOCKET)
        for port in ports or () if network else ():
            rule = struct.pack("=QQ", _CONNECT_TCP, port)
            kernel.call(
                _ADD, ctypes.c_int(rules), ctypes.c_int(_PORT), ctypes.c_char_p(rule), ctypes.c_uint(0)
            )
        kernel.call(_RESTRICT, ctypes.c_int(rules), ctypes.c_uint(0))
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, place)
        kernel.call(_ADD, ctypes.c_int(rules), ctypes.c_int(_PATH), ctypes.c_char_p(rule), ctypes.c_uint(0))
    finally:
        os.close(place)
