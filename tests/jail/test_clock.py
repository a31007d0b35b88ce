"""The clock of a child as a unit. It patches modules of a whole process, so each test has one of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import textwrap
import time

import pytest

from autograder.control.wire import Frames, side_answer

NOW = 1_795_154_400_000_000_000
BEGIN = f"""
import asyncio, os, queue, signal, subprocess, sys, threading, time
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime
from autograder.jail import clock
from autograder.jail.side import SideChannel
clock.install()
import socket
side = SideChannel(socket.socket(fileno=int(sys.argv[1]))) if len(sys.argv) > 1 else None
clock.begin(side, now={NOW}, start={NOW})
began = time.time()
def elapsed():
    return round(time.time() - began, 1)
"""


def said(code: str) -> list[str]:
    """What this code says, line by line, in a process whose clock nobody else moves."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_everything_that_tells_the_time_tells_the_same() -> None:
    lines = said(
        """
        before = time.monotonic(), time.perf_counter(), time.monotonic_ns()
        time.sleep(3600)
        print(elapsed(), time.time_ns(), datetime.now().isoformat(), time.ctime(), time.asctime())
        print(time.monotonic() - before[0], time.perf_counter() - before[1], time.monotonic_ns() - before[2])
        """
    )
    date = "Fri Nov 20 07:00:00 2026"
    assert lines == [
        f"3600.0 {NOW + 3600 * 10**9} 2026-11-20T07:00:00 {date} {date}",
        f"3600.0 3600.0 {3600 * 10**9}",
    ]


@pytest.mark.parametrize(
    "clock", ["time.time()", "time.monotonic()", "time.perf_counter()", "datetime.now().timestamp()"]
)
def test_a_program_that_polls_the_clock_moves_it(clock: str) -> None:
    (line,) = said(
        f"""
        until = {clock} + 3600
        while {clock} < until: pass
        print(elapsed())
        """
    )
    assert 3600 <= float(line) < 3640


HELPERS = """
from multiprocessing import connection
quiet, other = socket.socketpair()
condition = threading.Condition()
condition.acquire()

def raises(kind, call):
    try:
        call()
    except kind:
        return
    raise AssertionError(f"did not raise {kind}")

def until(seconds, call):
    end = time.time() + seconds
    while time.time() < end:
        call()

async def both():
    await asyncio.gather(asyncio.sleep(600), asyncio.sleep(300))
"""


@pytest.mark.parametrize(
    "wait",
    [
        "threading.Event().wait(600)",
        "until(600, lambda: threading.Event().wait(0.5))",
        "raises(queue.Empty, lambda: queue.Queue().get(timeout=600))",
        "condition.wait_for(lambda: False, 600)",
        "asyncio.run(both())",
        "raises(TimeoutError, lambda: asyncio.run(asyncio.wait_for(asyncio.Event().wait(), 600)))",
    ],
)
def test_waiting_alone_is_sleeping(wait: str) -> None:
    began = time.monotonic()
    assert said(f"{HELPERS}\n{wait}\nprint(elapsed())") == ["600.0"]
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "wait",
    [
        "raises(TimeoutError, lambda: busy.result(timeout=600))",
        "raises(TimeoutError, lambda: list(as_completed([busy], timeout=600)))",
        "raises(queue.Empty, lambda: queue.Queue().get(timeout=600))",
        "thread.join(600)",
        "until(600, lambda: thread.join(5))",
        "time.sleep(600)",
        "asyncio.run(both())",
        "assert not held.acquire(timeout=600)",
        "assert not mine.acquire(timeout=600)",
        "event = threading.Event(); threading.Timer(600, event.set).start(); event.wait()",
        "raises(TimeoutError, lambda: asyncio.run(asyncio.wait_for(asyncio.to_thread(time.sleep, 900), 600)))",
    ],
)
def test_beside_a_thread_that_waits_too_waiting_is_sleeping(wait: str) -> None:
    (line,) = said(
        f"""{HELPERS}
executor = ThreadPoolExecutor(1)
busy = executor.submit(quiet.recv, 1)
(thread,) = (t for t in threading.enumerate() if t is not threading.main_thread())
held = threading.Lock()
held.acquire()
mine = threading.RLock()
taker = threading.Thread(target=mine.acquire)
taker.start()
taker.join()
began = time.time()
{wait}
print(elapsed(), flush=True)
os._exit(0)
"""
    )
    # ``asyncio.run`` waits for the threads it has made.
    assert float(line) == (900 if "900" in wait else 600)


def test_threads_sleep_side_by_side_and_go_on_one_after_the_other() -> None:
    assert said(
        """
        def work(number):
            for _ in range(3):
                time.sleep(3600)
                print(number, elapsed(), time.monotonic() - origin)
        origin = time.monotonic()
        threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(elapsed(), threading.active_count())
        """
    ) == [
        *(f"{n} {hour * 3600.0} {hour * 3600.0}" for hour in (1, 2, 3) for n in range(2)),
        "10800.0 1",
    ]


def test_a_thread_that_computes_holds_the_clock() -> None:
    assert said(
        """
        def work():
            sum(range(40_000_000))  # about a second, all of it in C
            print("computed", elapsed())
        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(3600)
        print("slept", elapsed())
        """
    ) == ["computed 0.0", "slept 3600.0"]


def test_a_lock_that_a_sleeper_holds_is_waited_for_in_virtual_time() -> None:
    assert said(
        """
        lock = threading.Lock()
        def work():
            with lock:
                time.sleep(3600)
        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(1)
        with lock:
            print(elapsed())
        """
    ) == ["3600.0"]


@pytest.mark.parametrize(
    ("command", "takes"),
    [
        ("sleep 2h", 7200.0),
        ("sleep 1h 30m .5", 5400.5),
        ("for i in 1 2 3; do sleep 60; done", 180.0),
        ("sleep 60 & sleep 90; wait", 90.0),
        ("sleep nonsense || sleep 1; sleep --version >/dev/null", 1.0),
    ],
)
def test_a_shell_sleeps_in_virtual_time(command: str, takes: float) -> None:
    assert said(
        f"""
        shell = ["bash", "-c", {command!r}]
        subprocess.run(shell, stderr=subprocess.DEVNULL)
        print(elapsed())
        subprocess.run(shell, capture_output=True, env={{}})
        reading = subprocess.Popen(shell, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for line in reading.stdout: pass
        print(reading.wait(), elapsed())
        print(os.system({command + "; exit 3"!r}) == 3 << 8, elapsed())
        """
    ) == [f"{takes}", f"0 {3 * takes}", f"True {4 * takes}"]


def test_what_waits_for_a_process_gives_up_at_its_virtual_moment() -> None:
    assert said(
        """
        for wait in (
            lambda: subprocess.run(["sleep", "9h"], timeout=3600),
            lambda: subprocess.run(["sleep", "9h"], timeout=3600, capture_output=True),
            lambda: subprocess.Popen(["sleep", "9h"]).wait(3600),
            lambda: subprocess.run(["sleep", "1e308"], timeout=3600),
        ):
            try:
                wait()
            except subprocess.TimeoutExpired as error:
                print(int(error.timeout), elapsed())
        """
    ) == ["3600 3600.0", "3600 7200.0", "3600 10800.0", "3600 14400.0"]


def test_an_alarm_ends_what_waits_for_a_shell() -> None:
    assert said(
        """
        def ends(*_):
            raise TimeoutError
        signal.signal(signal.SIGALRM, ends)
        signal.alarm(1800)
        shell = subprocess.Popen(["bash", "-c", "echo begun; sleep 2h; echo no"], stdout=subprocess.PIPE)
        try:
            for line in shell.stdout:
                print(line)
        except TimeoutError:
            print(shell.poll(), elapsed())
        """
    ) == ["b'begun\\n'", "None 1800.0"]


def test_multiprocessing_waits_in_real_time() -> None:
    assert said(f"{HELPERS}\nconnection.wait([quiet], timeout=0.5)\nprint(elapsed())") == ["0.0"]


def test_a_sleep_leaves_other_threads_and_processes_a_moment() -> None:
    assert said(
        """
        done = []
        threading.Thread(target=lambda: done.append("thread")).start()
        time.sleep(0.01)
        child = subprocess.Popen([sys.executable, "-c", "pass"])
        naps = 0
        while child.poll() is None:
            time.sleep(0.1)
            naps += 1
        print(done, naps < 50)
        """
    ) == ["['thread'] True"]


def test_alarms_go_off_inside_a_sleep() -> None:
    lines = said(
        """
        def ring(*_):
            print("rings", elapsed())
        signal.signal(signal.SIGALRM, ring)
        signal.alarm(10)
        time.sleep(20)
        print(elapsed())
        signal.setitimer(signal.ITIMER_REAL, 5, 5)
        time.sleep(16)
        print(signal.setitimer(signal.ITIMER_REAL, 0))

        def slow(*_):
            time.sleep(100)
        signal.signal(signal.SIGALRM, slow)
        signal.alarm(1)
        time.sleep(5)
        print(elapsed())

        def ends(*_):
            raise TimeoutError
        signal.signal(signal.SIGALRM, ends)
        signal.alarm(1)
        try:
            time.sleep(5)
        except TimeoutError:
            print("ended", elapsed())
        time.sleep(5)
        print(elapsed())
        """
    )
    assert lines == [
        *("rings 10.0", "20.0"),
        *("rings 25.0", "rings 30.0", "rings 35.0", "(4.0, 0.0)"),
        *("137.0", "ended 138.0", "143.0"),
    ]


def test_handlers_are_given_back_as_they_were_set() -> None:
    assert said(
        """
        def mine(*_):
            print("mine")
        signal.signal(signal.SIGALRM, mine)
        for _ in range(2000):
            before = signal.signal(signal.SIGALRM, lambda *_: None)
            signal.signal(signal.SIGALRM, before)
        print(signal.getsignal(signal.SIGALRM) is mine)
        signal.alarm(1)
        time.sleep(2)
        """
    ) == ["True", "mine"]


def test_sleeps_that_cannot_be_are_refused() -> None:
    assert said(
        """
        for seconds in (-1, float("nan"), float("inf"), "1", None):
            try:
                time.sleep(seconds)
            except Exception as error:
                print(type(error).__name__)
        time.sleep(True)
        print(elapsed())
        """
    ) == ["ValueError", "ValueError", "OverflowError", "TypeError", "TypeError", "1.0"]


def test_a_fork_goes_on_by_itself() -> None:
    assert sorted(
        said(
            """
            pid = os.fork()
            time.sleep(0 if pid else 60)
            # In one piece, for the other one writes to the same pipe.
            os.write(1, f"{elapsed()}{os.linesep}".encode())
            if pid: os.waitpid(pid, 0)
            """
        )
    ) == ["0.0", "60.0"]


def test_a_sleep_parks_until_control_says_and_a_signal_interrupts_it() -> None:
    ours, theirs = socket.socketpair()
    code = """
        def term(*_):
            time.sleep(5)
            print("term", elapsed())
        signal.signal(signal.SIGTERM, term)
        time.sleep(600)
        print(elapsed())
        """
    with ours, theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", BEGIN + textwrap.dedent(code), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdout=subprocess.PIPE,
            text=True,
        )
        theirs.close()
        ours.settimeout(10)
        frames = Frames(100_000)

        def hear() -> list[object]:
            return [Frames.side(frame) for frame in frames.feed(ours.recv(4096))]

        def seconds(moment: object) -> float:
            assert isinstance(moment, int)
            return (moment - NOW) / 1e9

        ((word, wake),) = hear()
        assert (word, seconds(wake)) == ("sleep", 600)
        process.terminate()
        assert hear() == [["interrupted"]]
        ours.sendall(side_answer(NOW + 10**9))
        ((word, inner),) = hear()
        assert (word, seconds(inner)) == ("sleep", 6)
        ours.sendall(side_answer(NOW + 6 * 10**9))
        assert hear() == [["handled"]]
        ours.sendall(side_answer(NOW + 601 * 10**9))
        assert process.communicate(timeout=10)[0].splitlines() == ["term 6.0", "601.0"]
