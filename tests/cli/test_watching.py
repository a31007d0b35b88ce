"""Watch mode: events in, actions out; and what counts as a change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.cli import watching
from autograder.cli.watching import Actions, Key, Saved, Sources, loop, snapshot


class Told:
    """Gives events one by one, and remembers what was done about them."""

    def __init__(self, *events: Saved | Key | str) -> None:
        self.events = list(events)
        self.done: list[object] = []
        self.actions = Actions(
            check=lambda names: self.done.append(("check", *names)),
            hint=lambda: self.done.append("hint"),
            list=lambda: self.done.append("list"),
            next=lambda: self.done.append("next"),
            unknown=lambda letter: self.done.append(("unknown", letter)),
        )

    def take(self, wait: bool) -> Saved | Key | None:
        """A text in place of an event is a pause: nothing is there until someone waits."""
        while self.events:
            if not isinstance(self.events[0], str):
                return self.events.pop(0)  # type: ignore[return-value]
            if not wait:
                return None
            self.events.pop(0)
        return None


def after(*events: Saved | Key | str) -> list[object]:
    told = Told(*events)
    loop(told.take, told.actions)
    return told.done


def test_a_save_is_checked() -> None:
    assert after(Saved(("dag.py",)), "pause", Key("q")) == [("check", "dag.py")]


def test_saves_meanwhile_are_one_check() -> None:
    events = (
        Saved(("dag.py",)),
        Saved(("helper.py",)),
        Saved(("dag.py",)),
        "pause",
        Saved(("dag.py",)),
        Key("q"),
    )
    assert after(*events) == [("check", "dag.py", "helper.py"), ("check", "dag.py")]


def test_keys() -> None:
    assert after(Key("h"), Key("l"), Key("n"), Key("q")) == ["hint", "list", "next"]


def test_a_key_right_after_a_save_is_not_lost() -> None:
    assert after(Saved(("dag.py",)), Key("h"), Key("q")) == [("check", "dag.py"), "hint"]


def test_quit_ends_it_at_once() -> None:
    assert after(Key("q"), Saved(("dag.py",)), Key("h")) == []


def test_an_unknown_key_is_answered_and_enter_is_not() -> None:
    assert after(Key("x"), Key("\n"), Key("q")) == [("unknown", "x")]


def test_what_counts_in_a_folder(tmp_path: Path) -> None:
    for name in ("dag.py", "pkg/helper.py", ".dag.py.swp", "dag.py~", "__pycache__/dag.pyc", ".git/HEAD"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert set(snapshot(tmp_path)) == {"dag.py", "pkg/helper.py"}


def test_a_file_that_vanishes(tmp_path: Path) -> None:
    assert snapshot(tmp_path / "gone.py") == {}


@pytest.fixture(params=["events", "polling"])
def sources(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Sources]:
    if request.param == "polling":

        def no_events(*args: object, **settings: object) -> None:
            raise OSError("inotify watch limit reached")

        monkeypatch.setattr("watchfiles.watch", no_events)
        monkeypatch.setattr(watching, "_PATIENCE_MS", 50)
    (tmp_path / "dag.py").write_text("one")
    (tmp_path / "other.py").write_text("one")
    return lambda: Sources(tmp_path / "dag.py")


def wait_for(sources: Sources) -> object:
    return sources._queue.get(timeout=10)


def test_a_save_arrives(sources: Callable[[], Sources], tmp_path: Path) -> None:
    with sources().open() as opened:
        (tmp_path / "other.py").write_text("not watched")
        (tmp_path / "dag.py").write_text("another")
        assert wait_for(opened) == Saved(("dag.py",))
        assert opened.take(False) is None


def test_a_replaced_file_arrives(sources: Callable[[], Sources], tmp_path: Path) -> None:
    """Many editors write another file and rename it."""
    with sources().open() as opened:
        (tmp_path / ".dag.py.new").write_text("longer than before")
        (tmp_path / ".dag.py.new").replace(tmp_path / "dag.py")
        assert wait_for(opened) == Saved(("dag.py",))


def test_turning_to_another(sources: Callable[[], Sources], tmp_path: Path) -> None:
    with sources().open() as opened:
        opened.turn_to(tmp_path / "other.py")
        (tmp_path / "other.py").write_text("another")
        assert wait_for(opened) == Saved(("other.py",))
