"""One check of a submission, from its files to a stored result; and the same evidence asked again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder import catalog, grading, results, submission
from autograder.catalog import CatalogError, Exercise
from autograder.checks import CheckSpec, Scenario, raises
from autograder.evidence import Isolation
from autograder.grading import Begun, CheckDone, Event, ScenarioStored
from autograder.limits import Limits
from autograder.order import in_order, with_needs
from autograder.result import Result
from autograder.scenario import secret_for
from tests.course import COURSE, FakeRunner, copy_course

SLUG = "01-tell-someone"
SEED = 20261102123456
EVERYTHING = "mail escape tidy count"


@pytest.fixture
def exercise() -> Exercise:
    return catalog.load(COURSE).find("1")


class Grader:
    """Grades texts, and keeps what happened."""

    def __init__(self, folder: Path, exercise: Exercise) -> None:
        self.folder, self.exercise = folder, exercise
        self.store = folder / "results"
        self.runner = FakeRunner()
        self.events: list[Event] = []

    def __call__(self, does: str, *, part: str | None = None, source: str | None = None) -> Result:
        path = self.folder / "dag.py"
        path.write_text(source or f"# tasks: notify\n# does: {does}\n")
        found = submission.find(path, self.exercise, self.folder)
        return grading.check(
            self.exercise, found, runner=self.runner, store=self.store, seed=SEED, part=part,
            on_event=self.events.append,
        )  # fmt: skip


@pytest.fixture
def grade(tmp_path: Path, exercise: Exercise) -> Grader:
    return Grader(tmp_path, exercise)


def outcomes(result: Result) -> dict[str, str]:
    return {check.id: check.outcome for check in result.checks}


def test_a_right_answer_earns_everything(grade: Grader) -> None:
    result = grade(EVERYTHING)
    assert result.outcome == "graded"
    assert (result.score, result.max_score) == (6, 6)
    assert (result.bonus_score, result.bonus_max_score) == (1, 1)
    assert [(part.id, part.points, part.max_points) for part in result.parts] == [
        ("1.1", 4, 4),
        ("1.2", 2, 2),
        ("bonus", 1, 1),
    ]
    assert result.scenarios == ["fails", "recovers", "tidy"]
    assert result.seed == SEED
    assert result.versions.exercise == grade.exercise.digest
    assert set(result.timings) == {"wait", "run", "check"}
    assert result.isolation == Isolation(layer="B", active=["limits"])


def test_a_result_is_as_isolated_as_the_weakest_of_its_scenarios(grade: Grader) -> None:
    result = grade(f"{EVERYTHING} unlock_recovers")
    assert result.isolation is not None
    assert result.isolation.layer == "D"
    again = grading.regrade(results.folder_of(grade.store, result), grade.exercise)
    assert again.isolation == result.isolation, "what is asked again was run as it was run"
    assert grade("", source="def f(:\n").isolation is None


def test_the_bonus_is_never_part_of_the_score(grade: Grader) -> None:
    result = grade("mail escape tidy")
    assert (result.score, result.max_score) == (6, 6)
    assert (result.bonus_score, result.bonus_max_score) == (0, 1)


def test_a_failed_check_says_why_and_skips_what_needs_it(grade: Grader) -> None:
    result = grade("tidy")
    assert outcomes(result) == {
        "mail_once": "failed",
        "no_mail_for_retry": "skipped",
        "body_says_what": "skipped",
        "files_gone": "passed",
        "counted": "skipped",
    }
    assert (result.outcome, result.score) == ("graded", 2)
    failed = result.checks[0]
    assert failed.message.startswith("No mail after try 2 arrived for `notify`.")
    assert failed.hints == ["Which callback runs only after the last try?"]


def test_each_scenario_is_run_once_with_what_the_exercise_says(grade: Grader) -> None:
    grade(EVERYTHING)
    assert sorted(job.name for job in grade.runner.jobs) == ["fails", "recovers", "tidy"]
    job = grade.runner.jobs[0]
    assert (job.dag_id, job.entry, job.seed) == ("tell", "dag.py", SEED)
    assert job.connections == {"smtp_default": "smtp"}
    assert job.limits == Limits(wall=30, memory=256 << 20, mails=10)


def test_a_part_runs_only_what_its_checks_read(grade: Grader) -> None:
    result = grade(EVERYTHING, part="1.2")
    assert [job.name for job in grade.runner.jobs] == ["tidy"]
    assert (result.score, result.max_score, result.bonus_max_score) == (2, 2, 0)
    assert result.extra == {"part": "1.2"}
    assert result.notes[0] == "Only part 1.2 was graded."


def test_a_part_is_held_to_what_its_checks_need_elsewhere(grade: Grader) -> None:
    result = grade("count", part="bonus")
    assert [job.name for job in grade.runner.jobs] == ["fails"]
    assert outcomes(result) == {"counted": "skipped"}
    assert (result.score, result.max_score, result.bonus_score, result.bonus_max_score) == (0, 0, 0, 1)


def test_a_part_that_is_not_there(grade: Grader) -> None:
    with pytest.raises(CatalogError, match=r"has no part '3'\. It has 1.1, 1.2, bonus"):
        grade(EVERYTHING, part="3")


def test_progress_is_told_as_it_happens(grade: Grader) -> None:
    grade(EVERYTHING)
    told = [
        event.check.id
        if isinstance(event, CheckDone)
        else event.name
        if isinstance(event, ScenarioStored)
        else "-"
        for event in grade.events
    ]
    assert grade.events[0] == Begun(checks=5, scenarios=3)
    assert told == [
        "-",
        "tidy",
        "files_gone",
        "fails",
        "mail_once",
        "body_says_what",
        "counted",
        "recovers",
        "no_mail_for_retry",
    ]


def test_what_is_stored(grade: Grader) -> None:
    result = grade(EVERYTHING)
    folder = results.folder_of(grade.store, result)
    assert results.load(folder) == (result, folder)
    assert results.load(folder / "result.json") == (result, folder)
    assert (folder / "submission" / "dag.py").read_text().endswith(f"# does: {EVERYTHING}\n")
    assert set(results.load_evidence(folder, result.scenarios)) == {"fails", "recovers", "tidy"}
    assert results.latest(grade.store, SLUG) == folder
    assert sorted(path.name for path in (grade.store / SLUG).iterdir()) == [folder.name, "best.json"]


def test_the_secret_is_not_in_the_submission_but_in_the_evidence(grade: Grader) -> None:
    result = grade(EVERYTHING)
    evidence = results.load_evidence(results.folder_of(grade.store, result), ["fails"])["fails"]
    assert evidence.secrets["notify#2"] == secret_for(SEED, "fails", "notify", 2)


def test_a_syntax_error_is_graded_and_nothing_is_run(grade: Grader) -> None:
    result = grade("", source="def f(:\n")
    assert (result.outcome, result.score, result.max_score) == ("error", 0, 6)
    assert result.problem is not None
    assert result.problem.title == "A syntax error: invalid syntax (dag.py, line 1)."
    assert set(outcomes(result).values()) == {"error"}
    assert result.checks[0].where == "dag.py:1"
    assert not grade.runner.jobs
    again = grading.regrade(results.folder_of(grade.store, result), grade.exercise)
    assert (again.outcome, again.score, again.problem) == ("error", 0, result.problem)


def test_what_cannot_be_imported_is_tried_once(grade: Grader) -> None:
    for outcome in ("error", "timeout"):
        grade.runner = FakeRunner()
        result = grade(f"import_{outcome}")
        assert (result.outcome, result.score) == (outcome, 0)
        assert set(outcomes(result).values()) == {outcome}
        assert len(grade.runner.jobs) == 1
        assert grade.runner.closed == 1
        assert result.problem is not None
        assert result.problem.title == "There is no DAG in dag.py."
        assert grading.regrade(results.folder_of(grade.store, result), grade.exercise).outcome == outcome


def test_one_scenario_that_takes_too_long_costs_only_its_own_checks(grade: Grader) -> None:
    result = grade(f"{EVERYTHING} late_timeout_recovers")
    assert (result.outcome, result.score) == ("graded", 5)
    assert outcomes(result)["no_mail_for_retry"] == "timeout"


@pytest.mark.parametrize("fault", ["lose_recovers", "stuck_recovers"])
def test_our_fault_costs_nobody(grade: Grader, fault: str) -> None:
    result = grade(f"{EVERYTHING} {fault}")
    assert (result.outcome, result.score, result.bonus_score) == ("ungradable", None, None)
    assert [(part.id, part.points) for part in result.parts] == [("1.1", None), ("1.2", 2), ("bonus", 1)]
    assert {name for name, outcome in outcomes(result).items() if outcome == "ungradable"} == {
        "no_mail_for_retry"
    }


def test_an_interrupt_leaves_nothing_behind(grade: Grader) -> None:
    with pytest.raises(KeyboardInterrupt):
        grade(f"{EVERYTHING} interrupt_recovers")
    assert not list((grade.store / SLUG).iterdir())
    assert grade.runner.closed == 1


def test_an_interrupt_while_results_are_shown_leaves_nothing_behind(grade: Grader) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, CheckDone):
            raise KeyboardInterrupt

    grade.events = type("Interrupting", (list,), {"append": lambda self, event: interrupt(event)})()
    with pytest.raises(KeyboardInterrupt):
        grade(EVERYTHING)
    assert not list((grade.store / SLUG).iterdir())
    assert grade.runner.closed == 1


def test_one_grading_after_another(grade: Grader) -> None:
    assert [grade(does).score for does in ("tidy", EVERYTHING, "", "mail")] == [2, 6, 0, 3]
    best = results.best(grade.store, SLUG)
    assert best is not None
    assert (best.score, best.max_score, best.bonus_score) == (6, 6, 1)


def test_regrade_asks_todays_checks(grade: Grader, tmp_path: Path) -> None:
    old = grade("mail tidy")
    folder = results.folder_of(grade.store, old)
    before = sorted(path.name for path in grade.store.rglob("*"))
    course = copy_course(tmp_path)
    checks = course / "exercises" / SLUG / "checks.py"
    checks.write_text(
        checks.read_text().replace('points=1, needs=mail_once, hints=["Ev', 'points=3, hints=["Ev')
    )
    new = grading.regrade(folder, catalog.load(course).find("1"))
    assert (old.score, old.max_score) == (5, 6)
    assert (new.score, new.max_score) == (5, 8)
    assert new.seed == old.seed
    assert old.made_at in new.notes[0]
    assert new.versions.exercise != old.versions.exercise
    assert len(grade.runner.jobs) == 3
    assert sorted(path.name for path in grade.store.rglob("*")) == before


def test_regrade_of_a_changed_or_missing_scenario(grade: Grader, tmp_path: Path) -> None:
    folder = results.folder_of(grade.store, grade(EVERYTHING))
    course = copy_course(tmp_path)
    checks = course / "exercises" / SLUG / "checks.py"
    checks.write_text(checks.read_text().replace("after_work=True", "after_work=True), retries=(2"))
    changed = grading.regrade(folder, catalog.load(course).find("1"))
    assert (changed.outcome, changed.score) == ("ungradable", None)
    assert outcomes(changed)["files_gone"] == "ungradable"
    assert outcomes(changed)["mail_once"] == "passed"
    assert "it has changed since this evidence was stored. Run `check` again." in changed.checks[3].message
    (folder / "evidence" / "fails.json").write_text("{}")
    (folder / "evidence" / "tidy.json").unlink()
    missing = grading.regrade(folder, grade.exercise)
    assert {name for name, outcome in outcomes(missing).items() if outcome == "passed"} == set()
    assert "there is no evidence of it. Run `check` again." in missing.checks[0].message


def test_regrade_of_a_part_stays_with_the_part(grade: Grader) -> None:
    folder = results.folder_of(grade.store, grade(EVERYTHING, part="1.2"))
    assert [check.id for check in grading.regrade(folder, grade.exercise).checks] == ["files_gone"]


def test_the_document_is_json_that_reads_back(grade: Grader) -> None:
    result = grade("mail")
    text = (results.folder_of(grade.store, result) / "result.json").read_text()
    assert json.loads(text)["schema_version"] == "1"
    assert Result.model_validate_json(text) == result


def test_seeds_name_their_day() -> None:
    seed = str(grading.new_seed())
    assert len(seed) == 20
    assert seed.startswith("20")


def spec(name: str, *scenarios: str, needs: tuple[str, ...] = ()) -> CheckSpec:
    return CheckSpec(name, "1", 1, name, ("x",), needs, scenarios, lambda: None, 1)


def test_order_lets_first_verdicts_come_early() -> None:
    fault = raises(OSError)
    scenarios = {
        "long": Scenario("t", fault, retries=5),
        "short": Scenario("t", fault),
        "middle": Scenario("t", fault, retries=1),
    }
    checks = [spec("b", "long", "middle"), spec("c", "short"), spec("d", "middle")]
    assert in_order(checks, scenarios) == ["short", "middle", "long"]


def test_order_counts_what_is_asked_first() -> None:
    fault = raises(OSError)
    scenarios = {"parent": Scenario("t", fault, retries=2), "child": Scenario("t", fault)}
    scenarios["other"] = Scenario("t", fault, retries=1)
    checks = [spec("a", "parent"), spec("b", "child", needs=("a",)), spec("c", "other")]
    assert in_order(checks, scenarios) == ["other", "parent", "child"]


def test_needs_are_asked_too_even_of_others_parts() -> None:
    checks = [spec("a", "x"), spec("b", "x", needs=("a",)), spec("c", "x"), spec("d", "x", needs=("b",))]
    assert [one.id for one in with_needs([checks[3]], checks)] == ["a", "b", "d"]
