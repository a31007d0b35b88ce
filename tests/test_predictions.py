"""What was predicted, held against evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autograder.evidence import DeadlineRecord, Evidence
from autograder.predictions import QUANTITIES, Prediction, PredictionError, compare, made, store
from tests.report import samples


def compared(evidence: Evidence | None = None, **quantities: Any) -> dict[str, tuple[str, str, bool | None]]:
    found = compare([made(None, None, quantities)], evidence or samples.fails())
    questions = {QUANTITIES[name].question: name for name in quantities}
    return {questions[one.question]: (one.said, one.happened, one.same) for one in found}


def test_every_quantity_has_a_value_in_any_run() -> None:
    for make in (samples.fails, samples.loses, samples.stopped, samples.empty):
        for quantity in QUANTITIES.values():
            value = quantity.read(make())
            assert isinstance(value, quantity.kind)
            assert quantity.words(value)


def test_numbers_are_counted_in_the_whole_run() -> None:
    evidence = samples.fails()
    own = [metric for metric in evidence.metrics if not metric.own]
    found = compared(mails=7, slack=len(evidence.slack), metrics=len(own), posts=0, calls=len(evidence.calls))
    assert found["mails"] == ("7", f"{len(evidence.mails)} arrived", False)
    assert found["slack"] == (str(len(evidence.slack)), f"{len(evidence.slack)} arrived", True)
    assert found["metrics"][2] is True
    assert found["calls"][2] is True


def test_callback_calls_by_kind_and_those_that_raise() -> None:
    evidence = samples.fails()
    failures = sum(call.kind == "on_failure_callback" for call in evidence.calls)
    raised = sum(call.returned is False for call in evidence.calls)
    found = compared(failure_calls=failures, success_calls=9, raised=raised, leaked=0)
    assert found["failure_calls"] == (str(failures), f"{failures} made", True)
    assert found["success_calls"][2] is False
    assert found["raised"][1] == f"{raised} raised"
    assert found["leaked"][1] == f"{sum(lease.leaked for lease in evidence.leases)} not given back"


def test_deadlines_that_are_missed_and_what_they_call() -> None:
    evidence = samples.fails()
    kept = DeadlineRecord(
        id=0, reference="DagRunQueuedAtDeadline", at=3600, callback="alerts.tell", component="triggerer"
    )
    missed = kept.model_copy(update={"id": 1, "missed": 3600.5})
    call = evidence.calls[0].model_copy(update={"kind": "deadline_callback", "deadline": 1})
    late = evidence.model_copy(update={"deadlines": [kept, missed], "calls": [*evidence.calls, call]})
    found = compared(late, missed=1, deadline_calls=2)
    assert found["missed"] == ("1", "1 missed", True)
    assert found["deadline_calls"] == ("2", "1 made", False)


def test_a_number_may_be_said_of_one_task() -> None:
    evidence = samples.fails()
    task = evidence.tasks[0]
    tries = max(one.tries for one in evidence.tasks if one.task_id == task.task_id)
    found = compared(tries={task.task_id: tries, "nobody": 1})
    assert found["tries"] == (
        f"{task.task_id}: {tries}, nobody: 1",
        f"{task.task_id}: {tries}, nobody: 0",
        False,
    )


def test_words_are_compared_as_people_write_them() -> None:
    evidence = samples.fails()
    kinds = [call.kind for call in evidence.calls]
    short = [kind.removeprefix("on_").removesuffix("_callback").title() for kind in kinds]
    assert compared(order=short)["order"][2] is True
    assert compared(order=", ".join(kinds))["order"][2] is True
    assert compared(order=kinds[:-1])["order"][2] is False
    assert compared(state=f" {(evidence.state or '').upper()} ")["state"][2] is True


def test_how_each_try_ended() -> None:
    task = samples.fails().tasks[0].task_id
    found = compared(ends={task: ["up_for_retry", "failed"]})["ends"]
    assert found == (f"{task}: up_for_retry, failed", f"{task}: up for retry, failed", True)
    assert compared(ends=["failed"])["ends"][2] is False


def test_a_free_question_is_left_to_the_reader() -> None:
    (one,) = compare([made("Which callback runs last?", "mine", {})], None)
    assert (one.said, one.happened, one.same) == ("mine", "", None)


def test_of_what_was_said_twice_the_last_counts() -> None:
    said = [made(None, None, {"mails": 1}), made("Why?", "because", {}), made(None, None, {"mails": 2})]
    assert [(one.said, one.same) for one in compare(said, samples.fails())] == [
        ("2", len(samples.fails().mails) == 2),
        ("because", None),
    ]


def test_without_one_run_only_free_questions_are_shown() -> None:
    assert compare([made(None, None, {"mails": 1})], None) == []


@pytest.mark.parametrize(
    ("quantities", "said"),
    [
        ({}, "predict wants what you expect"),
        ({"mail": 1}, "predict knows no 'mail'. Did you mean mails? It knows state, tries,"),
        ({"mails": -1}, "mails is a number, such as mails=1; not -1."),
        ({"mails": True}, "not True."),
        ({"mails": "one"}, "not 'one'."),
        ({"mails": {"a": "x"}}, "not 'x'."),
        ({"state": ""}, 'state is a word, such as state="failed"'),
        ({"state": "exploded"}, "state is one of success, failed, skipped"),
        ({"order": 3}, "order is a list of words"),
        ({"component": {"load": []}}, "component has no value by task"),
    ],
)
def test_what_cannot_be_compared_is_refused(quantities: dict[str, Any], said: str) -> None:
    with pytest.raises(PredictionError) as caught:
        made(None, None, quantities)
    assert said in str(caught.value)


def test_it_is_stored_and_reads_back(tmp_path: Path) -> None:
    prediction = made("Why?", "because", {"mails": "2", "tries": {"load": 3}})
    path = store(prediction, tmp_path / "new")
    assert Prediction.model_validate_json(path.read_text()) == prediction
    assert [one.name for one in path.parent.iterdir()] == [path.name]
