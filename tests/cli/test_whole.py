"""The command as a learner has it: another process, a real terminal, real Airflow."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AUTOGRADER = Path(sys.executable).with_name("autograder")
SOLUTION = ROOT / "solutions" / "01-anatomy-of-a-failure" / "dag.py"
STARTER = ROOT / "exercises" / "01-anatomy-of-a-failure" / "starter" / "dag.py"
PATIENCE = 120

DAG = """
from datetime import timedelta

from airflow.sdk import DAG, task


def tell(context):
    print("told of", context["ti"].task_id)


with DAG("mine", schedule=None):
    for name in ("fails", "recovers", "killed", "exits", "skipped", "takes", "hangs", "own"):

        @task(task_id=name, retries=1, retry_delay=timedelta(hours=1), on_failure_callback=tell,
              execution_timeout=timedelta(minutes=5))
        def work():
            return "done"

        work()
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    made = tmp_path_factory.mktemp("work")
    (made / ".cache").symlink_to(cache)
    return made


class Surroundings:
    """An environment that is handed down to every process of a command, so that none can hide."""

    def __init__(self, work: Path) -> None:
        # In the one variable that even the jail's processes are given.
        self._mark = f"/nowhere/{uuid.uuid4()}"
        self.environment = os.environ | {
            "AUTOGRADER_WORK": str(work),
            "PATH": f"{os.environ['PATH']}{os.pathsep}{self._mark}",
            "PYTHONUNBUFFERED": "1",
        }

    def left(self) -> list[str]:
        """The processes that are still there, by command line."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if self._mark.encode() in (folder / "environ").read_bytes():
                    found.append((folder / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return found

    def all_gone(self) -> bool:
        until = time.monotonic() + 10
        while self.left() and time.monotonic() < until:
            time.sleep(0.05)
        return not self.left()


@pytest.fixture
def surroundings(work: Path) -> Iterator[Surroundings]:
    made = Surroundings(work)
    yield made
    assert made.all_gone(), made.left()


def autograder(surroundings: Surroundings, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [AUTOGRADER, *arguments],
        cwd=ROOT,
        env=surroundings.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def without_airflow(surroundings: Surroundings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process that ends with 99 if it has imported Airflow by its end."""
    program = (
        "import sys; from autograder import cli; code = cli._run(sys.argv[1:]); "
        "airflow = any(name.split('.')[0] == 'airflow' for name in sys.modules); sys.exit(99 if airflow else code)"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env=surroundings.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_check_a_solution(surroundings: Surroundings, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    done = autograder(surroundings, "check", "1", SOLUTION, "--json", "-", "--html", page)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["score"] == result["max_score"] > 0
    assert "All 10 points. (exit code 0)" in done.stderr
    assert "</html>" in page.read_text()


def test_check_and_regrade_a_starter(surroundings: Surroundings, work: Path) -> None:
    done = autograder(surroundings, "check", "1", STARTER)
    assert done.returncode == 1, done.stderr
    assert "0 of 10 points: not all points yet. (exit code 1)" in done.stderr
    newest = sorted((work / ".results" / "01-anatomy-of-a-failure").glob("2*"))[-1]
    again = without_airflow(surroundings, "regrade", str(newest))
    assert again.returncode == 1, again.stderr
    assert "nothing was run" in again.stdout


def test_run_with_every_fault(surroundings: Surroundings, tmp_path: Path) -> None:
    dag = tmp_path / "mine.py"
    dag.write_text(DAG)
    faults = {
        "--fail": "fails=OSError:no disk",
        "--succeed": 'own={"rows": 3}',
        "--kill": "killed",
        "--exit": "exits=3@1",
        "--skip": "skipped",
        "--take": "takes=4min",
        "--hang": "hangs",
    }
    options = [word for option in faults.items() for word in option]
    done = autograder(surroundings, "run", dag, *options, "--fail", "recovers=TimeoutError@1", "--json", "-")
    assert done.returncode == 0, done.stderr
    evidence = json.loads(done.stdout)
    states = {task["task_id"]: (task["state"], task["tries"]) for task in evidence["tasks"]}
    assert states == {
        "fails": ("failed", 2),
        "recovers": ("success", 2),
        "killed": ("failed", 2),
        "exits": ("success", 2),
        "skipped": ("skipped", 1),
        "takes": ("success", 1),
        "hangs": ("failed", 2),
        "own": ("success", 1),
    }
    told = {call["task_id"] for call in evidence["calls"] if call["kind"] == "on_failure_callback"}
    assert {"fails", "hangs"} <= told
    assert "recovers" not in told


def test_interrupt(surroundings: Surroundings, work: Path) -> None:
    slug = work / ".results" / "01-anatomy-of-a-failure"
    before = set(slug.glob("*")) if slug.exists() else set()
    process = subprocess.Popen(
        [AUTOGRADER, "check", "1", SOLUTION],
        cwd=ROOT,
        env=surroundings.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    # Alone, this test is the first to need Airflow's database, which is said first.
    assert any("Scenario 1 of 3" in line for line in process.stdout)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert "Interrupted" in err
    assert "Traceback" not in err
    assert set(slug.glob("*")) == before


def test_an_interrupt_that_a_library_makes_an_error_of_its_own_is_an_interrupt() -> None:
    program = """
import signal
from autograder import cli
def interrupted(*_, **__):
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise RuntimeError("could not be built")
cli.program.main = interrupted
cli.main()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "Interrupted: nothing more was done. (exit code 130)\n")


def test_two_at_once_in_a_work_folder_that_is_new(tmp_path: Path) -> None:
    surroundings = Surroundings(tmp_path / "new")
    both = [
        subprocess.Popen(
            [AUTOGRADER, "check", "1", SOLUTION, "--jobs", "1"],
            cwd=tmp_path,
            env=surroundings.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [each.communicate(timeout=PATIENCE)[1] for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    assert len(list((tmp_path / "new" / ".results" / "01-anatomy-of-a-failure").glob("2*"))) == 2
    assert surroundings.all_gone(), surroundings.left()


@pytest.mark.parametrize(
    ("number", "times"), [(signal.SIGINT, 3), (signal.SIGTERM, 1), (signal.SIGHUP, 1), (signal.SIGKILL, 1)]
)
def test_told_to_end_while_it_starts(surroundings: Surroundings, number: signal.Signals, times: int) -> None:
    begun = time.monotonic()
    process = subprocess.Popen(
        [AUTOGRADER, "check", "1", SOLUTION],
        cwd=ROOT,
        env=surroundings.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + PATIENCE
    while len(surroundings.left()) < 3 and time.monotonic() < until:
        time.sleep(0.02)
    took = time.monotonic() - begun
    for _ in range(times):
        process.send_signal(number)
        time.sleep(0.02)
    began = time.monotonic()
    _, err = process.communicate(timeout=PATIENCE)
    # On a machine that has much else to do, everything takes longer.
    assert time.monotonic() - began < max(1, 2 * took)
    assert process.returncode == (-number if number == signal.SIGKILL else 130), err
    assert "Traceback" not in err
    if number != signal.SIGKILL:
        assert err.endswith("Interrupted: nothing more was done. (exit code 130)\n")
        assert surroundings.left() == []


@pytest.mark.parametrize("arguments", [["list"], ["doctor"], ["--help"], ["start", "1"]])
def test_a_reader_who_has_enough_is_told_no_grade(
    surroundings: Surroundings, work: Path, arguments: list[str]
) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [sys.executable, "-m", "autograder", *arguments],
        cwd=ROOT,
        env=surroundings.environment | {"AUTOGRADER_WORK": str(work / arguments[0])},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    os.close(theirs)
    assert done.returncode == 2
    assert done.stderr == ""


class Terminal:
    """A pseudo-terminal with the command on it."""

    def __init__(self, surroundings: Surroundings, *arguments: str) -> None:
        ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [AUTOGRADER, *arguments],
            cwd=ROOT,
            env=surroundings.environment | {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._line = ours
        self._text = ""

    def until(self, words: str) -> str:
        """Read on until these words appear; what was said up to them."""
        end = time.monotonic() + PATIENCE
        while words not in self._text:
            ready, _, _ = select.select([self._line], [], [], max(0, end - time.monotonic()))
            assert ready, f"{words!r} never came; it said: {self._text[-2000:]}"
            try:
                data = os.read(self._line, 65536)
            except OSError:
                data = b""
            assert data, f"it ended before {words!r}; it said: {self._text[-2000:]}"
            self._text += data.decode("utf-8", "replace")
        said, _, self._text = self._text.partition(words)
        return said

    def press(self, keys: str) -> None:
        os.write(self._line, keys.encode())

    def end(self) -> int:
        code = self.process.wait(PATIENCE)
        os.close(self._line)
        return code


def test_watch(surroundings: Surroundings, work: Path) -> None:
    answer = work / "01-anatomy-of-a-failure" / "dag.py"
    answer.parent.mkdir(exist_ok=True)
    answer.write_bytes(STARTER.read_bytes())
    terminal = Terminal(surroundings, "check", "1", "--watch")
    terminal.until("0 of 10 points: not all points yet.")
    terminal.until("Keys: h hint")
    terminal.press("h")
    terminal.until("Hint 1 of ")
    answer.write_bytes(SOLUTION.read_bytes())
    terminal.until("dag.py saved: checking")
    terminal.until("All 10 points.")
    terminal.until("Keys: h hint")
    terminal.press("q")
    terminal.until("Watch mode ended.")
    assert terminal.end() == 0


@pytest.mark.parametrize(("arguments", "code"), [(["list"], 0), (["--help"], 0), (["check", "99"], 2)])
def test_what_runs_nothing_imports_no_airflow(
    surroundings: Surroundings, arguments: list[str], code: int
) -> None:
    assert without_airflow(surroundings, *arguments).returncode == code


def test_two_samples_to_look_at(surroundings: Surroundings, work: Path) -> None:
    done = autograder(surroundings, "try")
    assert done.returncode == 0, done.stderr
    assert "9 of 10 points" in done.stdout
    assert "All 70 points, and 8 of 8 bonus points." in done.stderr
    pages = sorted((work / "try").glob("*.html"))
    assert [page.name for page in pages] == ["01-failure-on-every-try.html", "02-solution.html"]
    assert all(str(page) in done.stdout for page in pages)
    assert "autograder start 01" in done.stdout
    assert not (work / ".results" / "02-failure-callbacks").exists(), "nothing of it counts as the learner's"
