"""What watch mode does about saves and keys, over the fake runner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autograder.cli.watching import Event, Key, Saved
from tests.cli.conftest import Invoke, Said

NO_TIDY = "# tasks: notify\n# does: mail escape\n"
TIDY = "# tasks: notify\n# does: mail escape tidy\n"

Step = Event | Callable[[], Event | None]


class Script:
    """In place of files and keyboard: steps, each of which may first do something."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.watched: list[Path] = []

    def __call__(self, path: Path) -> Script:
        self.watched.append(path)
        return self

    @contextmanager
    def open(self) -> Iterator[Script]:
        yield self

    def turn_to(self, path: Path) -> None:
        self.watched.append(path)

    def take(self, wait: bool) -> Event | None:
        if not wait:
            return None
        step = self.steps.pop(0)
        return step if isinstance(step, Saved | Key) else step()


Run = Callable[..., tuple[Said, Script]]


@pytest.fixture
def answer(course: Path) -> Path:
    path = course / "work" / "01-tell-someone" / "dag.py"
    path.parent.mkdir(parents=True)
    path.write_text(NO_TIDY)
    return path


@pytest.fixture
def watch(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*steps: Step, arguments: tuple[str, ...] = ()) -> tuple[Said, Script]:
        script = Script(*steps)
        monkeypatch.setattr("autograder.cli.watch.Sources", script)
        said = invoke("check", "1", "--watch", *arguments)
        assert script.steps == []
        return said, script

    return run


def saving(path: Path, content: str) -> Callable[[], Event]:
    def save() -> Event:
        path.write_text(content)
        return Saved((path.name,))

    return save


def test_checked_at_once_and_on_save(watch: Run, answer: Path) -> None:
    said, _ = watch(saving(answer, TIDY), Key("q"))
    assert "4 of 6 points" in said.err
    assert "dag.py saved: checking …" in said.err
    assert "All 6 points" in said.err
    assert said.err.index("4 of 6") < said.err.index("dag.py saved") < said.err.index("All 6")
    assert said.code == 0, "the exit code is that of the last result"


def test_the_exit_code_of_the_last_result(watch: Run, answer: Path) -> None:
    said, _ = watch(Key("q"))
    assert said.code == 1


def test_a_file_that_cannot_be_read_does_not_end_it(watch: Run, answer: Path) -> None:
    said, _ = watch(saving(answer, ""), saving(answer, TIDY), Key("q"))
    assert "is empty" in said.err
    assert "All 6 points" in said.err
    assert said.code == 0


def test_nothing_there_yet(watch: Run, course: Path) -> None:
    said, _ = watch(Key("h"), Key("q"))
    assert "autograder start 01" in said.err
    assert "There is nothing to give a hint for." in said.err


def test_hints_come_one_at_a_time(watch: Run, answer: Path) -> None:
    said, _ = watch(Key("h"), Key("h"), Key("q"))
    assert "Hint 1 of 1, The task's files are gone.\n  What did the task make?" in said.err
    assert "Hint 1 of 1, A counter says" in said.err
    assert said.err.index("files are gone.\n") < said.err.index("A counter says")


def test_hints_run_out(watch: Run, answer: Path) -> None:
    said, _ = watch(Key("h"), Key("h"), Key("h"), Key("q"))
    assert "There is no further hint." in said.err


def test_list(watch: Run, answer: Path) -> None:
    said, _ = watch(Key("l"), Key("q"))
    assert "your best" in said.out
    assert "4 + 0" in said.out


def test_next_exercise(watch: Run, course: Path, answer: Path) -> None:
    (course / "exercises" / "01-tell-someone").rename(course / "exercises" / "02-tell-more")
    (course / "exercises" / "01-tell-someone").mkdir()
    for path in (course / "exercises" / "02-tell-more").iterdir():
        if path.is_file():
            (course / "exercises" / "01-tell-someone" / path.name).write_bytes(path.read_bytes())
    said, script = watch(Key("n"), Key("n"), Key("q"))
    assert "Exercise 02, Tell someone" in said.err
    assert "dag.py put into work/02-tell-more" in said.err
    assert (course / "work" / "02-tell-more" / "dag.py").exists()
    assert script.watched[-1] == course / "work" / "02-tell-more"
    assert "This is the last exercise." in said.err


def test_an_unknown_key(watch: Run, answer: Path) -> None:
    said, _ = watch(Key("x"), Key("q"))
    assert "'x' is no key here." in said.err


def test_quit_while_a_check_runs(watch: Run, answer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Script, "take", lambda self, wait: Key("q"))
    said, _ = watch()
    assert "Watch mode ended." in said.err
    assert "points" not in said.err


def test_an_interrupt_is_an_interrupt(watch: Run, answer: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    said, _ = watch(interrupt)
    assert said.code == 130


def test_one_file_elsewhere(watch: Run, course: Path) -> None:
    mine = course / "mine.py"
    mine.write_text(TIDY)
    said, script = watch(Key("q"), arguments=("mine.py",))
    assert script.watched == [Path("mine.py")]
    assert said.code == 0
