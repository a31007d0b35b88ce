"""The jail's root: what is there and what is not, wherever the interpreter and the course lie."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.jail import kernel, root
from tests.jail.forks import NAMESPACES, SOMEBODY, in_root, inside, lacking, wrong

need_namespaces = pytest.mark.skipif(lacking() is not None, reason=str(lacking()))
ORDINARY = [False, True] if NAMESPACES == "A" else [True]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for all, not below /tmp."""
    base = Path("/var/tmp").resolve()
    with tempfile.TemporaryDirectory(prefix="jail-root-", dir=base) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def made(folder: Path, *files: str) -> Path:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


@need_namespaces
@pytest.mark.parametrize("ordinary", ORDINARY)
def test_what_is_there_and_what_is_not(place: Path, ordinary: bool) -> None:
    shown, beside = made(place / "shown", "python"), made(place / "beside", "secret")

    def look() -> dict[str, Any]:
        root.seal()
        return {
            "top": sorted(os.listdir("/")),
            "shown": os.listdir(shown),
            "beside": os.path.lexists(beside),
            "around": os.listdir(place),
            "etc": sorted(os.listdir("/etc")),
            "ssl": sorted(os.listdir("/etc/ssl")) if os.path.isdir("/etc/ssl") else [],
            "dev": sorted(os.listdir("/dev")),
            "names": Path("/etc/passwd").read_text(),
            "null": stat.S_ISCHR(os.stat("/dev/null").st_mode),
            "written": [
                wrong(lambda path=path: os.close(os.open(path, os.O_WRONLY | os.O_CREAT)))  # type: ignore[misc]
                for path in (
                    "/new",
                    "/etc/new",
                    "/usr/new",
                    f"{shown}/new",
                    f"{shown}/python",
                    "/jail/new",
                    "/tmp/new",
                )
            ],
            "null is written": wrong(lambda: os.close(os.open("/dev/null", os.O_WRONLY))),
            "above": os.path.samefile("/", "/.."),
        }

    seen = in_root([str(shown)], look, ordinary=ordinary)
    top = "bin dev etc jail lib lib32 lib64 libx32 proc run sbin tmp usr var"
    assert {*seen["top"]} <= {*top.split()}
    assert (seen["shown"], seen["beside"], seen["around"]) == (["python"], False, ["shown"])
    assert {*seen["etc"]} >= {"group", "hosts", "nsswitch.conf", "passwd", "resolv.conf"}
    assert not {"shadow", "ssh", "sudoers", "hostname", "machine-id"} & {*seen["etc"]}
    assert "private" not in seen["ssl"]
    assert seen["dev"] == [
        "fd",
        "full",
        "null",
        "random",
        "shm",
        "stderr",
        "stdin",
        "stdout",
        "urandom",
        "zero",
    ]
    assert [line.split(":")[2] for line in seen["names"].splitlines()] == ["0", str(SOMEBODY)]
    assert (seen["null"], seen["null is written"], seen["above"]) == (True, None, True)
    # A file of somebody else's is refused before anybody looks at what it lies on.
    assert {*seen["written"]} <= {"EROFS", "EACCES" if ordinary else "EROFS"}


@need_namespaces
def test_a_folder_that_is_reached_through_a_link_is_at_both_names(place: Path) -> None:
    made(place / "real/home", "python")
    (place / "home").symlink_to("real/home")
    paths = root._chosen([f"{place}/home"], [])

    def look() -> list[list[str]]:
        return [os.listdir(f"{place}/home"), os.listdir(f"{place}/real/home")]

    assert in_root(paths, look) == [["python"], ["python"]]


@need_namespaces
def test_nothing_is_mounted_where_others_see_it(place: Path) -> None:
    before = Path("/proc/self/mounts").read_text().count("\n")
    in_root([str(made(place / "shown", "python"))], lambda: None)
    assert Path("/proc/self/mounts").read_text().count("\n") == before


def test_what_is_needed_is_each_once_and_the_course_is_not() -> None:
    needed = root.needed()
    project = Path(root.__file__).parents[2]
    assert str(project) not in needed
    assert str(project / "autograder") in needed
    for name in ("exercises", "solutions", "tests", "work"):
        assert not any(f"{project / name}/".startswith(f"{path}/") for path in needed), name
    assert len(needed) == len({*needed})


@pytest.fixture
def lying(tmp_path: Path) -> Path:
    """A course amid other things, with its packages and an environment in it."""
    made(
        tmp_path,
        *(
            "prefix/bin/python",
            "prefix/lib/os.py",
            "prefix/src/other/file",
            "prefix/src/course/solutions/dag.py",
        ),
        *("prefix/src/course/autograder/__init__.py", "prefix/src/course/.venv/bin/python"),
    )
    return tmp_path


def found(paths: list[str], below: Path) -> list[str]:
    return sorted(os.path.relpath(path, below) for path in paths if path.startswith(f"{below}/"))


def test_a_course_below_the_interpreter_is_hidden_and_all_beside_it_is_not(lying: Path) -> None:
    prefix = lying / "prefix"
    course = prefix / "src/course"
    (prefix / "to-the-course").symlink_to(course)
    wanted = [str(prefix), str(course / "autograder"), str(course / ".venv")]
    paths = root._chosen(wanted, [str(course)])
    assert found(paths, prefix) == ["bin", "lib", "src/course/.venv", "src/course/autograder", "src/other"]


def test_a_course_below_the_system_is_hidden(lying: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = lying / "prefix"
    monkeypatch.setattr(root, "_SYSTEM", (str(prefix), "/bin"))
    paths = root._chosen([str(prefix / "src/course/autograder")], [str(prefix / "src/course")])
    assert found(paths, prefix) == ["bin", "lib", "src/course/autograder", "src/other"]
    assert "/bin" in paths


def test_of_an_environment_that_was_made_in_the_course_only_its_own_parts_are_shown(lying: Path) -> None:
    course = made(
        lying / "course", "bin/python", "lib/os.py", "pyvenv.cfg", "solutions/dag.py", "autograder/x.py"
    )
    paths = root._chosen([str(course), str(course / "autograder")], [str(course)])
    assert {*found(paths, course)} >= {"autograder", "bin", "lib", "pyvenv.cfg"}
    assert "solutions" not in found(paths, course)


@need_namespaces
@pytest.mark.parametrize("hidden", root.HIDDEN)
def test_what_lies_below_a_place_that_every_child_has_for_itself_is_shown_again(hidden: str) -> None:
    with tempfile.TemporaryDirectory(prefix="jail-again-", dir=hidden) as name:
        Path(name).chmod(0o755)
        made(Path(name), "deep/venv/python", "secret")
        shown = f"{name}/deep/venv"

        def look() -> list[Any]:
            root.seal()
            kernel.mount("tmpfs", hidden, "tmpfs")
            root.uncover(hidden)
            return [
                Path(shown, "python").read_text(),
                os.listdir(hidden),
                os.listdir(name),
                wrong(Path(shown, "new").touch),
                # Nobody moves it aside and puts their own in its place.
                wrong(lambda: os.rename(name, f"{name}-aside")),
                wrong(lambda: os.rename(f"{name}/deep", f"{name}/aside")),
            ]

        assert in_root([shown], look) == [
            "deep/venv/python",
            [os.path.basename(name)],
            ["deep"],
            "EROFS",
            "EBUSY",
            "EROFS",
        ]


@need_namespaces
def test_no_capability_is_left_and_none_comes_back() -> None:
    def drop() -> list[Any]:
        if NAMESPACES == "B":
            kernel.new_user(0)
        before = kernel.capabilities()
        kernel.drop_capabilities()
        with socket.socket() as door:
            low = wrong(lambda: door.bind(("127.0.0.1", 1)))
        pid = os.fork()
        if pid == 0:
            # What a program gets that root executes.
            os.execv("/bin/sh", ["sh", "-c", "grep -q '^CapEff:\\s*0*$' /proc/self/status"])
        return [bool(before), kernel.capabilities(), low, os.waitpid(pid, 0)[1]]

    assert inside(drop) == [True, 0, "EACCES", 0]


@need_namespaces
@pytest.mark.parametrize("number", [0, 1000])
def test_in_a_user_namespace_of_ones_own_one_is_who_one_says_and_nobody_outside(number: int) -> None:
    with tempfile.NamedTemporaryFile() as theirs:

        def work() -> list[Any]:
            kernel.new_user(number)
            return [
                os.getuid(),
                os.getgid(),
                bool(kernel.capabilities()),
                wrong(lambda: os.setgroups([])),
                wrong(lambda: os.setuid(number + 1)),
                wrong(lambda: open(theirs.name)),
            ]

        refused = "EACCES" if os.geteuid() == 0 else None
        assert inside(work, user=SOMEBODY) == [number, number, True, "EPERM", "EINVAL", refused]
