"""Every rule of an exercise: it holds of the small course, and each way to break it gives a row that is off."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from autograder import catalog, prove
from autograder.answers import Answer, answers
from autograder.prove import Row
from autograder.rules import code_lines
from tests.course import COURSE, FakeRunner, copy_course

SLUG = "01-tell-someone"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return copy_course(tmp_path)


def rows(course: Path, tmp_path: Path, *, run: bool = True, quick: bool = False) -> dict[str, Row]:
    exercise = catalog.load(course).find("1")
    runner = FakeRunner() if run else None
    store = tmp_path / "store"
    found = prove.prove(exercise, runner=runner, store=store, quick=quick)
    assert not list(store.rglob("*.json"))
    return {f"{row.kind} {row.name}": row for row in found}


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def off(course: Path, tmp_path: Path, *, run: bool = True) -> dict[str, list[str]]:
    return {name: row.reasons for name, row in rows(course, tmp_path, run=run).items() if not row.ok}


def test_in_a_hurry_wrong_answers_run_only_through_the_scenarios_of_what_they_lose(
    course: Path, tmp_path: Path
) -> None:
    found = rows(course, tmp_path, quick=True)
    assert [name for name, row in found.items() if not row.ok] == []
    asked = {name: row.max_points for name, row in found.items() if row.max_points is not None}
    assert (asked["solution solution"], asked["empty empty"]) == (7, 7)
    assert (asked["wrong silent"], asked["wrong syntax"]) == (4, 7)


def test_all_answers_are_run_in_one_go_and_none_of_their_evidence_is_another_ones(
    course: Path, tmp_path: Path
) -> None:
    runner = FakeRunner()
    exercise = catalog.load(course).find("1")
    found = prove.prove(exercise, runner=runner, store=tmp_path / "store")
    assert [row.name for row in found if not row.ok] == []
    assert runner.closed == 1
    names = [(job.destination, job.name) for job in runner.jobs]
    assert len(names) == len(set(names))
    # All but the one that Python cannot read.
    runs = Counter(job.destination for job in runner.jobs)
    assert len(runs) == 7
    # What cannot be imported in one scenario is run in no other.
    assert sorted(runs.values()) == [1, 3, 3, 3, 3, 3, 3]


def test_in_a_hurry_a_wrong_answer_is_still_held_to_what_it_names(course: Path, tmp_path: Path) -> None:
    patch = course / "solutions" / SLUG / "wrong" / "silent.patch"
    change(patch, "loses: mail_once", "loses: body_says_what")
    assert len([row for row in rows(course, tmp_path, quick=True).values() if not row.ok]) == 1


def test_the_small_course_is_proved(tmp_path: Path) -> None:
    found = rows(COURSE, tmp_path)
    assert {name: row.reasons for name, row in found.items() if not row.ok} == {}
    assert [name for name in found if not name.startswith("rule ")] == [
        "solution solution",
        "right another",
        "bare bare",
        "starter starter",
        "empty empty",
        "wrong on_retry",
        "wrong silent",
        "wrong syntax",
    ]
    assert found["wrong silent"].says == "Nobody is told at all."
    assert found["wrong silent"].lost == ["mail_once"]
    assert (found["solution solution"].points, found["solution solution"].max_points) == (7, 7)
    assert found["empty empty"].points == 0


@pytest.mark.parametrize(
    ("old", "new", "rule", "reason"),
    [
        ("points=2, hints=[\"Wh", "points=3, hints=[\"Wh", "points", "announces 4 points, its checks have 5"),
        ('hints=["What did the task make?"]', "hints=[]", "hints", "check `files_gone` has no hint"),
        ("What did the task make?", "Write `# does: tidy`? No: x = f(1, 2)", None, ""),
        ('part="1.2"', 'part="1.1"', "parts", "part 1.2 has no check"),
        ("tidy = Scenario", "idle = Scenario(TASK)\ntidy = Scenario", "scenarios", "no check reads scenario `idle`"),
    ],
)  # fmt: skip
def test_rules_that_need_no_run(
    course: Path, tmp_path: Path, old: str, new: str, rule: str | None, reason: str
) -> None:
    change(course / "exercises" / SLUG / "checks.py", old, new)
    found = off(course, tmp_path, run=False)
    if rule is None:
        assert found == {}
    else:
        assert reason in found[f"rule {rule}"][0]


def test_a_hint_with_a_line_of_the_solution(course: Path, tmp_path: Path) -> None:
    dag = course / "solutions" / SLUG / "dag.py"
    dag.write_text(dag.read_text() + "callbacks = dict(on_failure_callback=tell)  # the point\n")
    change(
        course / "exercises" / SLUG / "checks.py",
        "What did the task make?",
        "Write `callbacks =  dict(on_failure_callback=tell)`.",
    )
    assert off(course, tmp_path, run=False)["rule hints give nothing away"] == [
        "hint 1 of `files_gone` has the line `callbacks = dict(on_failure_callback=tell)`"
    ]


def test_code_lines_are_neither_prose_nor_trifles() -> None:
    source = '"""Prose = prose(1)."""\n# x = comment(1)\nelse_ = 1\npass\nvalue = call( 1,  2 )  # why\nidentifier\n'
    assert code_lines("dag.py", source) == {"else_ = 1", "value = call( 1, 2 )"}
    assert code_lines("dag.py", "def f(:") == set()


def test_a_missing_brief_or_answer(course: Path, tmp_path: Path) -> None:
    (course / "exercises" / SLUG / "README.md").unlink()
    (course / "solutions" / SLUG / "bare.py").unlink()
    (course / "exercises" / SLUG / "starter" / "dag.py").unlink()
    found = off(course, tmp_path, run=False)
    assert set(found) == {"rule files", "bare bare", "starter starter"}
    assert "cannot be read: No such file or directory" in found["bare bare"][0]


def test_a_solution_that_does_not_earn_everything(course: Path, tmp_path: Path) -> None:
    change(course / "solutions" / SLUG / "right" / "another.py", "count ", "")
    found = off(course, tmp_path)
    assert set(found) == {"right another"}
    assert found["right another"][0].startswith("`counted` is failed: No metric named told arrived")


def test_a_starter_that_earns_something(course: Path, tmp_path: Path) -> None:
    (course / "exercises" / SLUG / "starter" / "dag.py").write_text("# tasks: notify\n# does: tidy\n")
    assert off(course, tmp_path) == {"starter starter": ["`files_gone` pays 2 for nothing"]}


@pytest.mark.parametrize(
    ("bare", "reason"),
    [
        ("# tasks: notify\n# does: mail\n", "it has a callback, `tell`"),
        ("# tasks: other\n", "it has no task `notify`, which scenario `recovers` names"),
        ("# nothing\n", "it does not run: There is no DAG in dag.py."),
    ],
)
def test_a_bare_answer_that_is_none(course: Path, tmp_path: Path, bare: str, reason: str) -> None:
    (course / "solutions" / SLUG / "bare.py").write_text(bare)
    assert reason in off(course, tmp_path)["bare bare"]


def test_a_wrong_answer_that_fails_something_else(course: Path, tmp_path: Path) -> None:
    wrong = course / "solutions" / SLUG / "wrong"
    change(wrong / "silent.patch", "loses: mail_once", "loses: mail_once, files_gone")
    change(wrong / "on_retry.patch", "loses: no_mail_for_retry", "loses: body_says_what")
    found = off(course, tmp_path)
    assert found["wrong silent"] == ["`files_gone` is passed, and should fail"]
    assert found["wrong on_retry"][0].startswith("`no_mail_for_retry` is failed too: One mail arrived")
    assert found["wrong on_retry"][-1] == "`body_says_what` is passed, and should fail"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("loses: mail_once", "loses: mail_onec", "loses 'mail_onec', which is no check"),
        ("loses: mail_once", "loses:", "names no check that it loses"),
        ("loses: mail_once", "", "must begin with one sentence, then `loses: check, …`"),
        ("at all.", "at all", "is no sentence: it does not end"),
        ("-# does: mail\n", "-# does: post\n", "does not fit the solution any more"),
        ("@@ -1,7 +1,6 @@", "@@ -1,2 +1,2 @@", "hunk 1 does not have as many lines as its header announces"),
        ("--- a/dag.py\n+++ b/dag.py", "--- a/dags.py\n+++ b/dags.py", "changes 'dags.py'"),
        ("-# does: mail\n", " # does: mail\n", "hunk 1 does not have as many lines as its header announces"),
    ],
)
def test_a_patch_that_cannot_be_used(course: Path, tmp_path: Path, old: str, new: str, reason: str) -> None:
    change(course / "solutions" / SLUG / "wrong" / "silent.patch", old, new)
    found = off(course, tmp_path, run=False)
    assert set(found) == {"wrong silent"}
    assert reason in found["wrong silent"][0]


@pytest.mark.parametrize("git", ["", "diff --git a/{0} b/{0}\n"], ids=["plain", "git"])
def test_a_patch_of_two_files(course: Path, git: str) -> None:
    change(course / "exercises" / SLUG / "exercise.toml", '["dag.py"]', '["dag.py", "more.py"]')
    home = course / "solutions" / SLUG
    (home / "more.py").write_text("x = 1\ny = 2\n")
    text = (home / "wrong" / "silent.patch").read_text()
    head, first = text[: text.index("--- ")], text[text.index("--- ") :]
    second = "--- a/more.py\n+++ b/more.py\n@@ -1,2 +1,2 @@\n x = 1\n-y = 2\n+y = 3\n"
    pieces = [head, git.format("dag.py"), first, git.format("more.py"), second]
    (home / "wrong" / "silent.patch").write_text("".join(pieces))
    found = {name: answer for _, name, answer in answers(catalog.load(course).find("1"))}
    silent = found["silent"]
    assert isinstance(silent, Answer)
    assert silent.files["more.py"] == b"x = 1\ny = 3\n"
    assert b"# does: mail\n" not in silent.files["dag.py"]


def test_a_wrong_answer_that_is_no_patch(course: Path, tmp_path: Path) -> None:
    (course / "solutions" / SLUG / "wrong" / "other.py").write_text("x = 1\n")
    assert "is not a patch" in off(course, tmp_path, run=False)["wrong other"][0]


def test_an_absence_needs_a_presence(course: Path, tmp_path: Path) -> None:
    checks = course / "exercises" / SLUG / "checks.py"
    change(checks, 'points=1, needs=mail_once, hints=["`on_retry', 'points=1, needs=[], hints=["`on_retry')
    found = off(course, tmp_path)
    seen_nothing = (
        "`no_mail_for_retry` passes, but nothing was seen: no delivery, no callback call, no log line"
    )
    assert found["solution solution"] == [seen_nothing]
    assert found["bare bare"] == ["`no_mail_for_retry` pays 1 for nothing"]


def test_an_absence_needs_a_presence_of_the_same_kind(course: Path, tmp_path: Path) -> None:
    checks = course / "exercises" / SLUG / "checks.py"
    change(checks, "expect(recovers.task(TASK).mails).none()", "expect(recovers.task(TASK).slack).none()")
    assert off(course, tmp_path)["solution solution"] == [
        "`no_mail_for_retry` rests on the absence of slack, and needs no check that saw any"
    ]


def test_our_fault_proves_nothing(course: Path, tmp_path: Path) -> None:
    change(course / "solutions" / SLUG / "right" / "another.py", "count ", "count lose_fails ")
    found = off(course, tmp_path)["right another"]
    assert (
        found[0]
        == "`mail_once` is ungradable: Scenario `fails` cannot be used: The control process died twice."
    )
