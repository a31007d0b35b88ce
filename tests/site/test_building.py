"""A site is built when the course has changed, by one process, and nowhere but in the work folder."""

from __future__ import annotations

import importlib.util
import json
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from autograder import site
from autograder.cli import program
from autograder.course import Course
from autograder.site import SiteError, building, cache
from tests.site.course import HOME, LESSON, ROOT


def course_of(root: Path) -> Course:
    return Course(root, root.parent / "work")


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where sites were built; a build is a page and no mkdocs."""
    done: list[Path] = []

    def build(course: Course, out: Path, *, strict: bool = False) -> Path:
        done.append(out)
        time.sleep(0.05)
        out.mkdir(parents=True)
        (out / "index.html").write_text((course.root / HOME).read_text())
        return out

    monkeypatch.setattr(cache, "build", build)
    return done


def test_a_small_course_is_built_whole_and_without_a_remark(root: Path) -> None:
    out = site.build(course_of(root), root.parent / "out", strict=True)
    assert (out / "exercises/01-tell-someone/solution/index.html").is_file()
    assert (out / "assets/study.js").read_text() == "window.study = null;\n"
    lesson = (out / "lessons/01-tell-someone/index.html").read_text()
    assert ">tell</span>" in lesson
    assert "[start:tell]" not in lesson
    found = [
        entry["location"] for entry in json.loads((out / "search/search_index.json").read_text())["docs"]
    ]
    assert any(location.startswith("lessons/01-tell-someone/") for location in found)
    assert not [location for location in found if "solution/" in location]


def test_a_remark_of_mkdocs_is_an_error_when_it_must_be(root: Path) -> None:
    (root / "mkdocs.yml").write_text((root / "mkdocs.yml").read_text() + "\nno_such_setting: 1\n")
    site.build(course_of(root), root.parent / "out")
    with pytest.raises(SiteError, match=r"mkdocs is not content:\nWARNING.*no_such_setting"):
        site.build(course_of(root), root.parent / "out", strict=True)


def test_a_course_without_settings_says_what_is_missing(root: Path) -> None:
    (root / "mkdocs.yml").unlink()
    with pytest.raises(SiteError, match=r"mkdocs\.yml: cannot be read: No such file or directory"):
        site.build(course_of(root), root.parent / "out")


def test_without_mkdocs_it_is_said_how_to_get_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SiteError, match="`make study` installs them"):
        building.build(course_of(root), root.parent / "out")


def test_a_site_is_built_once_and_again_after_a_change(root: Path, builds: list[Path]) -> None:
    course = course_of(root)
    first = site.ensure(course)
    assert first.parent == course.work / ".cache" / "site"
    assert site.ensure(course) == first
    (root / LESSON).write_text((root / LESSON).read_text() + "\nMore.\n")
    second = site.ensure(course)
    assert second != first
    assert (first / "index.html").is_file()  # somebody may still be reading it
    assert len(builds) == 2


def test_a_change_of_the_work_changes_no_site(root: Path, builds: list[Path]) -> None:
    course = course_of(root)
    first = site.ensure(course)
    (course.work / "01-tell-someone").mkdir()
    (root / "exercises" / "01-tell-someone" / "__pycache__").mkdir(exist_ok=True)
    (root / "exercises" / "01-tell-someone" / "__pycache__" / "checks.pyc").write_bytes(b"x")
    assert site.ensure(course) == first


def test_another_version_of_the_theme_makes_another_site(
    root: Path, builds: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = site.ensure(course_of(root))
    monkeypatch.setattr(cache.metadata, "version", lambda name: "99")
    assert site.ensure(course_of(root)) != first


def test_old_sites_go(root: Path, builds: list[Path]) -> None:
    course = course_of(root)
    for number in range(5):
        (root / HOME).write_text(f"# {number}\n")
        newest = site.ensure(course)
    kept = [path for path in newest.parent.iterdir() if path.is_dir()]
    assert len(kept) == 3
    assert newest in kept


def test_two_that_ask_at_once_build_once(root: Path, builds: list[Path]) -> None:
    course, found = course_of(root), []
    threads = [threading.Thread(target=lambda: found.append(site.ensure(course))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(builds) == 1


def test_a_build_that_fails_leaves_nothing(root: Path) -> None:
    course = course_of(root)
    (root / LESSON).write_text("---\nminutes: 1\n---\n# X\n\n[x](y.md)\n")
    with pytest.raises(SiteError):
        site.ensure(course)
    assert [path.name for path in (course.work / ".cache" / "site").iterdir()] == [".lock"]


def test_a_course_that_nobody_may_write_to_is_built_all_the_same(root: Path) -> None:
    for path in [root, *root.rglob("*")]:
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    before = {path: path.stat().st_mtime_ns for path in [root, *root.rglob("*")]}
    try:
        site.ensure(course_of(root))
        assert {path: path.stat().st_mtime_ns for path in [root, *root.rglob("*")]} == before
    finally:
        for path in [root, *root.rglob("*")]:
            path.chmod(path.stat().st_mode | stat.S_IWUSR)


def test_mkdocs_by_hand_makes_the_same_pages(built: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "out")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    pages = {path.relative_to(built) for path in built.rglob("*.html")}
    assert {path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.html")} == pages


def test_the_command_says_where_the_site_is(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUTOGRADER_COURSE", str(root))
    monkeypatch.setenv("AUTOGRADER_WORK", str(root.parent / "work"))
    monkeypatch.chdir(root.parent)
    program.main(["site", "--out", "here"], standalone_mode=False)
    assert capsys.readouterr().out == "here\n"
    assert (root.parent / "here" / "index.html").is_file()
    program.main(["site", "--strict"], standalone_mode=False)
    said = capsys.readouterr().out.strip()
    assert (root.parent / said / "index.html").is_file()
