"""The filter of system calls: each rule that matters is tried in a process that is under it."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import platform
import resource
import signal
import socket
import struct
import subprocess
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from autograder.jail import kernel, seccomp
from tests.jail.forks import SOMEBODY, ended_by, inside, lacking, wrong

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="there are no filters on this system")
X86 = platform.machine() == "x86_64"
NEWUSER, NEWNS, NEWNET, SIGCHLD = 0x10000000, 0x20000, 0x40000000, 17
MPTCP, SCTP, FASTOPEN = 262, 132, 0x20000000


need_namespaces = pytest.mark.skipif(lacking() is not None, reason=str(lacking()))


def filtered(work: Callable[[], Any], first: Callable[[], object] = lambda: None, **how: bool) -> Any:
    """What this returns under the filter, as a user without any right.

    :param first: what is done before there is a filter.
    """

    def locked() -> Any:
        first()
        kernel.forbid_privileges()
        seccomp.install(seccomp.program(**how))
        return work()

    return inside(locked, user=SOMEBODY)


def call(number: int, *arguments: object) -> Callable[[], object]:
    return lambda: kernel.call(number, *(a if isinstance(a, bytes) else ctypes.c_long(a) for a in arguments))


def test_every_call_that_is_denied_is_refused_before_the_kernel_looks_at_it() -> None:
    column = 0 if X86 else 1
    numbers = {name: pair[column] for name, pair in seccomp._DENIED.items() if pair[column] is not None}

    def refused() -> dict[str, str | None]:
        # Of nonsense the kernel says EINVAL, EFAULT or EBADF: EPERM is the filter's.
        return {name: wrong(call(number, -1, -1, -1, -1)) for name, number in numbers.items()}

    assert {name: said for name, said in filtered(refused).items() if said != "EPERM"} == {}
    assert {"ptrace", "mount", "setns", "bpf", "keyctl", "io_uring_setup", "memfd_create"} <= numbers.keys()


NONSENSE = {
    "setns": (-1, 0),
    "unshare": (0x10,),
    "ptrace": (99999, 0, 0, 0),
    "process_vm_readv": (-1, 0, 0, 0, 0, 0),
    "process_vm_writev": (-1, 0, 0, 0, 0, 0),
    "name_to_handle_at": (-1, 0, 0, 0, 0),
    "open_by_handle_at": (-1, 0, 0),
    "mount": (0, 0, 0, 0, 0),
    "umount2": (0, 0),
    "chroot": (0,),
    "shmat": (-1, 0, 0),
    "shmctl": (-1, 0, 0),
    "semop": (-1, 0, 0),
    "semctl": (-1, 0, 0),
    "msgsnd": (-1, 0, 0, 0),
    "msgrcv": (-1, 0, 0, 0, 0),
    "msgctl": (-1, 0, 0),
    "memfd_create": (0, 0),
}
"""What the C library has a function for, and nonsense of which the kernel would say something else than EPERM."""


@need_namespaces
def test_the_numbers_are_those_of_the_c_library() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    functions = {name: getattr(libc, name) for name in NONSENSE}

    def said() -> dict[str, str]:
        found = {}
        for name, arguments in NONSENSE.items():
            ctypes.set_errno(0)
            functions[name](*map(ctypes.c_long, arguments))
            found[name] = errno.errorcode.get(ctypes.get_errno(), "")
        return found

    def allowed() -> dict[str, str]:
        kernel.new_user(0)
        return said()

    assert "EPERM" not in inside(allowed, user=SOMEBODY).values()
    assert {*filtered(said, first=lambda: kernel.new_user(0)).values()} == {"EPERM"}


def test_what_is_no_number_of_ours_is_no_rule() -> None:
    """Each name is once in the tables, and no two names have one number on a machine."""
    tables = [seccomp._DENIED, seccomp._RIGHTS, seccomp._ATTRIBUTES, seccomp._TO_EMPTY]
    for column in (0, 1):
        numbers = [pair[column] for table in tables for pair in table.values() if pair[column] is not None]
        assert len(numbers) == len({*numbers})


def test_processes_threads_and_programs_go_on() -> None:
    def lives() -> list[object]:
        done: list[object] = []
        thread = threading.Thread(target=lambda: done.append("thread"))
        thread.start()
        thread.join()
        done.append(subprocess.run(["/bin/echo", "x"], capture_output=True, check=True).stdout.decode())
        pid = os.fork()
        if pid == 0:
            os._exit(3)
        done.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        return done

    assert filtered(lives) == ["thread", "x\n", 3]


@need_namespaces
def test_no_namespace_is_made_by_any_way() -> None:
    clone, clone3 = (56 if X86 else 220), 435

    def tried() -> list[str | None]:
        flags = [NEWUSER, NEWNS, NEWNET, NEWUSER | NEWNET]
        by_clone = [wrong(lambda flag=flag: kernel.fork(flag)) for flag in flags]  # type: ignore[misc]
        upper = wrong(call(clone, SIGCHLD | NEWUSER | 1 << 40))  # the kernel cuts the upper half off
        return [*by_clone, upper, wrong(call(clone3, 0, 0)), wrong(lambda: kernel.unshare(NEWUSER))]

    # In a user namespace of one's own all would be allowed.
    assert filtered(tried, first=lambda: kernel.new_user(0)) == ["EPERM"] * 5 + ["ENOSYS", "EPERM"]


def test_memory_that_is_shared_has_a_file(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+b") as file:
        file.truncate(4096)

        def made() -> list[str | None]:
            return [
                wrong(partial(mmap.mmap, -1, 4096)),
                wrong(partial(mmap.mmap, -1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)),
                wrong(partial(mmap.mmap, file.fileno(), 4096)),
            ]

        assert filtered(made) == ["EPERM", None, None]


def test_nobody_starts_a_sister() -> None:
    clone = 56 if X86 else 220
    assert filtered(lambda: wrong(call(clone, 0x8000 | SIGCHLD, 0, 0, 0, 0))) == "EPERM"


FAMILIES = {
    "netlink": 16,
    "packet": 17,
    "bluetooth": 31,
    "alg": 38,
    "vsock": 40,
    "xdp": 44,
    "can": 29,
    "tipc": 30,
}


def test_sockets_are_local_or_of_the_internet() -> None:
    def tried() -> dict[str, str | None]:
        kinds = {name: (family, socket.SOCK_RAW) for name, family in FAMILIES.items()}
        known = {
            "unix": (1, socket.SOCK_STREAM),
            "ipv4": (2, socket.SOCK_STREAM),
            "ipv6": (10, socket.SOCK_DGRAM),
        }
        said = {name: wrong(lambda kind=kind: socket.socket(*kind)) for name, kind in (kinds | known).items()}  # type: ignore[misc]
        odd = {"mptcp": MPTCP, "sctp": SCTP, "icmp": 1}
        for name, protocol in odd.items():
            said[name] = wrong(lambda protocol=protocol: socket.socket(2, socket.SOCK_STREAM, protocol))  # type: ignore[misc]
        said["pair"] = wrong(lambda: socket.socketpair(socket.AF_UNIX))
        # The upper half of an argument is nothing to the kernel, and must be nothing to the filter.
        said["netlink, upper half"] = wrong(call(41 if X86 else 198, 1 << 32 | 16, 3, 0))
        return said

    said = filtered(tried)
    for name in (*FAMILIES, "netlink, upper half"):
        assert said.pop(name) == "EAFNOSUPPORT", name
    for name in ("mptcp", "sctp", "icmp"):
        assert said.pop(name) == "EPROTONOSUPPORT", name
    assert said in (
        dict.fromkeys(("unix", "ipv4", "ipv6", "pair")),
        {"unix": None, "ipv4": None, "ipv6": "EAFNOSUPPORT", "pair": None},  # a kernel without IPv6
    )


def test_where_the_file_system_is_shared_no_local_socket_is_made_but_a_pair() -> None:
    def tried() -> list[str | None]:
        one, other = socket.socketpair()
        one.send(b"x")
        assert other.recv(1) == b"x"
        return [wrong(partial(socket.socket, socket.AF_UNIX, kind)) for kind in (1, 2, 5)]

    assert filtered(tried, shared=True) == ["EAFNOSUPPORT"] * 3


def test_no_connection_is_made_by_sending() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()

        def tried() -> list[str | None]:
            door = socket.socket()
            by_message = wrong(lambda: socket.socket().sendmsg([b"x"], [], FASTOPEN, address))
            by_send = wrong(lambda: door.sendto(b"x", FASTOPEN, address))
            door.connect(address)  # this way is for Landlock to judge
            return [by_send, by_message, wrong(lambda: door.sendall(b"x"))]

        assert filtered(tried) == ["ENOTSUP", "ENOTSUP", None]


def test_nothing_is_typed_into_a_terminal() -> None:
    ours, theirs = os.openpty()

    def tried() -> list[str | None]:
        typed = [wrong(call(16 if X86 else 29, theirs, request, b"x")) for request in (0x5412, 0x541C)]
        upper = wrong(call(16 if X86 else 29, theirs, 1 << 32 | 0x5412, b"x"))
        return [*typed, upper, "tty" if os.isatty(theirs) else "no tty"]

    assert filtered(tried) == ["EPERM", "EPERM", "EPERM", "tty"]
    os.close(ours)
    os.close(theirs)


def test_nobody_has_to_wait_for_a_lease() -> None:
    def leased() -> list[str | None]:
        with tempfile.NamedTemporaryFile() as file, open(file.name) as read:
            said = [
                wrong(call(72 if X86 else 25, read.fileno(), command, value))
                for command in (fcntl.F_SETLEASE, 1 << 32 | fcntl.F_SETLEASE, 1040)
                for value in (fcntl.F_RDLCK, fcntl.F_WRLCK)
            ]
            fcntl.fcntl(read, fcntl.F_SETFD, fcntl.fcntl(read, fcntl.F_GETFD))
            fcntl.lockf(file, fcntl.LOCK_EX)
            return said

    assert filtered(leased) == ["EPERM"] * 6


def test_limits_and_ranks_are_ones_own_alone() -> None:
    # Whoever runs the tests politely may not raise the rank again.
    parent, rank = os.getpid(), os.getpriority(os.PRIO_PROCESS, 0)

    def tried() -> list[str | None]:
        own, other = (0, 0), (parent, parent)
        return [
            wrong(lambda: resource.prlimit(other[0], resource.RLIMIT_NOFILE)),
            wrong(lambda: os.setpriority(os.PRIO_PROCESS, other[0], 5)),
            wrong(lambda: os.setpriority(os.PRIO_USER, 0, 5)),
            wrong(lambda: os.sched_setaffinity(other[0], {0})),
            wrong(lambda: resource.prlimit(own[0], resource.RLIMIT_NOFILE)),
            wrong(lambda: os.setpriority(os.PRIO_PROCESS, own[0], rank)),
            wrong(lambda: os.sched_setaffinity(own[0], os.sched_getaffinity(0))),
        ]

    assert filtered(tried) == ["EPERM"] * 4 + [None] * 3


def test_rights_of_files_that_one_has_stay_as_they_are() -> None:
    def tried() -> list[object]:
        path = f"/tmp/rights-{os.getpid()}"
        open(path, "w").close()
        before = os.stat(path).st_mode
        os.chmod(path, 0o4777)
        os.chown(path, -1, os.getgid())
        said = wrong(lambda: os.setxattr(path, "user.x", b"1"))
        after = os.stat(path).st_mode
        os.unlink(path)
        return [before == after, said]

    assert filtered(tried, owner=True, shared=True) == [True, "ENOTSUP"]


def test_a_file_that_may_only_be_read_is_not_emptied() -> None:
    def tried() -> list[object]:
        path = f"/tmp/full-{os.getpid()}"
        with open(path, "w") as file:
            file.write("full")
        ways = [
            wrong(lambda: os.truncate(path, 0)),
            wrong(lambda: os.open(path, os.O_RDONLY | os.O_TRUNC)),
            wrong(lambda: os.open(path, os.O_RDONLY | os.O_TRUNC | os.O_CLOEXEC)),
            wrong(call(437, -100, path.encode(), 0, 24)),
        ]
        size = os.path.getsize(path)
        with open(path, "w"):  # whoever may write may empty
            pass
        after = os.path.getsize(path)
        os.unlink(path)
        return [*ways, size, after]

    assert filtered(tried, empties=True) == ["EPERM", "EPERM", "EPERM", "ENOSYS", 4, 0]


@pytest.mark.skipif(not X86, reason="this machine has one table of system calls")
def test_other_tables_of_calls_kill() -> None:
    def locked(work: Callable[[], object]) -> Callable[[], object]:
        def under() -> None:
            kernel.forbid_privileges()
            seccomp.install(seccomp.program())
            work()

        return under

    # getpid by the 32-bit door: mov eax, 20; int 0x80; ret
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(bytes.fromhex("b814000000cd80c3"))
    old = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
    assert ended_by(locked(old)) == -signal.SIGSYS
    assert ended_by(locked(call(0x40000000 | 39))) == -signal.SIGSYS  # x32
    assert ended_by(locked(call(39))) == 0


def test_a_filter_that_is_none_is_refused_and_none_comes_without_the_promise() -> None:
    nonsense = struct.pack("HBBI", 0x06, 0, 0, 0)[:4] + bytes(4)

    def tried() -> list[str | None]:
        early = wrong(lambda: seccomp.install(seccomp.program()))
        kernel.forbid_privileges()
        return [early, wrong(lambda: seccomp.install(nonsense * 5000)), wrong(lambda: seccomp.install(b""))]

    assert inside(tried, user=SOMEBODY) == ["EACCES", "EINVAL", "EINVAL"]


def test_a_machine_without_numbers_here_has_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(OSError, match="the system calls of riscv64 are not known"):
        seccomp.program()


def test_every_jump_leads_to_a_step_of_the_program() -> None:
    for machine in ("x86_64", "aarch64"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(platform, "machine", lambda machine=machine: machine)
            for how in ({}, {"shared": True, "owner": True, "empties": True}):
                whole = seccomp.program(**how)
                steps = [struct.unpack("HBBI", whole[at : at + 8]) for at in range(0, len(whole), 8)]
                assert steps[-1] == (0x06, 0, 0, 0x7FFF0000)
                # What looks at an argument has ended before the next number is compared, or allows or denies.
                for place, (code, then, otherwise, _) in enumerate(steps):
                    if code in (0x15, 0x35, 0x45):
                        assert place + 1 + max(then, otherwise) < len(steps)
                loaded = [place for place, (code, *_, at) in enumerate(steps) if code == 0x20 and at >= 16]
                for place in loaded:
                    block = next(
                        at for at in range(place, len(steps)) if steps[at] == (0x06, 0, 0, 0x7FFF0000)
                    )
                    for at in range(place, block):
                        code, then, otherwise, _ = steps[at]
                        if code in (0x15, 0x45):
                            assert at + 1 + max(then, otherwise) <= block
