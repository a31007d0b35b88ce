"""A run's folder: as large as its limits and somewhat more, and open for those who are to enter, whoever grades."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.control.room import Room, furnish
from autograder.limits import Limits
from tests.jail.forks import SOMEBODY, become, inside, wrong


class FalseDoor:
    """A door to a parent that makes this folder, or none."""

    def __init__(self, user: int | None = None, folder: Path | None = None) -> None:
        self.user, self._folder = user, folder
        self.asked: tuple[int, int] | None = None

    def room(self, size: int, files: int) -> int | None:
        self.asked = size, files
        return None if self._folder is None else os.open(self._folder, os.O_RDONLY)


@pytest.fixture
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="room-", dir=Path("/tmp").resolve()) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):o}"


def test_there_is_a_quarter_more_than_the_limit_so_that_the_limit_is_what_is_reached(place: Path) -> None:
    door: Any = FalseDoor(folder=place)
    room = furnish(door, Limits(disk=8_000_000, files=400), place)
    assert door.asked == (10_000_000, 500)
    assert (room.dags, room.work, room.tmp, room.bounded) == ("/jail/dags", "/jail/work", "/tmp", True)
    (place / "seen").touch()
    assert (room.outside / "seen").exists()
    room.close()
    assert not room.outside.exists()


def test_where_the_jail_makes_none_it_is_a_folder_of_ours_that_all_may_enter(place: Path) -> None:
    def work() -> list[Any]:
        os.umask(0o077)
        room = furnish(FalseDoor(), Limits(), place)  # type: ignore[arg-type]
        source = place / "source"
        (source / "helpers").mkdir(parents=True)
        (source / "dag.py").write_text("1")
        (source / "helpers" / "mail.py").write_text("2")
        room.bring(source, "dags")
        paths = (room.private, room.dags, room.work, room.tmp, *Path(room.dags).rglob("*"))
        return [room.bounded, {os.path.relpath(path, place): mode(Path(path)) for path in paths}]

    assert inside(work) == [
        False,
        {
            "private": "755",
            "dags": "755",
            "private/work": "755",
            "private/tmp": "755",
            "dags/helpers": "755",
            "dags/dag.py": "644",
            "dags/helpers/mail.py": "644",
        },
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_throwaway_user_owns_where_it_works_and_nothing_else(place: Path) -> None:
    room = furnish(FalseDoor(SOMEBODY), Limits(), place)  # type: ignore[arg-type]
    source = place / "source"
    source.mkdir()
    (source / "dag.py").write_text("1")
    room.bring(source, "dags")

    def tried() -> list[str | None]:
        become(SOMEBODY)
        return [
            wrong(lambda: (Path(room.work) / "mine").touch()),
            wrong(lambda: (Path(room.tmp) / "mine").touch()),
            wrong(lambda: Path(room.dags, "dag.py").read_text()),
            wrong(lambda: Path(room.dags, "dag.py").write_text("2")),
            wrong(lambda: Path(room.dags, "mine").touch()),
            wrong(lambda: (room.private / "mine").touch()),
            wrong(lambda: Path(room.work).rename(room.private / "elsewhere")),
        ]

    assert inside(tried) == [None, None, None, "EACCES", "EACCES", "EACCES", "EACCES"]


def test_a_room_without_a_descriptor_has_nothing_to_close(place: Path) -> None:
    Room(place, "", "", "", "", user=None).close()
    assert place.exists()
