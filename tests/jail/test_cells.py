"""Cells: who is in them and who is not, what they hold, and that everything in one ends with its first process."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from autograder.jail import kernel, root
from autograder.jail.cells import Cell, Maker
from autograder.jail.doors import port_of
from tests.jail.forks import SOMEBODY, become, lacking, with_maker, wrong

pytestmark = pytest.mark.skipif(lacking() is not None, reason=str(lacking()))
SIZE, FILES = 4 << 20, 100
TABLE = "/proc/sys/net/ipv4/tcp_child_ehash_entries"


def child(cell: Cell, work: Callable[[], Any]) -> Any:
    """What this returns in a cell's child, which has given up everything."""
    read, write = os.pipe()
    cell.adopt()
    pid = os.fork()
    if pid == 0:
        cell.join()
        for door in cell.doors.sockets:
            door.close()
        drop_out()
        try:
            said = json.dumps(work())
        except BaseException as error:
            said = json.dumps(repr(error))
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    with open(read) as answer:
        text = answer.read()
    os.waitpid(pid, 0)
    return json.loads(text)


def drop_out() -> None:
    """Become the learner: another user, or what in a user namespace is one."""
    with open("/proc/self/uid_map") as ids:
        whole = ids.read().split()[2] != "1"
    if whole:
        become(SOMEBODY)
    else:
        kernel.dumpable(True)
        kernel.new_user(1000)
    kernel.drop_capabilities()


def test_the_child_is_the_second_of_two_processes_in_a_network_with_nobody_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as host:
        address = host.getsockname()

        def work(maker: Maker) -> list[Any]:
            os.close(maker.room(SIZE, FILES))

            def look() -> dict[str, Any]:
                seen: dict[str, Any] = {
                    "processes": sorted(int(n) for n in os.listdir("/proc") if n.isdigit())
                }
                seen["pid"], seen["name"] = os.getpid(), socket.gethostname()
                seen["interfaces"] = sorted(os.listdir("/proc/sys/net/ipv4/neigh"))
                with socket.create_server(("127.0.0.1", 0)) as server:
                    seen["lo"] = wrong(lambda: socket.create_connection(server.getsockname()))
                seen["host"] = wrong(lambda: socket.create_connection(address))
                seen["world"] = wrong(lambda: socket.create_connection(("192.0.2.1", 80), 1))
                return seen

            found = maker.cell()
            seen = child(found, look)
            found.end()
            return [seen]

        (seen,) = with_maker(work)
    assert (seen["processes"], seen["pid"], seen["name"]) == ([1, 2], 2, root.HOST)
    assert (seen["interfaces"], seen["lo"]) == (["lo"], None)
    assert (seen["host"], seen["world"]) == ("ECONNREFUSED", "ENETUNREACH")


@pytest.mark.skipif(not os.access(TABLE, os.W_OK), reason="networks have no tables of connections here")
def test_a_network_has_a_small_table_of_connections_of_its_own() -> None:
    def work(maker: Maker) -> list[Any]:
        os.close(maker.room(SIZE, FILES))
        found = maker.cell()
        entries = child(found, lambda: Path("/proc/sys/net/ipv4/tcp_ehash_entries").read_text())
        found.end()
        return [entries]

    (entries,) = with_maker(work)
    # What all share is told as a negative number.
    assert 0 < int(entries) <= 4096


def test_the_stand_ins_sockets_are_in_the_cell_and_held_outside() -> None:
    def work(maker: Maker) -> list[Any]:
        os.close(maker.room(SIZE, FILES))
        one, other = maker.cell(), maker.cell()
        port = port_of(one.doors.smtp)
        heard = child(one, lambda: wrong(lambda: socket.create_connection(("127.0.0.1", port))))
        one.doors.smtp.setblocking(True)
        one.doors.smtp.settimeout(5)
        one.doors.smtp.accept()[0].close()
        port = port_of(one.doors.closed_tcp)
        taken = child(one, lambda: wrong(lambda: socket.create_server(("127.0.0.1", port))))
        for each in (one, other):
            each.end()
        return [heard, taken]

    assert with_maker(work) == [None, "EADDRINUSE"]


def test_a_room_holds_what_it_is_told_and_what_is_not_for_writing_is_not_written() -> None:
    def work(maker: Maker) -> list[Any]:
        folder = maker.room(SIZE, FILES)
        os.close(os.open("dags/dag.py", os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=folder))

        def fill() -> list[Any]:
            with open("/jail/work/big", "wb") as file:
                full = wrong(lambda: [file.write(bytes(1 << 20)) and file.flush() for _ in range(5)])
            os.unlink("/jail/work/big")
            many = wrong(
                lambda: [os.close(os.open(f"/tmp/{n}", os.O_CREAT | os.O_WRONLY)) for n in range(FILES + 1)]
            )
            new = [wrong(partial(os.mkdir, path)) for path in ("/jail/dags/x", "/jail/plugins/x", "/jail/x")]
            over = wrong(lambda: os.close(os.open("/jail/dags/dag.py", os.O_WRONLY)))
            return [full, many, new, over, os.listdir("/jail/dags"), os.listdir("/jail/room")]

        cell = maker.cell()
        said = child(cell, fill)
        cell.end()
        left = len(os.listdir(os.open("private/tmp", os.O_RDONLY, dir_fd=folder)))
        # The next run's folder is another one, and this one goes with whoever holds it.
        after = maker.room(SIZE, FILES)
        fresh = os.listdir(os.open("dags", os.O_RDONLY, dir_fd=after))
        maker.clear()
        return [said, 50 < left < FILES, fresh]

    said, left, fresh = with_maker(work)
    over = said.pop(3)
    assert over in ("EROFS", "EACCES")  # whose the file is comes first
    assert said == ["ENOSPC", "ENOSPC", ["EROFS"] * 3, ["dag.py"], []]
    assert (left, fresh) == (True, [])


def test_the_first_process_is_not_ended_looked_into_or_stopped_from_inside() -> None:
    def work(maker: Maker) -> list[Any]:
        os.close(maker.room(SIZE, FILES))

        def attack() -> list[Any]:
            for number in set(signal.Signals) - {signal.SIGCHLD}:
                wrong(partial(os.kill, 1, number))
            wrong(lambda: os.kill(-1, signal.SIGKILL))
            ways = {"mem": os.O_RDWR, "environ": os.O_RDONLY, "maps": os.O_RDONLY}
            looks = [wrong(partial(os.open, f"/proc/1/{name}", how)) for name, how in ways.items()]
            links = [
                wrong(partial(os.readlink, f"/proc/1/{name}")) for name in ("cwd", "root", "exe", "fd/1")
            ]
            orphan = os.fork()
            if orphan == 0:
                if os.fork() == 0:
                    time.sleep(0.05)
                os._exit(0)
            os.waitpid(orphan, 0)
            time.sleep(0.3)
            # Still there, and still burying.
            return [looks, links, sorted(n for n in os.listdir("/proc") if n.isdigit())]

        cell = maker.cell()
        said = child(cell, attack)
        alive = not select.select([cell.keeper], [], [], 0)[0]
        cell.end()
        return [*said, alive]

    looks, links, processes, alive = with_maker(work)
    assert {*looks, *links} <= {"EACCES", "EPERM"}
    assert (processes, alive) == (["1", "2"], True)


ENDS: dict[str, Callable[[Cell, Maker], object]] = {
    "the keeper is killed": lambda cell, _: signal.pidfd_send_signal(cell.keeper, signal.SIGKILL),
    "the helper is killed": lambda _, maker: os.kill(maker.pid, signal.SIGKILL),
    "whoever asks the helper is gone": lambda _, maker: maker.leave(),
}


@pytest.mark.parametrize("how", ENDS)
def test_everything_in_a_cell_ends_when(how: str) -> None:
    def work(maker: Maker) -> list[Any]:
        os.close(maker.room(SIZE, FILES))
        cell = maker.cell()
        ready, go = os.pipe()
        cell.adopt()
        pid = os.fork()
        if pid == 0:
            cell.join()
            maker.leave()
            drop_out()
            if os.fork() == 0:
                os.setsid()  # a daemon, who has left
                if os.fork():
                    os._exit(0)
            os.write(go, b"x")
            while True:
                signal.pause()
        for _ in range(2):
            os.read(ready, 1)
        os.close(go)
        ENDS[how](cell, maker)
        _, status = os.waitpid(pid, 0)
        began = time.monotonic()
        cell.end()  # a cell is not over before its child is buried; now it is at once
        assert time.monotonic() - began < 5
        # Nobody holds the other end of this any more, not even a daemon.
        return [status, os.read(ready, 1).decode()]

    assert with_maker(work) == [signal.SIGKILL, ""]


def test_cells_end_with_the_process_that_their_helper_serves_however_that_ends() -> None:
    ready, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ready)

        def work(maker: Maker) -> None:
            os.close(maker.room(SIZE, FILES))
            cell = maker.cell()
            os.write(go, str(cell.pid).encode())
            os.kill(os.getpid(), signal.SIGKILL)

        try:
            with_maker(work)
        finally:
            os._exit(0)
    os.close(go)
    keeper = int(os.read(ready, 100))
    os.close(ready)
    until = time.monotonic() + 5
    while os.path.exists(f"/proc/{keeper}") and time.monotonic() < until:
        time.sleep(0.01)
    os.waitpid(pid, 0)
    assert not os.path.exists(f"/proc/{keeper}")


def test_what_the_helper_cannot_do_it_says_and_goes_on() -> None:
    def work(maker: Maker) -> list[Any]:
        said = ""
        try:
            maker.room(-1, FILES)
        except OSError as error:
            said = str(error)
        os.close(maker.room(SIZE, FILES))
        maker.ahead()
        maker.clear()  # with a cell that was made ahead
        os.close(maker.room(SIZE, FILES))
        maker.cell().end()
        os.kill(maker.pid, signal.SIGKILL)
        gone = ""
        try:
            maker.room(SIZE, FILES)
        except OSError as error:
            gone = str(error)
        return [said, gone]

    said, gone = with_maker(work)
    assert "mount /jail/room" in said
    assert gone
