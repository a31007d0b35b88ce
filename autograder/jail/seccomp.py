"""A filter for system calls that no Airflow task needs and every escape begins with (``seccomp(2)``).

A list of what is denied, not of what is allowed: learners' code calls libraries that nobody here has seen. The
program is classic BPF, written here because libseccomp, which the bindings need, is not on every machine.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

from autograder.jail import kernel

__all__ = ["install", "program"]

# Of linux/seccomp.h and linux/bpf_common.h.
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16
_X32 = 0x40000000

_NAMESPACES = 0x7E020000
"""Every flag of ``clone`` that makes a namespace."""
_LOCAL, _INTERNET = (1,), (2, 10)
"""Families of sockets: local, IPv4 and IPv6."""
_TERMINAL = (0x5412, 0x541C)
"""``ioctl`` requests that type into somebody's terminal: TIOCSTI, TIOCLINUX."""

# Name: number on x86_64, number on aarch64 (asm/unistd_64.h, asm-generic/unistd.h); None: not there.
_DENIED: dict[str, tuple[int | None, int | None]] = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    # mounts and namespaces
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # doors into the kernel that have been left open again and again
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    "nfsservctl": (180, 42),
    "memfd_secret": (447, 447),
    # the machine
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "syslog": (103, 116),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    "vhangup": (153, 58),
    "personality": (135, 92),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # memory and queues that outlive a process where it has no namespace of its own
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
}
_OTHERS = {
    "x86_64": (0xC000003E, {"clone": 56, "clone3": 435, "socket": 41, "socketpair": 53, "ioctl": 16}),
    "aarch64": (0xC00000B7, {"clone": 220, "clone3": 435, "socket": 198, "socketpair": 199, "ioctl": 29}),
}


def program(*, local: bool = True) -> bytes:
    """The filter for this machine.

    :param local: whether local sockets may be made, besides pairs. Who shares a file system with the services of a
        desktop or of Docker could talk to them: Landlock does not look at where a local socket leads.

    What is denied fails with EPERM; ``clone3`` with ENOSYS, so that the C library falls back to ``clone``, whose
    flags can be seen; a socket of another family with EAFNOSUPPORT. Calls of another machine kill.

    :raises OSError: on a machine whose numbers are not known here.
    """
    machine = platform.machine()
    if machine not in _OTHERS:
        raise OSError(errno.ENOSYS, f"the system calls of {machine} are not known")
    architecture, numbers = _OTHERS[machine]
    steps: list[tuple[int, int, int, int]] = []

    def step(code: int, value: int, then: int = 0, otherwise: int = 0) -> None:
        steps.append((code, then, otherwise, value))

    def fail(number: int) -> None:
        step(_RETURN, _ERROR | number)

    step(_LOAD, _MACHINE)
    step(_EQUAL, architecture, then=1)
    step(_RETURN, _KILL)
    step(_LOAD, _NUMBER)
    if machine == "x86_64":
        step(_AT_LEAST, _X32, otherwise=1)
        step(_RETURN, _KILL)
    for pair in _DENIED.values():
        if (number := pair[list(_OTHERS).index(machine)]) is not None:
            step(_EQUAL, number, otherwise=1)
            fail(errno.EPERM)
    step(_EQUAL, numbers["clone3"], otherwise=1)
    fail(errno.ENOSYS)
    step(_EQUAL, numbers["clone"], otherwise=4)
    step(_LOAD, _ARGUMENTS)
    step(_ANY_BIT, _NAMESPACES, otherwise=1)
    fail(errno.EPERM)
    step(_RETURN, _ALLOW)
    families = (*(_LOCAL if local else ()), *_INTERNET)
    for name, allowed in (("socket", families), ("socketpair", _LOCAL)):
        step(_EQUAL, numbers[name], otherwise=3 + len(allowed))
        step(_LOAD, _ARGUMENTS)
        for place, family in enumerate(allowed):
            step(_EQUAL, family, then=len(allowed) - place)
        fail(errno.EAFNOSUPPORT)
        step(_RETURN, _ALLOW)
    step(_EQUAL, numbers["ioctl"], otherwise=5)
    step(_LOAD, _ARGUMENTS + 8)
    step(_EQUAL, _TERMINAL[0], then=1)
    step(_EQUAL, _TERMINAL[1], otherwise=1)
    fail(errno.EPERM)
    step(_RETURN, _ALLOW)
    step(_RETURN, _ALLOW)
    return b"".join(struct.pack("HBBI", *each) for each in steps)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]


def install(filter_: bytes) -> None:
    """Put the filter into force for this process and all below it. Needs ``no_new_privs`` first.

    :raises OSError: when the kernel refuses it.
    """
    steps = ctypes.create_string_buffer(filter_, len(filter_))
    whole = _Program(len(filter_) // 8, ctypes.cast(steps, ctypes.c_void_p))
    kernel.call("seccomp", ctypes.c_uint(1), ctypes.c_uint(0), ctypes.byref(whole))
