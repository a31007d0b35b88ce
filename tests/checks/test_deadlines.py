"""What checks can ask of deadlines, and what is said when the answer is not as it should be."""

from __future__ import annotations

import pytest

from autograder.checks import DeadlineView, expect, takes
from autograder.checks.failure import CheckFailed, CheckMistake
from autograder.checks.reading import Reading, using
from autograder.checks.views import RunView
from autograder.scenario import Scenario
from tests.checks.made import Recorder
from tests.checks.test_expectations import failure, run

LATE = Scenario("load", takes("3h"))
IN_DAG_FILE = f"unusual_prefix_{'0' * 40}_dag.late"
NOT_IMPORTED = (
    "Failed to import the callable on the triggerer: ['Traceback (most recent call last):\\n', "
    "\"ModuleNotFoundError: No module named 'alarms'\\n\"]"
)


def record() -> Recorder:
    return Recorder("late", LATE).attempt("load", 1, "success")


def both() -> RunView:
    """A warning in the triggerer after an hour, and an alert on the executor after two."""
    made = record().deadline("early", at=3600.0).late_call().late_slack("soon late")
    return run(made.deadline(at=7200.0, component="executor").late_call().late_slack("late"))


def only(made: Recorder) -> DeadlineView:
    return run(made).deadlines.only()


def test_what_a_deadline_brought_about_is_its_own() -> None:
    late = both()
    warning, alert = late.deadlines
    assert [message.text for message in warning.slack] == ["soon late"]
    assert [message.text for message in alert.slack] == ["late"]
    assert [call.context for call in alert.callbacks] == [["dag_run", "deadline"]]
    assert len(late.deadline_callbacks) == 2
    assert len(late.task("load").slack) == 0
    assert warning.slack.only().deadline == warning.record


def test_deadlines_are_narrowed_by_name_reference_component_and_fate() -> None:
    deadlines = run(record().deadline("early", pruned=True).deadline(component="executor")).deadlines
    assert deadlines.named("early").only().dropped == 3600.0
    assert len(deadlines.of("DAGRUN_QUEUED_AT")) == 2
    assert len(deadlines.of("AVERAGE_RUNTIME")) == 0
    assert deadlines.calling("executor").only().alert == ""
    assert deadlines.missed().only().component == "executor"
    assert deadlines.dropped().only().alert == "early"


def test_they_are_facts_and_so_is_what_arrived() -> None:
    with using(Reading()) as reading:
        late = both()
        expect(late.deadlines.named("early").only()).due("1h").missed().handled()
        expect(late.deadlines.named("early").only().slack).one()
    assert reading.strength == "fact"
    assert reading.seen == {"deadlines", "slack"}


def test_deliveries_are_narrowed_by_component_and_by_time() -> None:
    late = both()
    assert late.slack.by("triggerer").only().text == "soon late"
    assert late.slack.before("2h").only().text == "soon late"
    assert late.slack.since("2h").only().text == "late"
    missing = failure(lambda: expect(late.slack.by("worker", "DAG processor")).one())
    assert missing.message == (
        "No Slack message from the worker or the DAG processor arrived for the run. Two Slack messages arrived at "
        "another moment or from elsewhere: 1 h after the run began, in the triggerer; 2 h after the run began, on the "
        "executor."
    )
    assert [line.kind for line in missing.lines if line.kind == "slack"] == ["slack", "slack"]
    assert failure(lambda: expect(late.slack.since("2h")).none()).message == (
        "One Slack message 2 h or later into the run arrived for the run, "
        "when the deadline due 2 h after the run began was missed."
    )
    with pytest.raises(CheckMistake, match="worker, DAG processor, triggerer and executor"):
        late.slack.by("scheduler")


def test_how_the_run_ended_is_said_to_who_waits_for_what_it_sends() -> None:
    evidence = both().evidence.model_copy(update={"run_ended": 5400.0, "state": "failed"})
    with using(Reading()):
        message = failure(lambda: expect(RunView(evidence).mails).one()).message
    assert message == "No mail arrived for the run. The run ended as `failed` 1 h 30 min after it began."


def test_numbers_of_deadlines_are_said_as_a_person_would() -> None:
    late = both()
    assert failure(lambda: expect(late.deadlines.dropped()).one()).message == (
        "The run has no deadline that was dropped."
    )
    assert failure(lambda: expect(late.deadlines).one()).message == (
        "The run has two deadlines; exactly one deadline would be right."
    )
    failed = failure(lambda: expect(late.deadlines.named("early")).none())
    assert failed.message == (
        "The run has one deadline named early, due 1 h after the run began, missed, its callback done."
    )
    assert [line.kind for line in failed.lines] == ["deadline"]


def test_when_it_is_due() -> None:
    deadline = only(record().deadline("early", at=3602.0))
    expect(deadline).due("1h")
    assert failure(lambda: expect(deadline).due("2h")).message == (
        "The deadline `early` is due 1 h after the run began, not 2 h after it."
    )
    past = only(record().deadline(at=-86400.0))
    assert failure(lambda: expect(past).due("2h")).message == (
        "The deadline is due 1 day before the run began, not 2 h after it."
    )


def test_what_became_of_it() -> None:
    missed, dropped = only(record().deadline("m")), only(record().deadline("d", pruned=True))
    assert failure(lambda: expect(missed).dropped()).message == (
        "The deadline `m` was not dropped: it was missed."
    )
    assert failure(lambda: expect(dropped).missed()).message == (
        "The deadline `d` was not missed: the run succeeded in time."
    )


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            record().deadline(callback=IN_DAG_FILE, state="failed", output=NOT_IMPORTED),
            "`dag.late`, the callback of the deadline due 2 h after the run began, is defined in the DAG file, which "
            "the triggerer does not load. A callback that runs in the triggerer belongs in a module of its own.",
        ),
        (
            record().deadline("early", callback="alarms.late", state="failed", output=NOT_IMPORTED),
            "`alarms.late`, the callback of the deadline `early`, could not be imported in the triggerer: "
            "ModuleNotFoundError: No module named 'alarms'.",
        ),
        (
            record().deadline("early", state="failed", output="Execution failed").late_call("KeyError"),
            "`alerts.late`, the callback of the deadline `early`, raised KeyError: 'ti' (alerts.py:5).",
        ),
        (
            record().deadline("early", state="failed", output="Execution failed"),
            "`alerts.late`, the callback of the deadline `early`, failed: Execution failed.",
        ),
        (
            record().deadline("early", state="queued"),
            "`alerts.late`, the callback of the deadline `early`, never came to an end.",
        ),
        (
            record().deadline("early", state="running", violations=["a second parsing result"]),
            "`alerts.late`, the callback of the deadline `early`, never came to an end (a second parsing result).",
        ),
        (
            record().deadline(
                "early",
                component="executor",
                state="running",
                violations=["PutVariable that Airflow does not understand here"],
            ),
            "`alerts.late`, the callback of the deadline `early`, never came to an end "
            "(PutVariable is never answered: there it may only read connections and Variables).",
        ),
    ],
)
def test_a_callback_that_did_not_do_its_work_is_explained(made: Recorder, said: str) -> None:
    late = run(made)
    assert failure(lambda: expect(late.deadlines.only()).handled()).message == said
    missing = failure(lambda: expect(late.slack).one())
    assert missing.message.startswith("No Slack message arrived for the run.")
    assert said in missing.message or missing.message.endswith(
        "Your `late` raised KeyError: 'ti' (alerts.py:5). Its context has only `dag_run` and `deadline`."
    )
    assert {line.kind for line in missing.lines} <= {"deadline", "call"}


def test_a_callback_with_other_arguments_is_found_where_it_begins() -> None:
    made = record().deadline("early", state="failed", output="Execution failed")
    deadline = only(made.late_call("TypeError", inside=False))
    assert failure(lambda: expect(deadline).handled()).message == (
        "`alerts.late`, the callback of the deadline `early`, raised TypeError: late() missing 1 "
        "required positional argument: 'dag' (alerts.py:3)."
    )
    assert failure(lambda: expect(run(made).slack).one()).message == (
        "No Slack message arrived for the run. Your `late` raised TypeError: late() missing 1 required positional "
        "argument: 'dag' (alerts.py:3). "
        "A deadline's callback is given `context`, if it takes it, and what `kwargs` names."
    )


def test_a_task_is_not_told_about_the_deadline_of_its_run() -> None:
    late = run(record().deadline(state="failed", output="Execution failed").late_slack("late"))
    assert failure(lambda: expect(late.task("load").slack).one()).message == (
        "No Slack message arrived for `load`. No callback of `load` was called. One Slack message came from the "
        "callback of the deadline due 2 h after the run began (triggerer), which is not `load`'s."
    )


def test_a_record_without_a_deadline_fails_in_a_sentence() -> None:
    with pytest.raises(CheckFailed, match=r"^The run has no deadline\.$"):
        run(record()).deadlines.only()


def test_what_a_dag_callback_sent_says_when_and_from_where() -> None:
    failed = failure(lambda: expect(run(record().dag_mail()).mails).none())
    assert failed.message == "One mail arrived for the run, 50 s after the run began, in the DAG processor."
