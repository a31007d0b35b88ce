"""What is left in a run's private directory, whoever left it and however."""

from __future__ import annotations

import os
import shutil
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
    (folder.root / FOREIGN[0]).write_text("mine now.\n")
    assert foreign_left(folder).count(False) == 1


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
