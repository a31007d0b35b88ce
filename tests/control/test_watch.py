"""What the watch sees of processes and files that it is not told of."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.control import processes, watch
from autograder.control.watch import LimitReached, Watch
from autograder.jail import tree
from autograder.limits import Limits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells this of processes")

MB = 1 << 20
SOON = Limits().model_copy(update={"cpu": 0.3})

SERVER = """
import os, signal, sys, time
MB = 1 << 20
inherited = bytearray(30 * MB)
pid = os.fork()
if pid == 0:
    def ready():
        print(os.getpid(), flush=True)
    def burn(seconds):
        while time.process_time() < seconds: pass
    def fork(work):
        pid = os.fork()
        if pid == 0:
            work()
            os._exit(0)
        return pid
{work}
    time.sleep(60)
    os._exit(0)
os.wait()
time.sleep(60)
"""

Start = Callable[..., Watch]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """``start(work, limits)``: a watch over a process that was forked and has done this work."""
    started: list[subprocess.Popen[str]] = []
    folder = tmp_path / "folder"
    folder.mkdir()

    def begin(work: str, limits: Limits) -> Watch:
        source = SERVER.replace("{work}", textwrap.indent(textwrap.dedent(work), "    "))
        server = subprocess.Popen(
            [sys.executable, "-c", source],
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            start_new_session=True,
        )
        started.append(server)
        assert server.stdout is not None
        found = Watch(limits, folder, tmp_path)
        found.follow(int(server.stdout.readline()))
        return found

    yield begin
    for server in started:
        os.killpg(server.pid, 9)
        server.wait()


def limit_of(found: Watch, patience: float = 5.0, often: float = 0.01) -> str | None:
    """The limit that is reached within so many seconds."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            found.look(thorough=True)
        except LimitReached as reached:
            return reached.limit
        time.sleep(often)
    return None


def test_whoever_is_within_his_limits_is_left_alone(start: Start) -> None:
    assert limit_of(start("taken = bytearray(90 * MB)\nready()", Limits(memory=128 * MB)), 0.2) is None


def test_what_a_process_has_from_its_parent_is_not_its_own(start: Start) -> None:
    work = "taken = bytearray(110 * MB)\ninherited[::4096] = bytes(len(inherited[::4096]))\nready()"
    assert limit_of(start(work, Limits(memory=128 * MB)), 0.2) is None


@pytest.mark.parametrize("looks", [True, False])
def test_memory_that_several_share_counts_once_where_the_system_tells(
    start: Start, looks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not looks:
        monkeypatch.setattr(processes, "share", lambda pid: None)
    found = start(
        """
        taken = bytearray(100 * MB)
        for _ in range(4):
            fork(lambda: time.sleep(60))
        time.sleep(0.2)
        ready()
        """,
        Limits(memory=200 * MB),
    )
    assert limit_of(found, 0.2) == (None if looks else "memory")


def test_many_that_share_are_looked_at_in_turns(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_PATIENCE", 0.0001)
    work = """
        taken = bytearray(60 * MB)
        def take():
            more = bytearray({each} * MB)
            time.sleep(60)
        for _ in range(12):
            fork(take)
        time.sleep(0.3)
        ready()
        """
    assert limit_of(start(work.format(each=1), Limits(memory=128 * MB)), 0.5) is None
    assert limit_of(start(work.format(each=10), Limits(memory=128 * MB))) == "memory"


def test_memory_of_all_processes_counts(start: Start) -> None:
    found = start(
        """
        def take():
            taken = bytearray(50 * MB)
            time.sleep(60)
        for _ in range(4):
            fork(take)
        ready()
        """,
        Limits(memory=128 * MB),
    )
    assert limit_of(found) == "memory"


def test_memory_that_is_shared_on_purpose_counts(start: Start) -> None:
    found = start(
        """
        import mmap
        taken = mmap.mmap(-1, 150 * MB)
        for page in range(0, len(taken), 4096):
            taken[page] = 1
        ready()
        """,
        Limits(memory=128 * MB),
    )
    assert limit_of(found) == "memory"


def test_tables_of_an_empty_space_count(start: Start) -> None:
    found = start(
        """
        import mmap
        held = []
        for _ in range(100):
            space = mmap.mmap(-1, 1 << 30, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ)
            space.madvise(mmap.MADV_NOHUGEPAGE)
            for place in range(0, 1 << 30, 2 * MB):
                space[place]
            held.append(space)
        ready()
        """,
        Limits(memory=128 * MB),
    )
    assert limit_of(found) == "memory"


HOLLOW = """
        import ctypes, threading
        def hollow(work):
            def take():
                held = work()
                time.sleep(60)
            if os.fork() == 0:
                threading.Thread(target=take).start()
                ctypes.CDLL(None).pthread_exit(None)
"""
"""Processes whose first threads have ended."""


def test_memory_of_a_process_without_its_first_thread_counts(start: Start) -> None:
    work = "hollow(lambda: time.sleep(0.3) or bytearray(200 * MB))\ntime.sleep(1)\nready()"
    assert limit_of(start(f"{textwrap.dedent(HOLLOW)}\n{work}", Limits(memory=128 * MB))) == "memory"


def test_a_file_that_only_a_process_without_its_first_thread_has_counts(start: Start) -> None:
    work = """
        def write():
            file = open("unseen", "wb", buffering=0)
            os.unlink("unseen")
            file.write(bytes(20 * MB))
            return file
        hollow(write)
        time.sleep(0.5)
        ready()
    """
    found = start(textwrap.dedent(HOLLOW) + textwrap.dedent(work), Limits(disk=10 * MB))
    assert limit_of(found) == "disk"


def test_whoever_ends_while_we_look_has_nothing_any_more(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = processes.share

    def ends(pid: int) -> int | None:
        os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + 5
        while processes.sizes(pid).private and time.monotonic() < until:
            time.sleep(0.01)
        return share(pid)

    found = start("taken = bytearray(300 * MB)\nready()", Limits(memory=128 * MB))
    monkeypatch.setattr(processes, "share", ends)
    assert limit_of(found, 0.2) is None


def test_memory_that_is_given_back_is_not_held_against_anybody(start: Start) -> None:
    found = start(
        """
        taken = [bytearray(100 * MB)]
        for _ in range(4):
            fork(lambda: time.sleep(0.3))
        ready()
        for _ in range(4):
            os.wait()
        taken.clear()
        """,
        Limits(memory=200 * MB),
    )
    assert limit_of(found, 0.6) is None


@pytest.mark.parametrize(
    "work",
    [
        "fork(lambda: burn(0.4))\nready()\nos.wait()",
        "for _ in range(6):\n    fork(lambda: burn(0.08))\n    os.wait()\nready()",
        "def two():\n    for _ in range(6):\n        fork(lambda: burn(0.08))\n    time.sleep(60)\nfork(two)\nready()",
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\nready()\n"
        "for _ in range(6):\n    fork(lambda: burn(0.1))\n    time.sleep(0.2)",
    ],
    ids=["a child that ended", "children that ended before", "orphans", "children that nobody buries"],
)
def test_what_was_computed_by_processes_that_are_gone_counts(start: Start, work: str) -> None:
    assert limit_of(start(work, SOON), 20) == "cpu"


@pytest.mark.parametrize("buried", [True, False])
def test_what_is_computed_in_moments_is_estimated(start: Start, buried: bool) -> None:
    work = f"""
        if not {buried}:
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        ready()
        for _ in range(100):
            fork(lambda: burn(0.03))
            try: os.wait()
            except ChildProcessError: pass
        """
    limits = SOON.model_copy(update={"cpu": 2.0 if not buried else 4.5})
    found = start(work, limits)
    assert limit_of(found, 8 if buried else 30, often=0.05) == (None if buried else "cpu")


@pytest.mark.parametrize("buried", [True, False])
def test_what_a_child_that_was_followed_has_computed_is_told_when_it_has_ended(
    start: Start, buried: bool
) -> None:
    found = start(f"fork(lambda: burn(0.2))\nready()\n{'os.wait()' if buried else ''}\nburn(0.05)", SOON)
    spent = 0.0
    found._spent = lambda: spent
    assert limit_of(found, 0.8) is None
    (child,) = found._computing.told_of
    os.kill(child, 9)
    until = time.monotonic() + 5
    while tree.parent_of(child) is not None and time.monotonic() < until:
        time.sleep(0.01)
    spent = 0.25
    assert limit_of(found, 0.2) is None
    spent = 0.35
    assert limit_of(found, 0.2) == "cpu"


def test_what_a_process_and_its_children_have_computed_counts_once(start: Start) -> None:
    found = start("for _ in range(2):\n    fork(lambda: burn(0.1))\nready()\nos.wait()\nos.wait()", SOON)
    assert limit_of(found, 0.6) is None


def test_threads_and_processes_count_alike(start: Start) -> None:
    found = start(
        """
        import threading
        for _ in range(6):
            threading.Thread(target=time.sleep, args=(60,)).start()
            fork(lambda: time.sleep(60))
        ready()
        """,
        Limits(processes=16),
    )
    assert limit_of(found, 0.2) is None
    found = start("for _ in range(20):\n    fork(lambda: time.sleep(60))\nready()", Limits(processes=16))
    assert limit_of(found) == "processes"


def test_a_process_may_have_any_name(start: Start) -> None:
    work = """
        import ctypes
        ctypes.CDLL(None).prctl(15, b") R 1 1 (\\n", 0, 0, 0)
        fork(lambda: burn(0.4))
        ready()
        """
    assert limit_of(start(work, SOON), 10) == "cpu"


def test_processes_that_are_ours_do_not_count(start: Start, tmp_path: Path) -> None:
    found = start("for _ in range(20):\n    fork(lambda: time.sleep(60))\nready()", Limits(processes=16))
    (server,) = found._servers
    pids = {process.pid for process in processes.tree([server])} - {server}
    spared = Watch(
        Limits(processes=16),
        tmp_path / "folder",
        tmp_path,
        below=lambda: [server],
        own=lambda: {server, *pids},
    )
    assert limit_of(spared, 0.1) is None
    counted = Watch(Limits(processes=16), tmp_path / "folder", tmp_path, below=lambda: [server])
    assert limit_of(counted) == "processes"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    there = tmp_path / "there"
    there.mkdir()
    (there / "submission.py").write_bytes(bytes(3 * MB))
    return there


def test_files_are_counted_where_they_are_on_the_disk_of_others(folder: Path, tmp_path: Path) -> None:
    limits = Limits(disk=2 * MB, files=100)
    found = Watch(limits, folder, tmp_path)
    assert limit_of(found, 0.05) is None, "what was there to begin with is nobody's doing"
    for number in range(90):
        (folder / f"{number}").touch()
    assert limit_of(found, 0.05) is None
    deep = folder / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (deep / "large").write_bytes(bytes(3 * MB))
    (deep / "outside").symlink_to("/usr")
    assert limit_of(found) == "disk"
    (deep / "large").unlink()
    assert limit_of(found, 0.05) is None
    for number in range(20):
        (deep / f"{number}").mkdir()
    assert limit_of(found) == "files"


def test_nothing_is_too_deep_to_be_counted(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Watch(Limits(disk=2 * MB), folder, tmp_path)
    monkeypatch.chdir(folder)
    for _ in range(40):
        os.mkdir("d" * 250)
        os.chdir("d" * 250)
    assert limit_of(found, 0.05) is None
    Path("large").write_bytes(bytes(3 * MB))
    assert limit_of(found) == "disk"


def test_a_file_without_a_name_takes_room_as_long_as_it_is_open(start: Start) -> None:
    work = """
        file = open("gone", "wb")
        os.unlink("gone")
        file.write(bytes(3 * MB))
        file.flush()
        ready()
        """
    assert limit_of(start(work, Limits(disk=2 * MB))) == "disk"


POSTED = """
        import socket
        ours, theirs = socket.socketpair()
        file = os.open("gone", os.O_CREAT | os.O_WRONLY)
        os.unlink("gone")
        socket.send_fds(ours, [b"x"], [file])
        """
MAPPED = """
        import ctypes
        file = os.open("gone", os.O_CREAT | os.O_RDWR)
        os.unlink("gone")
        os.truncate(file, MB)
        ctypes.CDLL(None).mmap(None, ctypes.c_size_t(4096), 1, 1, file, ctypes.c_long(0))
        """


@pytest.mark.parametrize("hide", [POSTED, MAPPED, ""], ids=["in a socket", "mapped", "not at all"])
def test_who_hides_files_has_all_that_has_come_to_the_disk(
    start: Start, monkeypatch: pytest.MonkeyPatch, hide: str
) -> None:
    monkeypatch.setattr(watch, "_HIDDEN", 0.1)
    come = 0
    monkeypatch.setattr(watch, "_occupied", lambda folder: come)
    found = start(
        f"{textwrap.dedent(hide)}\nif {bool(hide)}:\n    os.close(file)\nready()", Limits(disk=2 * MB)
    )
    assert limit_of(found, 0.3) is None, "nothing has come"
    come = 3 * MB
    assert limit_of(found, 0.5) == ("disk" if hide else None)


def test_a_hole_in_a_file_takes_no_room(folder: Path, tmp_path: Path) -> None:
    found = Watch(Limits(disk=2 * MB), folder, tmp_path)
    with (folder / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    assert limit_of(found, 0.05) is None


@pytest.mark.parametrize(
    ("free", "nodes", "limit"),
    [(900, 900, None), (300, 900, "disk"), (0, 900, "disk"), (900, 300, "files"), (900, 0, "files")],
)
def test_a_file_system_of_its_own_is_asked(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    free: int,
    nodes: int,
    limit: str | None,
) -> None:
    state = {"f_bfree": 990, "f_ffree": 990}

    class Status:
        f_blocks, f_files, f_frsize = 1000, 1000, 4096

        @property
        def f_bfree(self) -> int:
            return state["f_bfree"]

        @property
        def f_ffree(self) -> int:
            return state["f_ffree"]

    monkeypatch.setattr(os, "statvfs", lambda path: Status())
    found = Watch(Limits(disk=2 * MB, files=500), folder, Path("/proc"))
    state.update(f_bfree=free, f_ffree=nodes)
    assert limit_of(found, 0.05) == limit


def test_what_is_delivered_is_told_in_words(folder: Path, tmp_path: Path) -> None:
    over: dict[str, int] = {}
    found = Watch(Limits(), folder, tmp_path, delivered=lambda: over)
    found.look()
    for kind, number, said in (
        ("mails", 50, "50 mails"),
        ("slack", 50, "50 Slack messages"),
        ("bytes", 16 * MB, "16 MB of deliveries"),
    ):
        over.clear()
        over[kind] = number
        with pytest.raises(LimitReached) as caught:
            found.look()
        assert (caught.value.limit, caught.value.what) == ("mails", said)


def test_it_does_not_look_all_the_time(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    monkeypatch.setattr(processes, "tree", lambda roots: looks.append(time.monotonic()) or [])
    found = Watch(Limits(), folder, tmp_path)
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        found.look()
    assert 2 <= len(looks) <= 7
    found.look(thorough=True)
    found.look(thorough=True)
    assert len(looks) >= 4
    assert watch._EVERY == 0.05
