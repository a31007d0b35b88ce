"""What hostile submissions share; it is handed in beside each of them.

A submission says what it has tried (``TRIED: …``) and, if it got what it should not, that (``BROKEN: …``), by the ways
that a learner has: a line of log and a mail. It is believed: nobody would forge a confession. Its name and the variable
``dag`` are the words without which Airflow does not import a file.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import json
import os
import platform
import smtplib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, task

libc = ctypes.CDLL(None, use_errno=True)
targets: dict[str, Any] = json.loads(Path(__file__).with_name("targets.json").read_text())
"""Where everything is that is worth attacking."""

NUMBERS = {
    "x86_64": {
        "ptrace": 101, "mount": 165, "umount2": 166, "pivot_root": 155, "unshare": 272, "setns": 308, "clone": 56,
        "clone3": 435, "bpf": 321, "keyctl": 250, "add_key": 248, "io_uring_setup": 425, "userfaultfd": 323,
        "perf_event_open": 298, "open_by_handle_at": 304, "process_vm_readv": 310, "pidfd_getfd": 438,
        "adjtimex": 159, "init_module": 175, "finit_module": 313, "kexec_load": 246, "swapon": 167,
        "fsopen": 430, "open_tree": 428, "move_mount": 429, "mount_setattr": 442, "memfd_secret": 447,
        "memfd_create": 319, "ioprio_set": 251, "move_pages": 279, "quotactl": 179, "acct": 163, "syslog": 103,
        "process_madvise": 440, "kcmp": 312, "fanotify_init": 300, "lookup_dcookie": 212, "modify_ldt": 154,
        "iopl": 172, "ioperm": 173, "personality": 135, "vhangup": 153, "sethostname": 170,
        "vmsplice": 278, "tgkill": 234, "rt_sigqueueinfo": 129,
        "landlock_create_ruleset": 444, "landlock_add_rule": 445,
    },
    "aarch64": {
        "ptrace": 117, "mount": 40, "umount2": 39, "pivot_root": 41, "unshare": 97, "setns": 268, "clone": 220,
        "clone3": 435, "bpf": 280, "keyctl": 219, "add_key": 217, "io_uring_setup": 425, "userfaultfd": 282,
        "perf_event_open": 241, "open_by_handle_at": 265, "process_vm_readv": 270, "pidfd_getfd": 438,
        "adjtimex": 171, "init_module": 105, "finit_module": 273, "kexec_load": 104, "swapon": 224,
        "fsopen": 430, "open_tree": 428, "move_mount": 429, "mount_setattr": 442, "memfd_secret": 447,
        "memfd_create": 279, "ioprio_set": 30, "move_pages": 239, "quotactl": 60, "acct": 89, "syslog": 116,
        "process_madvise": 440, "kcmp": 272, "fanotify_init": 262, "lookup_dcookie": 18,
        "personality": 92, "vhangup": 58, "sethostname": 161,
        "vmsplice": 75, "tgkill": 131, "rt_sigqueueinfo": 138,
        "landlock_create_ruleset": 444, "landlock_add_rule": 445,
    },
}[platform.machine()]  # fmt: skip
"""System calls for which there is no function."""


CLONE_PARENT = 0x8000
"""With it, who is started is a child of the one that started us."""


def tried(what: str) -> None:
    _say(f"TRIED: {what}")


def broken(what: str) -> None:
    """It worked, and should not have."""
    _say(f"BROKEN: {what}")
    try:
        from airflow.sdk import BaseHook

        found = BaseHook.get_connection("smtp_default")
        with smtplib.SMTP(found.host, found.port, timeout=5) as door:
            door.login(found.login, found.password)
            door.sendmail("attack@example.com", ["teacher@example.com"], f"Subject: BROKEN: {what}\r\n\r\n")
    except Exception as error:
        _say(f"no mail: {error!r}")


def refused(what: str, call: Callable[..., Any], *arguments: Any, **named: Any) -> None:
    """Try what must be refused: a call that raises, or answers less than nothing."""
    try:
        answer = call(*arguments, **named)
    except (OSError, ValueError, MemoryError, RuntimeError) as error:
        number = getattr(error, "errno", None)
        tried(f"{what}: {errno.errorcode.get(number or 0) or error!r}")
        return
    if isinstance(answer, int) and answer == -1:
        tried(f"{what}: {errno.errorcode.get(ctypes.get_errno(), 'refused')}")
        return
    broken(f"{what}: {answer!r}"[:300])


def call(name: str, *arguments: Any) -> int:
    """A system call by name; -1 and errno where it is refused."""
    if name not in NUMBERS:
        ctypes.set_errno(errno.ENOSYS)
        return -1
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    return int(libc.syscall(ctypes.c_long(NUMBERS[name]), *words))


def wait(seconds: float) -> None:
    """Real time, not the run's."""
    libc.usleep(ctypes.c_uint(round(seconds * 1e6)))


def in_a_fork(work: Callable[[], None]) -> int:
    """Do this in another process and wait for it; how it ended, as ``os.waitstatus_to_exitcode`` has it."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException as error:
            _say(f"in a fork: {error!r}")
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def without_a_first_thread(work: Callable[[], None]) -> int:
    """Do this in another process, whose first thread has ended: many lists show it as one that has ended, too."""
    pid = os.fork()
    if pid == 0:
        threading.Thread(target=work).start()
        libc.pthread_exit(None)
    return pid


def others() -> list[int]:
    """The processes that are worth attacking, by number: the parent, the first, and the grader's."""
    # A parent in another namespace has the number 0, which would be this process itself.
    pids = {os.getppid(), 1, targets["driver"], targets["host"], targets["parent"]} - {0, os.getpid()}
    return sorted(pids)


def attack(work: Callable[[], None]) -> DAG:
    """A DAG with one task that does this."""
    with DAG("hostile") as dag:

        @task(task_id="work")
        @functools.wraps(work)
        def attempt() -> None:
            work()

        attempt()
    return dag


def _say(line: str) -> None:
    # Written, not printed: a process that is about to die has no time for buffers.
    try:
        os.write(1, line.encode(errors="replace").replace(b"\n", b" ")[:2000] + b"\n")
    except OSError:
        return
