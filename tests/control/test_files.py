"""What is left in a run's private directory, whoever left it and however."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.control.files import FOREIGN, Folder
from autograder.control.recording import Who
from autograder.control.room import Room
from autograder.evidence import LeftFile
from autograder.jail.doors import open_doors
from autograder.services import Address


def who(execution: int, try_number: int = 1) -> Who:
    doors = open_doors()
    address = Address(
        execution=execution,
        component="worker",
        task_id="work",
        map_index=-1,
        try_number=try_number,
        phase="before",
        doors=doors,
    )
    doors.close()
    return Who(execution, "worker", address, "work", -1, try_number)


def own(folder: Folder) -> list[LeftFile]:
    return [file for file in folder.records() if not file.foreign]


def foreign_left(folder: Folder) -> list[bool]:
    return [file.left for file in folder.records() if file.foreign]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "private", 1_700_000_000)


def test_a_file_belongs_to_who_ran_when_it_appeared(folder: Folder) -> None:
    (folder.root / "tmp" / "a").write_text("a")
    folder.look(who(1))
    (folder.root / "work" / "b").write_text("b")
    later = who(2, 2)
    later.address.phase = "after"
    folder.look(later)
    assert [(f.path, f.execution, f.try_number, f.phase, f.left) for f in own(folder)] == [
        ("tmp/a", 1, 1, "before", True),
        ("work/b", 2, 2, "after", True),
    ]


def test_a_file_that_is_made_again_belongs_to_the_try_that_made_it_again(folder: Folder) -> None:
    path = folder.root / "tmp" / "data.csv"
    path.write_text("first")
    folder.look(who(1))
    path.unlink()
    folder.look(who(1))
    path.write_text("second")
    folder.look(who(2, 2))
    assert [(f.try_number, f.left) for f in own(folder)] == [(1, False), (2, True)]
    path.unlink()
    assert [f.left for f in own(folder)] == [False, False]


def test_foreign_files_are_found_however_many_others_there_are(folder: Folder) -> None:
    for number in range(2500):
        (folder.root / "work" / f"{number:04}").touch()
    folder.look(who(1))
    folder.look(who(1))
    assert foreign_left(folder) == [True] * len(FOREIGN)
    files = own(folder)
    assert len(files) == 2000
    assert all(file.left for file in files)
    assert folder.dropped == 2, "at each look there were more"
    (folder.root / FOREIGN[0]).write_text("mine now.\n")
    assert foreign_left(folder).count(False) == 1


@pytest.mark.parametrize("ended", [False, True])
def test_what_another_ones_callback_removes_goes_before_an_outcome_that_is_still_to_come(
    folder: Folder, ended: bool
) -> None:
    path = folder.root / "tmp" / "data.csv"
    path.touch()
    maker, other = who(1), who(2)
    folder.look(maker)
    maker.address.gone = ended
    other.address.phase = "after"
    path.unlink()
    folder.look(other)
    assert [(f.removed, f.remover) for f in own(folder)] == [("after" if ended else "before", 2)]


@pytest.mark.parametrize("how", [os.rename, os.link])
def test_a_file_that_takes_the_name_of_what_python_leaves_is_known_all_the_same(
    folder: Folder, how: Callable[[Path, Path], None]
) -> None:
    (folder.root / "tmp" / "__pycache__").mkdir()
    file, cached = folder.root / "tmp" / "data.csv", folder.root / "tmp" / "__pycache__" / "data.pyc"
    file.touch()
    folder.look(who(1))
    how(file, cached)
    file.unlink(missing_ok=True)
    folder.look(who(1))
    assert {found.path: found.left for found in own(folder)} == {
        "tmp/data.csv": False,
        "tmp/__pycache__/data.pyc": True,
    }


def test_what_python_leaves_is_no_file_of_anybody_although_its_number_was_another_ones(
    folder: Folder,
) -> None:
    (folder.root / "tmp" / "__pycache__").mkdir()
    file, cached = folder.root / "tmp" / "data.csv", folder.root / "tmp" / "__pycache__" / "data.pyc"
    file.touch()
    folder.look(who(1))
    # The number stays taken under a name that is not looked at, so that it is surely the same later.
    elsewhere = folder.root.parent / "elsewhere"
    file.rename(elsewhere)
    folder.look(who(1))
    elsewhere.rename(cached)
    folder.look(who(1))
    assert [(found.path, found.left) for found in own(folder)] == [("tmp/data.csv", False)]


def test_a_file_that_is_renamed_when_no_more_are_recorded_is_known_to_be_missing_in_the_record(
    folder: Folder,
) -> None:
    for number in range(2000):
        (folder.root / "work" / f"{number:04}").touch()
    folder.look(who(1))
    assert folder.dropped == 0
    (folder.root / "work" / "0000").rename(folder.root / "tmp" / "data.csv")
    folder.look(who(1))
    assert folder.dropped == 1


def test_what_replaces_a_folder_is_not_followed_and_the_next_child_has_folders(folder: Folder) -> None:
    shutil.rmtree(folder.root / "tmp")
    (folder.root / "tmp").symlink_to("/")
    (folder.root / "work").rmdir()
    folder.look(who(1))
    assert own(folder) == []
    assert foreign_left(folder) == [False] * len(FOREIGN)
    folder.mend()
    assert (folder.root / "tmp").is_dir()
    assert not (folder.root / "tmp").is_symlink()
    assert (folder.root / "work").is_dir()


def test_links_pipes_and_names_that_are_no_text_are_files_that_can_be_stored(folder: Folder) -> None:
    (folder.root / "tmp" / "link").symlink_to("/etc")
    os.mkfifo(folder.root / "tmp" / "pipe")
    Path(os.fsdecode(os.fsencode(folder.root / "tmp") + b"/\xff.txt")).touch()
    folder.look(who(1))
    files = own(folder)
    assert [f.path for f in files] == ["tmp/link", "tmp/pipe", "tmp/\\xff.txt"]
    assert all(f.left and f.model_dump_json() for f in files)


def test_a_copy_has_nothing_that_leads_elsewhere(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "helpers" / "__pycache__").mkdir(parents=True)
    (source / "dag.py").write_text("1")
    (source / "helpers" / "mail.py").write_text("2")
    (source / "root").symlink_to("/")
    (source / "passwd").symlink_to("/etc/passwd")
    os.mkfifo(source / "helpers" / "pipe")
    room = Room(tmp_path, "", "", "", "", user=None)
    room.bring(source, "copy")
    found = sorted(path.relative_to(tmp_path / "copy").as_posix() for path in (tmp_path / "copy").rglob("*"))
    assert found == ["dag.py", "helpers", "helpers/mail.py"]


def test_what_is_put_out_of_sight_counts_as_a_file_itself(folder: Folder) -> None:
    deep = folder.root / "work" / "/".join(["d"] * 30)
    deep.mkdir(parents=True)
    (deep / "deep.csv").touch()
    (folder.root / "tmp" / "__pycache__").mkdir()
    (folder.root / "tmp" / "__pycache__" / "helpers.cpython-311.pyc").touch()
    (folder.root / "tmp" / "__pycache__" / "data.csv").touch()
    folder.look(who(1))
    paths = [f.path for f in own(folder)]
    assert paths == ["tmp/__pycache__/data.csv", "work" + "/d" * 21]


def test_of_more_folders_than_anybody_looks_at_the_rest_counts_as_files(folder: Folder) -> None:
    for number in range(2500):
        (folder.root / "work" / f"{number:04}").mkdir()
    folder.look(who(1))
    files = own(folder)
    assert 490 < len(files) < 510
    assert foreign_left(folder) == [True] * len(FOREIGN)


def as_somebody(work: Callable[[], list[str]]) -> list[str]:
    """What this says when an ordinary user does it."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setresgid(61999, 61999, 61999)
                os.setresuid(61999, 61999, 61999)
            os.write(write, "\n".join(work()).encode())
        except BaseException as error:
            os.write(write, repr(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(pid, 0)
    with open(read) as said:
        return said.read().split("\n")


def test_a_folder_that_nobody_may_look_into_counts_as_a_file() -> None:
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o777)

        def work() -> list[str]:
            folder = Folder(Path(place) / "private", 1_700_000_000)
            (folder.root / "tmp" / "hidden").mkdir()
            (folder.root / "tmp" / "hidden" / "data.csv").touch()
            (folder.root / "tmp" / "hidden").chmod(0)
            (folder.root / "work").chmod(0)
            folder.look(who(1))
            found = [file.path for file in own(folder) if file.left]
            folder.mend()
            (folder.root / "work" / "next").touch()  # the next child may enter
            (folder.root / "tmp" / "hidden").chmod(0o700)
            return found

        assert as_somebody(work) == ["tmp/hidden", "work"]


def test_no_link_is_followed_that_is_put_where_a_folder_was_a_moment_ago(
    folder: Folder, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "solution.py").touch()
    place = folder.root / "work"
    (place / "folder").mkdir()
    (place / "link").symlink_to(secret)
    pid = os.fork()
    if pid == 0:
        while True:  # until it is ended
            os.rename(place / "folder", place / "aside")
            os.rename(place / "link", place / "folder")
            os.rename(place / "folder", place / "link")
            os.rename(place / "aside", place / "folder")
    try:
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            folder.look(who(1))
            assert not folder._exists("work/folder/solution.py")
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    seen = {file.path for file in own(folder)}
    assert seen <= {"work/link", "work/folder", "work/aside"}
    assert "work/link" in seen


def test_who_removed_a_file_is_known_and_what_its_own_work_removed_was_never_left(folder: Folder) -> None:
    for name in ("own", "callback", "other"):
        (folder.root / "tmp" / name).write_text("x")
    maker, later = who(1), who(2)
    folder.look(maker)
    (folder.root / "tmp" / "own").unlink()
    folder.look(maker)
    maker.address.phase = "after"
    (folder.root / "tmp" / "callback").unlink()
    folder.look(maker)
    (folder.root / "tmp" / "other").unlink()
    folder.look(later)
    assert [(file.path, file.removed, file.remover) for file in own(folder)] == [
        ("tmp/callback", "after", 1),
        ("tmp/other", "before", 2),
    ]
