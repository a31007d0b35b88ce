"""Every rule about what cannot have been: silent on an honest run, a sentence as soon as one thing does not fit."""

from __future__ import annotations

from typing import Any

import pytest

from autograder.disagreements import disagreements, refuted
from autograder.evidence import (
    Alive,
    CallbackCall,
    Evidence,
    Execution,
    Frame,
    LeaseRecord,
    LeftFile,
    Mail,
    Metric,
    Post,
    SlackMessage,
    WrongKey,
)
from autograder.faults import raises
from autograder.scenario import Scenario, refuses
from tests.report import samples

WORK = {"component": "worker", "task_id": "work", "try_number": 1}
ASIDE = {"component": "DAG processor", "task_id": "work", "try_number": 1}
PARSE, TRY, CALLBACKS, LATE = 1, 2, 3, 4


def frames(*types: str, **asked: str) -> list[Frame]:
    return [
        *(Frame(at=1, type=type_) for type_ in types),
        *(Frame(at=1, type="GetConnection", stand_in=kind) for kind in asked.values()),
    ]


def own(name: str, execution: int = TRY, **tags: str) -> dict[str, Any]:
    """One of Airflow's metrics."""
    return {"name": f"airflow.{name}", "execution": execution, "tags": tags, "own": True}


def mail(execution: int = TRY, **more: Any) -> Mail:
    whose = WORK if execution == TRY else {**ASIDE, "phase": "import or callback"}
    given = {"id": 1, "at": 1, "phase": "after", "call": 0, "sender": "a", "to": ["b"], "subject": "s"}
    return Mail(**{**given, "text": "", "execution": execution, **whose, **more})


def metric(name: str, **more: Any) -> Metric:
    given: dict[str, Any] = {"id": 9, "at": 1, "phase": "before", "name": name, "value": 1, "type": "counter"}
    return Metric(**{**given, "raw": "", **more})


def call(kind: str = "on_failure_callback", execution: int = TRY, **more: Any) -> CallbackCall:
    given = {"id": 0, "index": 0, "name": "tell", "start": 1, "returned": True, "phase": "after"}
    return CallbackCall(**{**given, **WORK, "kind": kind, "execution": execution, **more})


def honest(**more: Any) -> Evidence:
    """A try that fails, tells it by mail, and a DAG that tells it in Slack; a deadline that is told."""
    attempt = Execution(
        id=TRY,
        **WORK,
        started=1,
        barrier=1,
        terminal="failed",
        exit_code=0,
        alive=Alive(),
        frames=frames("SetRenderedFields", "TaskState", mail="smtp"),
    )
    given: dict[str, Any] = {
        "executions": [
            Execution(id=PARSE, component="DAG processor", started=0, frames=frames("DagFileParsingResult")),
            attempt,
            Execution(id=CALLBACKS, component="DAG processor", started=2, frames=frames(slack="slack")),
            Execution(
                id=LATE,
                component="triggerer",
                started=3,
                work="alerts.late",
                deadline=0,
                frames=frames(post="monitoring"),
            ),
        ],
        "declared": {"work": ["on_failure_callback"], "": ["dag_failure_callback"]},
        "calls": [
            call(),
            call("dag_failure_callback", CALLBACKS, id=1, component="DAG processor", task_id=None),
            call("deadline_callback", LATE, id=2, component="triggerer", task_id=None),
        ],
        "mails": [mail()],
        "slack": [
            SlackMessage(
                id=2,
                execution=CALLBACKS,
                component="DAG processor",
                phase="import or callback",
                at=2,
                call=1,
                door="webhook",
                payload={},
                text="",
                status=200,
            )
        ],
        "posts": [
            Post(
                id=3,
                execution=LATE,
                component="triggerer",
                phase="import or callback",
                at=3,
                call=2,
                method="POST",
                path="/",
                authorized=True,
                status=200,
            )
        ],
        "metrics": [
            metric(**own("ti.start")),
            metric(**own("ti.finish", state="failed")),
            metric(**own("ti_failures")),
            metric("callback_exercise.failures", execution=TRY, phase="after", call=0),
        ],
    }
    return Evidence(
        name="fails",
        scenario=more.pop("scenario", Scenario("work", raises(OSError))),
        seed=1,
        secrets={},
        airflow="3.3.2",
        epoch=samples.EPOCH,
        outcome="ran",
        **(given | more),
    )


def lived(number: int = TRY, **more: Any) -> Evidence:
    """The honest run, but for this execution."""
    base = honest()
    lives = [life.model_copy(update=more) if life.id == number else life for life in base.executions]
    return base.model_copy(update={"executions": lives})


def test_an_honest_run_agrees_with_itself() -> None:
    assert disagreements(honest()) == []
    assert refuted(honest()) == {}


def test_a_breach_is_said() -> None:
    assert disagreements(lived(violations=["a frame of 0 bytes"])) == [
        "Try 1 of `work` broke the rules of the conversation with Airflow, and was ended: a frame of 0 bytes."
    ]


def test_what_this_grader_cannot_do_is_nobodys_breach() -> None:
    evidence = lived(violations=["ResendLoggingFD: not supported yet"])
    assert disagreements(evidence.model_copy(update={"outcome": "unsupported"})) == []


@pytest.mark.parametrize("breach", ["more than 64 MB of log", "more than 4000 frames"])
def test_a_limit_that_ended_the_run_is_said_as_that_only(breach: str) -> None:
    evidence = lived(violations=[breach])
    assert disagreements(evidence.model_copy(update={"outcome": "error"})) == []
    assert len(disagreements(evidence)) == 1, "other channels have numbers of their own, and end no run"
    assert len(disagreements(lived(violations=["more than 128 MB in frames"]))) == 1


@pytest.mark.parametrize(
    "breach", ["SetXCom that Airflow does not understand here", "reports what Airflow cannot store, …"]
)
def test_a_callback_that_asks_for_more_than_airflow_gives_it_there_is_a_mistake_only(breach: str) -> None:
    assert disagreements(lived(LATE, violations=[breach])) == []
    assert disagreements(lived(CALLBACKS, violations=[breach])) == []
    assert len(disagreements(lived(TRY, violations=[breach]))) == 1


def test_a_file_that_changed_is_said_once() -> None:
    base = lived(TRY, changed=["dag.py"])
    later = [
        life.model_copy(update={"changed": ["dag.py"]}) if life.id > TRY else life for life in base.executions
    ]
    assert disagreements(base.model_copy(update={"executions": later})) == [
        "dag.py was not what was handed in when try 1 of `work` began."
    ]
    both = lived(CALLBACKS, changed=["dag.py", "new.py", "report.csv"])
    assert disagreements(both) == [
        "dag.py and new.py were not what was handed in when the DAG processor began."
    ]


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ([own("ti.start")], "reported `failed`, but Airflow's own metrics have no end of it."),
        (
            [own("ti.start"), own("ti.finish", state="success")],
            "reported `failed`, but Airflow's own metrics counted `success`.",
        ),
        (
            [own("ti.start"), own("ti.finish", state="success"), own("ti.finish", state="failed")],
            "reported `failed`, but Airflow's own metrics counted `failed` and `success`.",
        ),
    ],
)
def test_an_outcome_is_compared_with_airflows_own_count(metrics: list[dict[str, Any]], said: str) -> None:
    found = [metric(**one) for one in metrics]
    assert disagreements(honest(metrics=found)) == [f"Try 1 of `work` {said}"]
    # Where it cannot be known, nothing is said.
    assert disagreements(honest(metrics=found, dropped={"metrics": 1})) == []
    assert disagreements(honest(metrics=found, scenario=Scenario({}, metrics=refuses()))) == []
    assert disagreements(honest(metrics=[one for one in found if one.name != "airflow.ti.start"])) == []


def test_a_success_that_was_counted_as_a_failure() -> None:
    found = [own("ti.start"), own("ti.finish", state="success"), own("ti_failures")]
    evidence = lived(terminal="success").model_copy(
        update={"metrics": [metric(**one) for one in found], "calls": [], "mails": []}
    )
    said = ["Try 1 of `work` reported `success`, but Airflow's own metrics counted a failure."]
    assert disagreements(evidence) == said


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (call("deadline_callback"), "told of a call of `deadline_callback` that is not run there"),
        (call("on_anything\x1b"), "told of a call of a callback that is not run there"),
        (call(phase="before"), "told of a call of `on_failure_callback` before its outcome was reported"),
        (call("on_retry_callback"), "told of a call of `on_retry_callback` but reported `failed`"),
        (call("on_success_callback"), "told of a call of `on_success_callback` but reported `failed`"),
        (
            call("on_execute_callback"),
            "told of a call of `on_execute_callback` after its outcome was reported",
        ),
        (
            call("on_execute_callback", phase="before"),
            "told of a call of `on_execute_callback`, but `work` has none, says the parsed DAG",
        ),
    ],
)
def test_a_call_that_cannot_have_been_is_refuted(made: CallbackCall, why: str) -> None:
    evidence = honest(calls=[made], slack=[], posts=[])
    assert refuted(evidence) == {0: f"Try 1 of `work` {why}."}
    assert disagreements(evidence) == [f"Try 1 of `work` {why}."]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (
            call("dag_failure_callback", PARSE),
            "A call of `dag_failure_callback` was told of while the DAG's file was imported, where Airflow calls none.",
        ),
        (
            call("on_failure_callback", CALLBACKS),
            "The DAG processor told of a call of `on_failure_callback` that is not run there.",
        ),
        (
            call("dag_success_callback", CALLBACKS),
            "The DAG processor told of a call of `dag_success_callback`, but the DAG has none, says the parsed DAG.",
        ),
        (
            call("on_success_callback", CALLBACKS),
            "The DAG processor told of a call of `on_success_callback` that is not run there.",
        ),
        (
            call("on_failure_callback", LATE),
            "The triggerer's work on `alerts.late` told of a call of `on_failure_callback` that is not run there.",
        ),
    ],
)
def test_a_call_elsewhere_is_refuted_too(made: CallbackCall, why: str) -> None:
    assert refuted(honest(calls=[made])) == {0: why}


def test_the_same_call_again_and_again_is_said_once() -> None:
    calls = [call("on_retry_callback", id=number) for number in range(500)]
    evidence = honest(calls=calls, slack=[], posts=[])
    assert len(refuted(evidence)) == 500
    (said,) = disagreements(evidence)
    assert said.endswith("reported `failed`. (500 times)")


def test_a_call_without_an_outcome_is_refuted_unless_the_server_refused_the_report() -> None:
    update = {"terminal": None, "barrier": None}
    early = [call(phase="before")]
    forged = lived(**update, frames=frames("SetRenderedFields", mail="smtp"))
    (why,) = refuted(forged.model_copy(update={"calls": early})).values()
    assert why == "Try 1 of `work` told of a call of `on_failure_callback` but reported no outcome."
    assert refuted(lived(**update).model_copy(update={"calls": early})) == {}


def test_calls_of_evidence_without_phases_or_declared_callbacks_are_left_alone() -> None:
    calls = [call(phase=None), call("on_execute_callback", phase=None, id=1)]
    assert refuted(honest(calls=calls, declared=None)) == {}


def test_what_arrives_at_import_is_said() -> None:
    at_import = {"execution": PARSE, "task_id": None, "try_number": None, "call": None}
    mails = [mail(), mail(**at_import), mail(**at_import)]
    metrics = [*honest().metrics, metric("mine", execution=PARSE), metric(**own("dag.loaded", PARSE))]
    (said, asked) = disagreements(honest(mails=mails, metrics=metrics))
    assert said == (
        "While the DAG's file was imported, before there was a run, 2 mails and 1 metric arrived."
    )
    assert asked == "2 mails arrived from the DAG processor, which had not asked for the connection."


def test_who_has_not_asked_for_the_connection_is_said() -> None:
    said = ["1 mail arrived from try 1 of `work`, which had not asked for the connection."]
    assert disagreements(lived(frames=frames("TaskState", slack="slack"))) == said
    assert disagreements(lived(frames=[Frame(at=1.5, type="GetConnection", stand_in="smtp")])) == said
    assert disagreements(lived(frames=[]).model_copy(update={"declared": None})) == []


def test_who_shows_the_key_of_another_is_said() -> None:
    shown = {"id": 7, "at": 1, "phase": "after", "execution": TRY, **WORK}
    keys = [WrongKey(stand_in="smtp", owner=PARSE, **shown), WrongKey(stand_in="slack", owner=None, **shown)]
    assert disagreements(honest(wrong_keys=keys)) == [
        "The mail server was shown a key of the DAG processor in try 1 of `work`."
    ]


def test_a_helper_is_said_when_something_came_that_may_be_its() -> None:
    evidence = lived(alive=Alive(threads=1, processes=2))
    assert disagreements(evidence) == []
    duration = metric(**own("task.duration"), phase="callback or helper")
    evidence = evidence.model_copy(update={"metrics": [*evidence.metrics, duration]})
    assert disagreements(evidence) == []
    strange = [mail(), mail(phase="callback or helper", call=None)]
    assert disagreements(evidence.model_copy(update={"mails": strange})) == [
        "When try 1 of `work` reported its outcome, 1 thread and 2 processes of its work were still alive. "
        "Later 1 mail arrived while no callback ran: nobody can tell from whom, so it counts as no callback's."
    ]


def test_what_the_dag_processor_sends_beside_its_callbacks_is_said() -> None:
    base = honest()
    beside = [message.model_copy(update={"call": None}) for message in base.slack]
    assert disagreements(base.model_copy(update={"slack": beside})) == [
        "In the DAG processor, 1 Slack message arrived while no callback ran."
    ]


def test_what_a_try_sends_after_its_outcome_beside_its_callbacks_is_said_unless_it_may_be_airflows_mail() -> (
    None
):
    asked = lived(frames=frames("TaskState", mail="smtp", slack="slack"))
    airflows = [mail(), mail(call=None)]
    slack = SlackMessage(
        id=5, execution=TRY, **WORK, phase="after", at=1, door="webhook", payload={}, text="", status=200
    )
    assert disagreements(asked.model_copy(update={"mails": airflows})) == []
    early = [slack.model_copy(update={"phase": "before"})]
    assert disagreements(asked.model_copy(update={"slack": early})) == []
    assert disagreements(asked.model_copy(update={"slack": [slack]})) == [
        "In try 1 of `work`, 1 Slack message arrived after its outcome was reported while no callback ran."
    ]


def test_a_mail_beside_the_callbacks_is_said_where_airflow_has_no_address_for_one() -> None:
    base = lived(frames=frames("TaskState", mail="smtp")).model_copy(update={"mails": [mail(call=None)]})
    assert disagreements(base.model_copy(update={"mailing": ["work"]})) == []
    assert disagreements(base.model_copy(update={"mailing": []})) == [
        "In try 1 of `work`, 1 mail arrived after its outcome was reported while no callback ran."
    ]


def test_a_metric_after_the_outcome_beside_the_callbacks_is_said_unless_it_is_airflows() -> None:
    base = honest()
    late = metric(**own("task.duration"), phase="after")
    assert disagreements(base.model_copy(update={"metrics": [*base.metrics, late]})) == []
    beside = [one.model_copy(update={"call": None}) for one in base.metrics]
    assert disagreements(base.model_copy(update={"metrics": beside})) == [
        "In try 1 of `work`, 1 metric arrived after its outcome was reported while no callback ran."
    ]
    counted = metric("loaded", execution=CALLBACKS, phase="import or callback")
    assert disagreements(base.model_copy(update={"metrics": [*base.metrics, counted]})) == []


def test_files_that_are_removed_without_a_callback_are_said() -> None:
    file = LeftFile(
        path="tmp/a.csv", size=1, execution=TRY, phase="before", removed="after", remover=TRY, left=False
    )
    early = file.model_copy(update={"removed": "before"})
    others = file.model_copy(update={"remover": CALLBACKS, "removed": "import or callback"})
    base = honest(files=[file, file, early, others])
    assert disagreements(base) == []
    uncalled = [one for one in base.calls if one.execution != TRY]
    quiet = base.model_copy(update={"calls": uncalled, "mails": [], "metrics": base.metrics[:-1]})
    assert disagreements(quiet) == [
        "In try 1 of `work`, 2 files were removed after its outcome was reported, and no callback ran."
    ]


def test_leases_that_are_given_back_without_a_callback_are_said() -> None:
    lease = LeaseRecord(
        id=1,
        kind="lock",
        execution=TRY,
        task_id="work",
        opened=1,
        closed=1,
        closed_phase="after",
        leaked=False,
    )
    base = honest(leases=[lease, lease.model_copy(update={"closed_phase": "before"})])
    assert disagreements(base) == []
    others = [one for one in base.calls if one.execution != TRY]
    uncalled = base.model_copy(update={"calls": others, "mails": [], "metrics": base.metrics[:-1]})
    assert disagreements(uncalled) == [
        "In try 1 of `work`, 1 lease was given back after its outcome was reported, and no callback ran."
    ]


def test_what_was_on_its_way_at_the_outcome_is_said_when_something_came_of_it() -> None:
    evidence = lived(alive=Alive(unsent=1))
    strange = [mail(), mail(phase="callback or helper", call=None)]
    assert disagreements(evidence.model_copy(update={"mails": strange})) == [
        "When try 1 of `work` reported its outcome, 1 unfinished delivery of its work was still alive. "
        "Later 1 mail arrived while no callback ran: nobody can tell from whom, so it counts as no callback's."
    ]


def test_who_disagrees_everywhere_is_told_in_twenty_sentences() -> None:
    assert len(disagreements(lived(violations=[f"breach {number}" for number in range(99)]))) == 20


@pytest.mark.parametrize("make", [samples.fails, samples.loses, samples.late, samples.stopped, samples.empty])
def test_older_evidence_is_read_without_a_complaint(make: Any) -> None:
    assert disagreements(make()) == []
