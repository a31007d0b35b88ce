"""What can be graded is copied; what cannot is refused with a sentence, and never run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder import catalog, submission
from autograder.catalog import Exercise
from autograder.submission import SubmissionError
from tests.course import COURSE, copy_course


@pytest.fixture
def exercise() -> Exercise:
    return catalog.load(COURSE).find("1")


def refused(path: Path | None, exercise: Exercise, work: Path) -> str:
    with pytest.raises(SubmissionError) as caught:
        submission.find(path, exercise, work)
    problem = caught.value.problem
    return f"{problem.title} {problem.advice}"


def test_a_file_is_handed_in_under_the_expected_name(tmp_path: Path, exercise: Exercise) -> None:
    path = tmp_path / "my answer.py"
    path.write_text("x = 1\n")
    found = submission.find(path, exercise, tmp_path)
    assert found.files == {"dag.py": b"x = 1\n"}
    assert found.entry == "dag.py"
    assert found.name == str(path)
    assert found.problem is None


def test_a_folder_and_by_default_the_one_in_work(tmp_path: Path, exercise: Exercise) -> None:
    folder = tmp_path / exercise.slug
    folder.mkdir()
    (folder / "dag.py").write_text("import helper\n")
    (folder / "helper.py").write_text("y = 1\n")
    (folder / "lab_dag.py").write_text("z = 1\n")
    for path in (folder, None):
        found = submission.find(path, exercise, tmp_path)
        assert found.files == {"dag.py": b"import helper\n"}
        assert found.ignored == ("helper.py",)


def test_a_copy_is_private(tmp_path: Path, exercise: Exercise) -> None:
    path = tmp_path / "dag.py"
    path.write_text("x = 1\n")
    found = submission.find(path, exercise, tmp_path)
    path.unlink()
    found.write(tmp_path / "copy")
    assert (tmp_path / "copy" / "dag.py").read_text() == "x = 1\n"


def test_nothing_there(tmp_path: Path, exercise: Exercise) -> None:
    assert "There is no file or folder" in refused(tmp_path / "nope.py", exercise, tmp_path)
    assert "autograder start 01" in refused(None, exercise, tmp_path)
    assert "A part of the path is a file" in refused(Path(__file__) / "dag.py", exercise, tmp_path)


def test_a_folder_without_the_file(tmp_path: Path, exercise: Exercise) -> None:
    (tmp_path / "dags.py").write_text("x = 1\n")
    (tmp_path / "a").mkdir()
    said = refused(tmp_path, exercise, tmp_path)
    assert f"hands in dag.py, and there is no dag.py in {tmp_path}: it has a/, dags.py." in said
    assert "autograder start" not in said


def test_a_folder_of_mine_that_has_notebooks_only(tmp_path: Path, exercise: Exercise) -> None:
    folder = tmp_path / exercise.slug
    folder.mkdir()
    (folder / "lab.ipynb").write_text("{}")
    said = refused(None, exercise, tmp_path)
    assert "it has lab.ipynb." in said
    assert "autograder start 01" in said


def test_a_file_that_vanishes_meanwhile(
    tmp_path: Path, exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "dag.py"
    path.write_text("x = 1\n")
    really_open = os.open

    def open_late(name: str | Path, *rest: int) -> int:
        path.unlink()
        return really_open(name, *rest)

    monkeypatch.setattr("autograder.submission.os.open", open_late)
    assert "vanished while we looked" in refused(path, exercise, tmp_path)


def test_what_is_no_readable_file(tmp_path: Path, exercise: Exercise) -> None:
    (tmp_path / "dag.py").mkdir()
    assert "is a folder; a file is expected" in refused(tmp_path, exercise, tmp_path)
    os.mkfifo(tmp_path / "pipe.py")
    assert "is not a regular file" in refused(tmp_path / "pipe.py", exercise, tmp_path)
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    assert "leads back to itself" in refused(tmp_path / "loop.py", exercise, tmp_path)
    # Regular, and open to its owner, but nothing can be read from its beginning.
    (tmp_path / "memory.py").symlink_to("/proc/self/mem")
    assert "cannot be read: Input/output error" in refused(tmp_path / "memory.py", exercise, tmp_path)


def test_a_link_to_what_was_not_handed_in(tmp_path: Path, exercise: Exercise) -> None:
    other = tmp_path / "other.py"
    other.write_text("x = 1\n")
    folder = tmp_path / "given"
    folder.mkdir()
    link = folder / "dag.py"
    for target in (other, "../other.py", "/etc/passwd", "/nowhere"):
        link.symlink_to(target)
        for path in (folder, link):
            said = refused(path, exercise, tmp_path)
            if target != "/nowhere" or path == folder:
                assert (
                    f"{link} is a link to {(folder / target).resolve()}, and only what is handed in" in said
                )
                assert "Put a copy of the file in its place." in said
        link.unlink()
    mine = tmp_path / exercise.slug
    mine.mkdir()
    (mine / "dag.py").symlink_to(other)
    assert "is a link to" in refused(None, exercise, tmp_path)


def test_a_link_within_what_was_handed_in(
    tmp_path: Path, exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "final.py").write_text("x = 1\n")
    (folder / "dag.py").symlink_to("final.py")
    (tmp_path / "link").symlink_to(folder)
    assert submission.find(folder, exercise, tmp_path).files == {"dag.py": b"x = 1\n"}
    assert submission.find(tmp_path / "link", exercise, tmp_path).files == {"dag.py": b"x = 1\n"}
    monkeypatch.chdir(folder)
    assert submission.find(Path(), exercise, tmp_path).files == {"dag.py": b"x = 1\n"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"x = 1\ny = '\xe9'\n", "not UTF-8 text: byte 0xe9 in line 2"),
        (b"#" * ((1 << 20) + 1), "larger than 1 MB"),
    ],
)
def test_what_is_no_text_to_grade(tmp_path: Path, exercise: Exercise, content: bytes, said: str) -> None:
    path = tmp_path / "dag.py"
    path.write_bytes(content)
    assert said in refused(path, exercise, tmp_path)


def test_a_wrong_suffix(tmp_path: Path, exercise: Exercise) -> None:
    for name, said in (
        ("dag.txt", "ends in .txt. Name the .py file."),
        ("dag", "has no suffix. Name the .py file."),
        ("dag.zip", "ends in .zip. Unpack it, and name the file in it."),
    ):
        (tmp_path / name).write_text("x = 1\n")
        assert said in refused(tmp_path / name, exercise, tmp_path)


def test_one_file_where_several_are_handed_in(tmp_path: Path) -> None:
    course = copy_course(tmp_path)
    file = course / "exercises" / "01-tell-someone" / "exercise.toml"
    file.write_text(file.read_text().replace('["dag.py"]', '["dag.py", "rules.toml"]'))
    exercise = catalog.load(course).find("1")
    path = tmp_path / "dag.py"
    path.write_text("x = 1\n")
    assert "hands in several files (dag.py, rules.toml)" in refused(path, exercise, tmp_path)


@pytest.mark.parametrize(
    ("source", "title", "detail"),
    [
        (
            "x = 1\ndef f(:\n    pass\n",
            "A syntax error: invalid syntax (dag.py, line 2).",
            "    def f(:\n          ^",
        ),
        ("if x:\ny = 1\n", "An indentation error: expected an indented block", "    y = 1\n    ^"),
        ("return 1\n", "A syntax error: 'return' outside function (dag.py, line 1).", "    return 1\n    ^"),
        ("x = 'a\n", "A syntax error: unterminated string literal", "    x = 'a\n        ^"),
        ("x = 1\0\n", "A syntax error: source code string cannot contain null bytes", ""),
        ("(" * 100_000, "A syntax error: too many nested parentheses", ""),
        ("-" * 500_000 + "1", "", ""),
    ],
)
def test_a_syntax_error_is_graded_and_shown(
    tmp_path: Path, exercise: Exercise, source: str, title: str, detail: str
) -> None:
    path = tmp_path / "dag.py"
    path.write_text(source)
    problem = submission.find(path, exercise, tmp_path).problem
    assert problem is not None
    assert problem.title.startswith(title)
    assert problem.file == "dag.py"
    if detail:
        assert problem.detail.startswith(detail)


def test_compiling_runs_nothing_and_warns_of_nothing(
    tmp_path: Path, exercise: Exercise, recwarn: pytest.WarningsRecorder
) -> None:
    mark = tmp_path / "ran"
    path = tmp_path / "dag.py"
    path.write_text(f"x = '\\d'\nopen({str(mark)!r}, 'w')\n")
    assert submission.find(path, exercise, tmp_path).problem is None
    assert not mark.exists()
    assert not recwarn.list


class TestNeighbours:
    """The modules beside a DAG file that is only run."""

    @staticmethod
    def named(folder: Path, exercise: Exercise, text: str) -> set[str]:
        (folder / "dag.py").write_text(text)
        alone = submission.find(folder / "dag.py", exercise, folder)
        return set(submission.with_neighbours(alone, folder).files) - {"dag.py"}

    @pytest.mark.parametrize(
        ("text", "modules"),
        [
            ("import alerts", {"alerts.py", "words.py"}),
            ("from alerts import tell as t", {"alerts.py", "words.py"}),
            ("import words.more, os", {"alerts.py", "words.py"}),
            ("AsyncCallback('alerts.tell')", {"alerts.py", "words.py"}),
            ("DAG('alerts')  # alerts.tell", set()),
            ("print('see words. There.', 'absent.x')", set()),
            ("from . import alerts", set()),
        ],
    )
    def test_what_is_named_comes_along_and_what_that_names(
        self, tmp_path: Path, exercise: Exercise, text: str, modules: set[str]
    ) -> None:
        (tmp_path / "alerts.py").write_text("import dag, words\n")
        (tmp_path / "words.py").write_text("import alerts\n")
        assert self.named(tmp_path, exercise, text) == modules

    def test_a_mistake_in_one_of_them_is_said(self, tmp_path: Path, exercise: Exercise) -> None:
        (tmp_path / "dag.py").write_text("import alerts\n")
        (tmp_path / "alerts.py").write_text("def tell(:\n")
        alone = submission.find(tmp_path / "dag.py", exercise, tmp_path)
        found = submission.with_neighbours(alone, tmp_path)
        assert found.problem is not None
        assert found.problem.file == "alerts.py"

    def test_one_that_is_empty_is_said(self, tmp_path: Path, exercise: Exercise) -> None:
        (tmp_path / "alerts.py").touch()
        with pytest.raises(SubmissionError, match=r"alerts\.py is empty"):
            self.named(tmp_path, exercise, "import alerts")
