"""A filter for system calls that no Airflow task needs and every escape begins with (``seccomp(2)``).

A list of what is denied, not of what is allowed: learners' code calls libraries that nobody here has seen. The
program is classic BPF, written here because libseccomp, which the bindings need, is not on every machine.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Sequence

from autograder.jail import kernel

__all__ = ["install", "program"]

# Of linux/seccomp.h and linux/bpf_common.h.
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16
_X32 = 0x40000000

_NAMESPACES = 0x7E020000
"""Every flag of ``clone`` that makes a namespace."""
_SISTER = 0x8000
"""The flag of ``clone`` that makes a sister, not a child: nobody who looks below this process would find it."""
_SHARED_BY_NOBODY = 0x2F, 0x21
"""Flags of ``mmap``, and which of them make memory without a file that is shared. It stays, and counts for nobody,
when whoever has it lets go of all but a page."""
_LOCAL, _INTERNET = (1,), (2, 10)
"""Families of sockets: local, IPv4 and IPv6."""
_PROTOCOLS = (0, 6, 17)
"""TCP and UDP: connections by other protocols are unknown to Landlock."""
_FASTOPEN = 0x20000000
"""The flag of ``send`` that makes a connection, of which Landlock does not hear."""
_TERMINAL = (0x5412, 0x541C)
"""``ioctl`` requests that type into somebody's terminal: TIOCSTI, TIOCLINUX."""

_LEASE = (1024, 1040)
"""``fcntl`` commands with which whoever opens a file of the same user's waits for us: F_SETLEASE, F_SETDELEG."""

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
    # memory that is nobody's as long as nobody looks at it; a pipe keeps a huge page for one byte of it
    "memfd_create": (319, 279),
    "vmsplice": (278, 75),
    # rules without end, in memory that nobody counts; ours are in force before the filter
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
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
    # memory and queues that outlive a process where it has no namespace of its own; others' are reached by number
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
}
# Whose arguments say which process is meant, 0 being the one that asks: where that is said, and, where it may also
# mean a group or a user, which kind is one process.
_OF_A_PROCESS: dict[str, tuple[int, int | None]] = {
    "prlimit64": (0, None),
    "setpriority": (1, 0),
    "ioprio_set": (1, 1),
    "sched_setparam": (0, None),
    "sched_setscheduler": (0, None),
    "sched_setattr": (0, None),
    "sched_setaffinity": (0, None),
}
_RIGHTS: dict[str, tuple[int | None, int | None]] = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    # takes away what lets a program run as its owner
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
}
_ATTRIBUTES: dict[str, tuple[int | None, int | None]] = {
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
}
_OPENS: dict[str, tuple[int | None, int | None, int]] = {"open": (2, None, 1), "openat": (257, 56, 2)}
"""With the argument that says how."""
_TO_EMPTY: dict[str, tuple[int | None, int | None]] = {"truncate": (76, 45), "openat2": (437, 437)}
_OTHERS = {
    "x86_64": (
        0xC000003E,
        {
            "clone": 56,
            "clone3": 435,
            "mmap": 9,
            "socket": 41,
            "socketpair": 53,
            "ioctl": 16,
            "fcntl": 72,
            "sendto": 44,
            "sendmsg": 46,
            "sendmmsg": 307,
            "prlimit64": 302,
            "setpriority": 141,
            "ioprio_set": 251,
            "sched_setattr": 314,
            "sched_setparam": 142,
            "sched_setscheduler": 144,
            "sched_setaffinity": 203,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "clone": 220,
            "clone3": 435,
            "mmap": 222,
            "socket": 198,
            "socketpair": 199,
            "ioctl": 29,
            "fcntl": 25,
            "sendto": 206,
            "sendmsg": 211,
            "sendmmsg": 269,
            "prlimit64": 261,
            "setpriority": 140,
            "ioprio_set": 30,
            "sched_setattr": 274,
            "sched_setparam": 118,
            "sched_setscheduler": 119,
            "sched_setaffinity": 122,
        },
    ),
}


def program(*, shared: bool = False, owner: bool = False, empties: bool = False) -> bytes:
    """The filter for this machine.

    What is denied fails with EPERM; ``clone3`` with ENOSYS, so that the C library falls back to ``clone``, whose
    flags can be seen; a socket of another family with EAFNOSUPPORT. Calls of another machine kill.

    :param shared: for a process that shares its file system with other services. It makes no local socket besides
        pairs, and changes no attributes of files: Landlock sees neither.
    :param owner: for a process whose user has files there. Where it changes the rights of a file, which Landlock does
        not see, nothing happens although nothing fails: honest code does so with every file that it copies.
    :param empties: for a process whose Landlock does not see that a file is emptied which may only be read.
    :raises OSError: on a machine whose numbers are not known here.
    """
    machine = platform.machine()
    if machine not in _OTHERS:
        raise OSError(errno.ENOSYS, f"the system calls of {machine} are not known")
    column = list(_OTHERS).index(machine)
    architecture, numbers = _OTHERS[machine]
    filter_ = _Filter()
    filter_.begin(architecture, x32=machine == "x86_64")
    for pair in _DENIED.values():
        filter_.always(pair[column], errno.EPERM)
    filter_.always(numbers["clone3"], errno.ENOSYS)
    filter_.unless(numbers["clone"], 0, [(_ANY_BIT, _NAMESPACES | _SISTER, errno.EPERM)])
    filter_.masked(numbers["mmap"], 3, *_SHARED_BY_NOBODY, errno.EPERM)
    families = _INTERNET if shared else (*_LOCAL, *_INTERNET)
    filter_.only(numbers["socketpair"], 0, _LOCAL, errno.EAFNOSUPPORT)
    filter_.only(
        numbers["socket"], 0, families, errno.EAFNOSUPPORT, then=(2, _PROTOCOLS, errno.EPROTONOSUPPORT)
    )
    for name, place in (("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)):
        filter_.unless(numbers[name], place, [(_ANY_BIT, _FASTOPEN, errno.EOPNOTSUPP)])
    for name, requests in (("ioctl", _TERMINAL), ("fcntl", _LEASE)):
        filter_.unless(numbers[name], 1, [(_EQUAL, request, errno.EPERM) for request in requests])
    for name, (place, kind) in _OF_A_PROCESS.items():
        further = None if kind is None else (0, (kind,), errno.EPERM)
        filter_.only(numbers[name], place, (0,), errno.EPERM, then=further)
    for pair in _RIGHTS.values() if owner else ():
        filter_.always(pair[column], 0)
    for pair in _ATTRIBUTES.values() if shared else ():
        filter_.always(pair[column], errno.EOPNOTSUPP)
    if empties:
        filter_.always(_TO_EMPTY["truncate"][column], errno.EPERM)
        filter_.always(_TO_EMPTY["openat2"][column], errno.ENOSYS)  # how is said where no filter can look
        for *numbers_of_open, place in _OPENS.values():
            filter_.masked(numbers_of_open[column], place, os.O_ACCMODE | os.O_TRUNC, os.O_TRUNC, errno.EPERM)
    return filter_.whole()


class _Filter:
    """Classic BPF, step by step: for each call that is looked at, what becomes of it."""

    def __init__(self) -> None:
        self._steps: list[tuple[int, int, int, int]] = []

    def begin(self, architecture: int, *, x32: bool) -> None:
        self._step(_LOAD, _MACHINE)
        self._step(_EQUAL, architecture, then=1)
        self._step(_RETURN, _KILL)
        self._step(_LOAD, _NUMBER)
        if x32:
            self._step(_AT_LEAST, _X32, otherwise=1)
            self._step(_RETURN, _KILL)

    def always(self, number: int | None, error: int) -> None:
        """This call fails; with 0, it does nothing."""
        if number is not None:
            self._step(_EQUAL, number, otherwise=1)
            self._fail(error)

    def unless(self, number: int, place: int, tests: Sequence[tuple[int, int, int]]) -> None:
        """This call fails if its argument passes one of the tests: how to compare, with what, the error."""
        self._step(_EQUAL, number, otherwise=2 * len(tests) + 2)
        self._argument(place)
        for how, value, error in tests:
            self._step(how, value, otherwise=1)
            self._fail(error)
        self._step(_RETURN, _ALLOW)

    def only(
        self,
        number: int,
        place: int,
        allowed: Sequence[int],
        error: int,
        then: tuple[int, Sequence[int], int] | None = None,
    ) -> None:
        """This call fails unless its argument is one of these, and then another one is one of those."""
        rules = [(place, allowed, error), *([then] if then else [])]
        self._step(_EQUAL, number, otherwise=sum(len(values) + 2 for _, values, _ in rules) + 1)
        for where, values, failure in rules:
            self._argument(where)
            for left, value in enumerate(values):
                self._step(_EQUAL, value, then=len(values) - left)
            self._fail(failure)
        self._step(_RETURN, _ALLOW)

    def masked(self, number: int | None, place: int, mask: int, value: int, error: int) -> None:
        """This call fails if these bits of its argument are these."""
        if number is not None:
            self._step(_EQUAL, number, otherwise=5)
            self._argument(place)
            self._step(_AND, mask)
            self._step(_EQUAL, value, otherwise=1)
            self._fail(error)
            self._step(_RETURN, _ALLOW)

    def whole(self) -> bytes:
        self._step(_RETURN, _ALLOW)
        return b"".join(struct.pack("HBBI", *each) for each in self._steps)

    def _argument(self, place: int) -> None:
        # The lower half, which is all that the kernel looks at in these arguments.
        self._step(_LOAD, _ARGUMENTS + 8 * place)

    def _fail(self, error: int) -> None:
        self._step(_RETURN, _ERROR | error)

    def _step(self, code: int, value: int, then: int = 0, otherwise: int = 0) -> None:
        self._steps.append((code, then, otherwise, value))


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]


def install(filter_: bytes) -> None:
    """Put the filter into force for this process and all below it. Needs ``no_new_privs`` first.

    :raises OSError: when the kernel refuses it.
    """
    steps = ctypes.create_string_buffer(filter_, len(filter_))
    whole = _Program(len(filter_) // 8, ctypes.cast(steps, ctypes.c_void_p))
    kernel.call("seccomp", ctypes.c_uint(1), ctypes.c_uint(0), ctypes.byref(whole))
