"""A supervisor over components that are a few lines of Python: it says what ends, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from autograder.stack.door import Door, listen
from autograder.stack.processes import MARK, sweep
from autograder.stack.status import Board
from autograder.stack.supervisor import Plan, Supervisor
from tests.stack.fake import CHILD, SERVER, SLEEPER, STUBBORN

ROOT = Path(__file__).parents[2]
NEGLECTS = """
import os, subprocess, sys, time
mark = {os.environ["MARK"]: os.environ["HOME_OF_IT"]}
print(subprocess.Popen([sys.executable, "-c", sys.argv[1]], env=mark).pid, flush=True)
time.sleep(600)
"""


class Stack:
    """A supervisor in a process of its own."""

    def __init__(self, home: Path, *, below: bool = False, **order: Any) -> None:
        self.home = home
        home.mkdir(exist_ok=True)
        order = {"home": str(home), "stay": False, "scripts": {"scheduler": SLEEPER}, **order}
        command = [sys.executable, "-m", "tests.stack.fake", json.dumps(order)]
        if below:
            # A parent that starts it and waits, as Jupyter's server does; -c: nothing that cleans up.
            command = [sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])", *command]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.port = int(self.line())

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def rest(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.read()

    def ask(self, path: str, accept: str = "application/json", data: bytes | None = None) -> tuple[int, str]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, {"Accept": accept})
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def marked(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.environ().get(MARK) == str(self.home):
                    found.append(process)
        return found

    def wardens(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.cmdline()[-2:] == ["autograder.stack.warden", str(self.home)]:
                    found.append(process)
        return found

    def pid_of(self, name: str) -> int:
        """The component by the order of their start."""
        return sorted(process.pid for process in self.marked())[["api-server", "scheduler"].index(name)]


Start = Callable[..., Stack]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Stack] = []

    def begin(name: str = "home", **order: Any) -> Stack:
        started.append(Stack(tmp_path / name, **order))
        return started[-1]

    yield begin
    for one in started:
        one.process.kill()
        one.process.wait()
        sweep(str(one.home), 1.0)


def eventually(true: Callable[[], object], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "It did not happen in time."
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_and_stops_everything(start: Start, number: signal.Signals) -> None:
    stack = start()
    assert re.fullmatch(r"Airflow is ready after \d+\.\d seconds\.", stack.line())
    assert len(stack.marked()) == 2
    assert stack.ask("/base/anything") == (200, '{"scheduler": {"status": "healthy"}, "is": "airflow"}')
    stack.process.send_signal(number)
    assert stack.process.wait(10) == 0
    assert stack.marked() == []
    assert stack.wardens() == []
    with pytest.raises(urllib.error.URLError):
        stack.ask("/base/")


def test_what_goes_on_after_an_error_can_be_ended_as_before(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with listen(0) as listening:
        board = Board()
        plan = Plan(
            commands={"api-server": [sys.executable, "-c", ""]},
            environments={"api-server": {}},
            logs=tmp_path / "not there",
            mark=str(tmp_path),
            port=listening.getsockname()[1],
            health="/health",
            server="api-server",
            listening=listening.fileno(),
        )
        with pytest.raises(FileNotFoundError):
            Supervisor(plan, board, Door(listening, board, "/"), True, print).run()
    assert signal.getsignal(signal.SIGTERM) == before


def test_what_ignores_the_request_to_end_is_killed(start: Start) -> None:
    stack = start(scripts={"scheduler": STUBBORN})
    stack.line()
    eventually(lambda: "at work" in (stack.home / "scheduler.log").read_text())
    stack.process.terminate()
    assert stack.process.wait(10) == 0
    assert stack.marked() == []


def test_what_left_its_session_is_found(start: Start) -> None:
    stack = start(scripts={"scheduler": CHILD})
    stack.line()
    eventually(lambda: len(stack.marked()) == 3)
    stack.process.terminate()
    assert stack.process.wait(10) == 0
    assert stack.marked() == []


@pytest.mark.parametrize("victim", ["supervisor", "its parent"])
def test_a_kill_leaves_nothing_behind(start: Start, victim: str) -> None:
    stack = start(scripts={"scheduler": STUBBORN}, below=victim == "its parent")
    stack.line()
    assert len(stack.marked()) == 2
    stack.process.kill()
    stack.process.wait()
    eventually(lambda: stack.marked() == [] and stack.wardens() == [])


def test_a_component_that_ends_is_named_with_its_last_words(start: Start) -> None:
    stack = start(scripts={"scheduler": "print('one'); print('no more room'); raise SystemExit(3)"})
    assert stack.process.wait(10) == 1
    said = stack.rest()
    assert "Airflow's scheduler ended with code 3, so the other components were stopped, too." in said
    assert "  one\n  no more room\n" in said
    assert stack.marked() == []


def test_it_stays_to_say_so_and_starts_again_when_asked(start: Start) -> None:
    stack = start(stay=True)
    stack.line()
    os.kill(stack.pid_of("scheduler"), signal.SIGKILL)
    assert "Airflow's scheduler was ended by signal 9" in stack.line()
    eventually(lambda: stack.marked() == [])
    status, page = stack.ask("/base/dags", accept="text/html")
    assert status == 200
    assert "Airflow does not run" in page
    assert "scheduler was ended by signal 9" in page
    assert "at work" in page
    assert '<form method="post" action="/base/again">' in page
    status, said = stack.ask("/base/health")
    assert status == 202
    assert json.loads(said)["stack"]["phase"] == "failed"
    stack.ask("/base/again", data=b"")
    while not stack.line().startswith("Airflow is ready"):
        assert stack.process.poll() is None
    assert "airflow" in stack.ask("/base/")[1]


def test_what_needs_an_answer_is_started_when_there_is_one(start: Start) -> None:
    first = "import time; time.sleep(1); open('asked', 'w').close()\n" + SERVER
    stack = start(
        scripts={"api-server": first, "scheduler": "assert open('asked') is not None\n" + SLEEPER},
        later=["scheduler"],
    )
    assert stack.line().startswith("Airflow is ready after")


def test_what_a_killed_one_has_left_in_the_database_is_no_sign_of_life(start: Start, tmp_path: Path) -> None:
    beat = tmp_path / "home" / "beat"
    beat.parent.mkdir()
    beat.write_text("2026-01-01T00:00:00+00:00")
    stack = start(start_seconds=60)
    eventually(lambda: "airflow" in stack.ask("/base/health")[1])
    time.sleep(0.5)
    beat.write_text("2999-01-01T00:00:00+00:00")
    assert float(stack.line().split()[-2]) >= 0.5


def test_there_is_a_page_while_it_starts(start: Start) -> None:
    slow = "import time; time.sleep(600)"
    stack = start(scripts={"scheduler": SLEEPER, "api-server": slow})
    eventually(lambda: "api-server" in stack.ask("/base/health")[1])
    status, page = stack.ask("/base/", accept="text/html,*/*")
    assert status == 200
    assert "Airflow is starting" in page
    assert page.count("<span>starting</span>") == 2
    assert not re.search(r"https?://", page)
    status, said = stack.ask("/base/health")
    assert status == 202
    assert json.loads(said) == {
        "stack": {
            "phase": "starting",
            "components": {"api-server": "starting", "scheduler": "starting"},
            "problem": "",
        }
    }


def test_a_start_that_takes_for_ever_is_given_up(start: Start) -> None:
    stack = start(scripts={"scheduler": SLEEPER, "api-server": SLEEPER}, start_seconds=1.0)
    assert stack.process.wait(10) == 1
    assert (
        "After 1 seconds Airflow is not healthy, for want of api-server, scheduler; it was stopped."
        in stack.rest()
    )
    assert stack.marked() == []


def test_what_an_earlier_one_left_is_ended_at_the_next_start(start: Start, tmp_path: Path) -> None:
    mark = {MARK: str(tmp_path / "home"), "PATH": ""}
    left = subprocess.Popen([sys.executable, "-c", STUBBORN], env=mark, stdout=subprocess.PIPE)
    assert left.stdout is not None
    left.stdout.readline()
    stack = start()
    assert stack.line().startswith("Airflow is ready")
    assert left.wait(5) == -signal.SIGKILL
    assert len(stack.marked()) == 2


def test_nobody_waits_for_the_burial_of_who_has_ended(tmp_path: Path) -> None:
    # The parent never asks how its child ended, as the first process of some systems does late.
    parent = subprocess.Popen(
        [sys.executable, "-c", NEGLECTS, SLEEPER],
        env=os.environ | {"MARK": MARK, "HOME_OF_IT": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        eventually(lambda: child.environ().get(MARK) == str(tmp_path))
        began = time.monotonic()
        assert sweep(str(tmp_path), 60.0) == 1
        assert time.monotonic() - began < 30
        assert child.status() == psutil.STATUS_ZOMBIE
    finally:
        parent.kill()
        parent.communicate()


def test_the_door_is_on_loopback_only(start: Start) -> None:
    stack = start(scripts={"scheduler": SLEEPER, "api-server": SLEEPER})
    supervisor = psutil.Process(stack.process.pid)
    listening = [one for one in supervisor.net_connections("inet") if one.status == psutil.CONN_LISTEN]
    assert [one.laddr for one in listening] == [("127.0.0.1", stack.port)]
