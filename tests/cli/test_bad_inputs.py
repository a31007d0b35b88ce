"""Everything bad that can be handed in, through the command line with real Airflow: what is said, and the exit code."""

from __future__ import annotations

import json
import os
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from autograder import submission
from autograder.report import schema
from tests.cli.conftest import ROOT, Invoke, WarmPool
from tests.report.pages import Page

SOLUTION = (ROOT / "solutions" / "01-anatomy-of-a-failure" / "dag.py").read_text(encoding="utf-8")
FUTURE = "from __future__ import annotations\n"


def before_the_solution(code: str) -> str:
    """The solution, with this at its top level."""
    assert FUTURE in SOLUTION
    return SOLUTION.replace(FUTURE, f"{FUTURE}{code}\n")


@dataclass(frozen=True)
class Bad:
    """A file that can be read and not be graded as it was meant."""

    source: str
    said: str
    """The problem, in a sentence."""
    advice: str = ""
    outcome: str = "error"
    line: int | None = None


BAD = {
    "not Python": Bad(
        "Dear grader, my dog ate the DAG.\n", "A syntax error: invalid syntax (dag.py, line 1).", line=1
    ),
    "a syntax error": Bad(
        "from airflow.sdk import DAG\nwith DAG('x'\n    pass\n",
        "A syntax error: '(' was never closed (dag.py, line 2).",
        "nothing of it was run",
        line=2,
    ),
    "a null byte": Bad("x = '\0'\n", "null bytes"),
    "an import that raises": Bad(
        before_the_solution("import no_such_library"),
        "Importing dag.py failed: ModuleNotFoundError: No module named 'no_such_library'",
    ),
    "no DAG": Bad(
        "from airflow.sdk import dag\n@dag\ndef anatomy_of_a_failure(): ...\n",
        "dag.py defines no DAG.",
        "only if the function is called",
    ),
    "two DAGs": Bad(
        SOLUTION + '\n\nanother = DAG("another")\n',
        "dag.py defines 2 DAGs (`anatomy_of_a_failure`, `another`).",
        "Keep `anatomy_of_a_failure`.",
    ),
    "a wrong id": Bad(
        SOLUTION.replace('"anatomy_of_a_failure"', '"anatomy"'),
        "The DAG in dag.py is called `anatomy`; the brief asks for `anatomy_of_a_failure`.",
        "Set its id",
    ),
    "a cycle": Bad(
        textwrap.dedent(
            """
            from airflow.sdk import DAG
            from airflow.providers.standard.operators.empty import EmptyOperator
            with DAG("anatomy_of_a_failure"):
                first, second = EmptyOperator(task_id="load_orders"), EmptyOperator(task_id="second")
                first >> second >> first
            """
        ),
        "The DAG has a cycle",
        "Follow the arrows",
    ),
    "an import that hangs": Bad(
        before_the_solution("import time\ntime.sleep(1e6)"),
        "Importing dag.py took longer than Airflow allows.",
        "nothing that waits or works belongs at its top level",
        outcome="timeout",
    ),
    "an import that exits": Bad(
        before_the_solution("import sys\nsys.exit(0)"), "Importing dag.py failed: SystemExit: 0"
    ),
    "an import that ends the process": Bad(
        before_the_solution("import os\nos._exit(0)"),
        "While importing dag.py, the process ended with exit code 0.",
        "Look for `sys.exit`",
    ),
}


def points_of(result: dict[str, Any]) -> tuple[Any, ...]:
    return result["score"], result["max_score"], {check["points"] for check in result["checks"]}


@pytest.mark.parametrize("name", BAD)
def test_what_can_be_read_and_not_be_run_earns_nothing(name: str, command: Invoke, work: Path) -> None:
    bad = BAD[name]
    Path("dag.py").write_text(bad.source, encoding="utf-8")
    said = command("check", "1", "dag.py", "--json", "-", "--html", "report.html")
    assert said.code == 1
    result = said.json
    jsonschema.validate(result, schema.result_schema())
    assert result["outcome"] == bad.outcome
    assert points_of(result) == (0, 10, {0})
    assert {check["outcome"] for check in result["checks"]} == {bad.outcome}
    assert bad.said in result["problem"]["title"]
    assert bad.advice in result["problem"]["advice"]
    assert bad.line is None or result["problem"]["line"] == bad.line
    # Said once in the report, not once for each check.
    flat = " ".join(said.err.split("01-anatomy-of-a-failure ·")[1].split())
    assert flat.count(" ".join(result["problem"]["title"].replace("\0", "⟨NUL⟩").split())) == 1
    ended = (
        "your code ran into a time limit"
        if bad.outcome == "timeout"
        else "your code could not be run to its end"
    )
    assert said.err.rstrip().endswith(f"0 of 10 points: {ended}. (exit code 1)")
    page = Page(Path("report.html").read_text(encoding="utf-8"))
    assert page.dangers() == []
    assert page.text.count(result["problem"]["title"]) <= 2, "above, and in the scenario"

    (folder,) = (work / ".results" / "01-anatomy-of-a-failure").glob("2*")
    again = command("regrade", folder, "--json", "-")
    assert again.code == 1
    for key in ("outcome", "problem", "score", "max_score", "checks", "seed"):
        assert again.json[key] == result[key], key


@pytest.mark.parametrize("name", ["a syntax error", "an import that exits", "no DAG"])
def test_what_cannot_be_run_is_not_run_without_grading_either(name: str, command: Invoke) -> None:
    bad = BAD[name]
    Path("dag.py").write_text(bad.source, encoding="utf-8")
    said = command("run", "dag.py")
    assert said.code == 1
    assert bad.said in " ".join((said.out + said.err).split())


def test_a_task_inside_a_group_where_none_was_asked_for(command: Invoke) -> None:
    grouped = SOLUTION.replace("import DAG,", "import DAG, TaskGroup,").replace(
        "schedule=None) as dag:\n", 'schedule=None) as dag, TaskGroup("orders"):\n'
    )
    assert grouped.count("TaskGroup") == 2
    Path("dag.py").write_text(grouped, encoding="utf-8")
    said = command("check", "1", "dag.py", "--json", "-")
    assert said.code == 1
    assert said.json["outcome"] == "graded"
    assert points_of(said.json) == (0, 10, {0})
    first = said.json["checks"][0]
    assert first["outcome"] == "failed"
    assert first["message"] == (
        "The DAG has no task `load_orders`. There is `orders.load_orders`: "
        "in a task group, a task's name begins with the group's."
    )


def test_an_import_that_prints_a_megabyte_is_graded_as_any_other(command: Invoke) -> None:
    loud = before_the_solution("print('x' * 600_000)\nfor _ in range(10_000): print('y' * 60)")
    Path("dag.py").write_text(loud, encoding="utf-8")
    said = command("check", "1", "dag.py", "--json", "-", "--html", "report.html")
    assert said.code == 0
    assert said.json["score"] == 10
    assert len(said.err) < 20_000
    assert Path("report.html").stat().st_size < 3_000_000


def made(kind: str) -> Path:
    """Something that is no file to be graded."""
    path = Path("dag.py")
    match kind:
        case "an empty file":
            path.write_text("")
        case "blanks":
            path.write_text(" \n\n")
        case "not UTF-8":
            path.write_bytes(b"# fine\n# caf\xe9\n")
        case "UTF-16":
            path.write_bytes(SOLUTION.encode("utf-16"))
        case "too large":
            path.write_text("#" * (submission.LARGEST + 1))
        case "a pipe":
            os.mkfifo(path)
        case "a device":
            path.symlink_to("/dev/zero")
        case "a loop of links":
            path.symlink_to("dag.py")
        case "a folder with nothing in it":
            path = Path("dags")
            path.mkdir()
        case "another file":
            path = Path("notes.txt")
            path.write_text("notes")
        case "part of the path a file":
            Path("notes.txt").write_text("notes")
            path = Path("notes.txt/dag.py")
    return path


UNREADABLE = {
    "nothing": "There is no file or folder dag.py. Is the name spelt right?",
    "an empty file": "dag.py is empty. Is it saved?",
    "blanks": "dag.py is empty.",
    "not UTF-8": "dag.py is not UTF-8 text: byte 0xe9 in line 2. Save it with the encoding UTF-8.",
    "UTF-16": "dag.py is not UTF-8 text: byte 0xff in line 1.",
    "too large": "dag.py is larger than 1 MB.",
    "a pipe": "dag.py is not a regular file.",
    "a device": "dag.py is not a regular file.",
    "a loop of links": "dag.py is a symbolic link that leads back to itself.",
    "part of the path a file": "There is no file or folder notes.txt/dag.py. A part of the path is a file.",
}


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("verb", ["check", "run"])
def test_what_cannot_be_read_is_no_grade(
    verb: str, kind: str, command: Invoke, work: Path, warm: WarmPool
) -> None:
    warm.before = lambda: pytest.fail("nothing is to be run")
    path = made(kind)
    said = command(*(["check", "1"] if verb == "check" else ["run"]), path, "--json", "result.json")
    assert said.code == 2
    what = "No grade" if verb == "check" else "No run"
    assert said.err.splitlines()[-1].startswith(f"{what}: {UNREADABLE[kind]}")
    assert said.out == ""
    assert not Path("result.json").exists()
    assert not (work / ".results").exists()


@pytest.mark.parametrize(
    ("kind", "verb", "words"),
    [
        (
            "a folder with nothing in it",
            "check",
            "hands in dag.py, and there is no dag.py in dags: it is empty.",
        ),
        ("a folder with nothing in it", "run", "dags is a folder; name the DAG file in it."),
        ("another file", "check", "hands in a .py file, and notes.txt ends in .txt."),
        ("another file", "run", "notes.txt is no Python file; the name of a DAG file ends in .py."),
    ],
)
def test_what_is_something_else_is_no_grade(kind: str, verb: str, words: str, command: Invoke) -> None:
    said = command(*(["check", "1"] if verb == "check" else ["run"]), made(kind))
    assert said.code == 2
    assert words in said.err


def test_a_folder_with_a_file_of_another_name(command: Invoke) -> None:
    Path("dags").mkdir()
    Path("dags", "my_dag.py").write_text(SOLUTION, encoding="utf-8")
    said = command("check", "1", "dags")
    assert said.code == 2
    assert "there is no dag.py in dags: it has my_dag.py." in said.err


def test_a_file_that_may_not_be_read(command: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("dag.py").write_text(SOLUTION, encoding="utf-8")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("autograder.submission.os.open", refuse)
    said = command("check", "1", "dag.py")
    assert said.code == 2
    assert "No grade: dag.py cannot be read: Permission denied. May you read it yourself?" in said.err


def test_a_file_that_vanishes_before_it_is_read(command: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("dag.py").write_text(SOLUTION, encoding="utf-8")
    really = os.open

    def late(path: Path, *rest: int) -> int:
        Path("dag.py").unlink()
        return really(path, *rest)

    monkeypatch.setattr("autograder.submission.os.open", late)
    said = command("check", "1", "dag.py")
    assert said.code == 2
    assert "No grade: dag.py vanished while we looked." in said.err


def test_a_file_that_vanishes_during_the_check_is_not_missed(command: Invoke, warm: WarmPool) -> None:
    Path("dag.py").write_text(SOLUTION, encoding="utf-8")
    warm.before = Path("dag.py").unlink
    assert command("check", "1", "dag.py").code == 0
    assert not Path("dag.py").exists()


def test_nothing_is_started_for_what_cannot_be_graded(
    command: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "autograder.session.open_pool", lambda *_, **__: pytest.fail("Airflow need not be started for this")
    )
    assert command("check", "1").code == 2
    Path("dag.py").write_text(SOLUTION, encoding="utf-8")
    assert command("check", "1", "dag.py", "--part", "9.9").code == 2
    Path("dag.py").write_text("def broken(:\n", encoding="utf-8")
    assert command("check", "1", "dag.py", "--json", "result.json").code == 1
    assert json.loads(Path("result.json").read_text())["outcome"] == "error"
