"""Deadline Alerts: what a deadline counts from, where its callback runs, what it knows, and what a miss does not do."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.evidence import Evidence
from autograder.faults import raises, takes
from autograder.scenario import Scenario
from tests.control.conftest import Run

ALERTS = """
def late(context, word="late"):
    print(word, sorted(context), context["dag_run"]["state"])

async def later(context, word="late"):
    print(word, sorted(context), context["dag_run"]["state"])
    return "told"
"""


def beside(tmp_path: Path, **files: str) -> None:
    """Files beside the DAG's."""
    folder = tmp_path / "submission"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)


def said(evidence: Evidence) -> list[str]:
    return [event.event for event in evidence.logs if event.channel == "stdout"]


def test_a_late_run_is_told_of_by_the_executor_and_by_the_triggerer_and_goes_on(
    run: Run, tmp_path: Path
) -> None:
    """scheduler_job_runner.py:1832-1854 finds them; models/deadline.py:231-292 queues the callbacks."""
    beside(tmp_path, alerts=ALERTS)
    source = """
        from datetime import timedelta
        from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback, task
        from alerts import late, later
        with DAG("one", deadline=[
            DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=2), SyncCallback(late), name="two"),
            DeadlineAlert(
                DeadlineReference.DAGRUN_QUEUED_AT,
                timedelta(hours=1),
                AsyncCallback(later, kwargs={"word": "early"}),
            ),
        ]):
            @task
            def work(): ...
            work()
    """
    evidence = run(source, Scenario("work", takes("3h")))
    assert evidence.problem is None
    assert evidence.state == "success"
    early, late = evidence.deadlines
    assert (early.name, early.component, early.callback) == (None, "triggerer", "alerts.later")
    assert (late.name, late.component, late.callback) == ("two", "executor", "alerts.late")
    assert [d.reference for d in evidence.deadlines] == ["DagRunQueuedAtDeadline"] * 2
    assert [d.interval for d in evidence.deadlines] == [3600, 7200]
    assert [d.pruned for d in evidence.deadlines] == [None, None]
    # The run is queued when its file has been imported, which takes 10 ms; it is late when the moment has passed.
    assert [(d.at, d.missed) for d in evidence.deadlines] == [(3600.01, 3600.010001), (7200.01, 7200.010001)]
    assert (early.state, early.output) == ("success", "told")
    assert (late.state, late.output) == ("success", "")
    assert said(evidence) == [
        "early ['dag_run', 'deadline'] running",
        "late ['dag_run', 'deadline'] running",
    ]
    calls = [(c.kind, c.name, c.deadline, c.component, c.file, c.context) for c in evidence.calls]
    keys = ["dag_run", "deadline"]
    assert calls == [
        ("deadline_callback", "later", 0, "triggerer", "alerts.py", keys),
        ("deadline_callback", "late", 1, "executor", "alerts.py", keys),
    ]
    assert [c.returned for c in evidence.calls] == [True, True]
    aside = [e for e in evidence.executions if e.deadline is not None]
    assert [(e.component, e.work, e.deadline, e.exit_code) for e in aside] == [
        ("triggerer", "alerts.later", 0, 0),
        ("executor", "alerts.late", 1, 0),
    ]
    assert evidence.ended is not None
    assert 3 * 3600 <= evidence.ended < 3 * 3600 + 1


HEAD = """
import os
from datetime import UTC, datetime, timedelta
from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback, task
from airflow.sdk.definitions.deadline import VariableInterval
from alerts import late, later
HOUR = timedelta(hours=1)
"""
WORK = """
    @task
    def work(): ...
    work()
"""


def with_deadline(deadline: str, work: str = WORK, head: str = "") -> str:
    """A file whose DAG has this deadline, or these."""
    return f"{HEAD}{head}\nwith DAG('one', deadline={deadline}):{work}"


def test_each_reference_counts_from_its_own_moment(run: Run, tmp_path: Path) -> None:
    """serialization/definitions/deadline.py:150-250 evaluates each when the run is created (…/dag.py:691-765)."""
    beside(tmp_path, alerts=ALERTS)
    source = with_deadline("""[
        DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, VariableInterval("patience"), SyncCallback(late)),
        DeadlineAlert(DeadlineReference.DAGRUN_LOGICAL_DATE, HOUR, SyncCallback(late)),
        DeadlineAlert(DeadlineReference.FIXED_DATETIME(datetime(2020, 1, 1, tzinfo=UTC)), HOUR, SyncCallback(late)),
        DeadlineAlert(DeadlineReference.AVERAGE_RUNTIME(max_runs=3), HOUR, SyncCallback(late)),
        DeadlineAlert(DeadlineReference.AVERAGE_RUNTIME(max_runs=10), HOUR, SyncCallback(late)),
    ]""")
    scenario = Scenario(
        "work", takes("1min"), history=[9999, 600, 1200, 1800], variables={"patience": "1800"}
    )
    evidence = run(source, scenario)
    assert evidence.problem is None
    found = [(d.reference, d.interval, round(d.at, 2)) for d in evidence.deadlines]
    # The last three runs took 20 minutes on average; ten runs are not there, so that alert has no deadline.
    assert found[1:] == [
        ("DagRunQueuedAtDeadline", None, 1800.01),
        ("DagRunLogicalDateDeadline", 3600, 3600),
        ("AverageRuntimeDeadline", 3600, 4800.01),
    ]
    past, *others = evidence.deadlines
    assert past.reference == "FixedDatetimeDeadline"
    assert past.at < 0
    # It is missed as soon as there is a run, whatever the run does.
    assert past.missed is not None
    assert past.missed < 1
    assert past.state == "success"
    # The run has succeeded after a minute, in time for all others.
    assert [(d.missed, d.state) for d in others] == [(None, None)] * 3
    assert all(d.pruned is not None and 60 < d.pruned < 61 for d in others)
    assert [c.deadline for c in evidence.calls] == [0]


def test_without_a_logical_date_there_is_no_deadline_that_counts_from_it(run: Run, tmp_path: Path) -> None:
    """serialization/definitions/dag.py:751, 770-780: no row, a warning in the log of whoever creates the run."""
    beside(tmp_path, alerts=ALERTS)
    source = with_deadline("DeadlineAlert(DeadlineReference.DAGRUN_LOGICAL_DATE, HOUR, SyncCallback(late))")
    evidence = run(source, Scenario("work", takes("3h"), logical_date=None))
    assert evidence.state == "success"
    assert evidence.deadlines == []
    assert evidence.calls == []


def test_the_alert_comes_after_a_run_that_has_failed(run: Run, tmp_path: Path) -> None:
    """models/dagrun.py:1253-1277: only a run that succeeds drops its deadlines."""
    beside(tmp_path, alerts=ALERTS)
    source = with_deadline("DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, HOUR, AsyncCallback(later))")
    evidence = run(source, Scenario("work", raises(OSError, "no"), retries=0))
    assert evidence.state == "failed"
    (deadline,) = evidence.deadlines
    assert (deadline.missed, deadline.pruned, deadline.state) == (3600.010001, None, "success")
    assert said(evidence) == ["late ['dag_run', 'deadline'] failed"]
    assert evidence.ended is not None
    assert 3600 < evidence.ended < 3601


def test_a_deadline_that_no_run_lives_to_see_does_not_keep_a_failed_run(run: Run, tmp_path: Path) -> None:
    beside(tmp_path, alerts=ALERTS)
    never = "DeadlineReference.FIXED_DATETIME(datetime(2090, 1, 1, tzinfo=UTC))"
    source = with_deadline(f"DeadlineAlert({never}, HOUR, SyncCallback(late))")
    evidence = run(source, Scenario("work", raises(OSError, "no"), retries=0))
    assert (evidence.outcome, evidence.state) == ("ran", "failed")
    assert [(d.missed, d.pruned, d.state) for d in evidence.deadlines] == [(None, None, "scheduled")]
    assert evidence.ended is not None
    assert evidence.ended < 1


def test_in_the_file_of_the_dag_a_sync_callback_works_and_an_async_one_is_not_found(
    run: Run, tmp_path: Path
) -> None:
    """callback_supervisor.py:121-135 loads the file again; triggers/callback.py:54 imports by name alone."""
    beside(tmp_path, alerts=ALERTS)
    head = """
def near(context): print("near")
async def far(context): print("far")
"""
    source = with_deadline(
        """[
        DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, HOUR, SyncCallback(near)),
        DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, 2 * HOUR, AsyncCallback(far)),
    ]""",
        head=head,
    )
    evidence = run(source, Scenario("work", takes("3h")))
    near, far = evidence.deadlines
    assert (near.state, near.output) == ("success", "")
    assert far.state == "failed"
    assert far.output.startswith("Failed to import the callable on the triggerer: ")
    assert "ModuleNotFoundError: No module named 'unusual_prefix_" in far.output
    assert said(evidence) == ["near"]
    assert [(c.name, c.file, c.line) for c in evidence.calls] == [("near", "dag.py", 9)]


def test_a_callback_that_raises_has_failed_and_is_not_tried_again(run: Run, tmp_path: Path) -> None:
    """callback_supervisor.py:166-174 and scheduler_job_runner.py:1383-1386; triggers/callback.py:65-79."""
    beside(
        tmp_path,
        alerts=ALERTS,
        broken="""
def soon():
    raise OSError("no line")
async def after():
    raise OSError("no line either")
async def nothing(word):
    return {"word": word}
""",
    )
    source = with_deadline("""[
        DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, HOUR, SyncCallback("broken.soon")),
        DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, 2 * HOUR, AsyncCallback("broken.after")),
        DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, 2.5 * HOUR, AsyncCallback("broken.nothing")),
    ]""")
    evidence = run(source, Scenario("work", takes("3h")))
    assert evidence.state == "success"
    soon, after, nothing = evidence.deadlines
    assert (soon.state, soon.output) == ("failed", "Execution failed")
    assert after.state == "failed"
    assert after.output.startswith("An error occurred during execution of the callable: ")
    assert "OSError: no line either" in after.output
    assert nothing.state == "failed"
    assert "missing 1 required positional argument: 'word'" in nothing.output
    assert not any("autograder/" in d.output for d in evidence.deadlines)
    assert [(c.name, c.returned, c.context) for c in evidence.calls] == [
        ("soon", False, []),
        ("after", False, []),
        ("nothing", False, []),
    ]
    assert [c.error.message for c in evidence.calls if c.error][:2] == ["no line", "no line either"]
    assert [e.exit_code for e in evidence.executions if e.deadline is not None] == [1, 0, 0]


def test_notifier_classes_send_what_they_render_and_it_is_their_own_executions(
    run: Run, tmp_path: Path
) -> None:
    """sdk/bases/notifier.py:119-155: called on the executor, awaited in the triggerer; both render their fields."""
    beside(tmp_path, alerts=ALERTS)
    head = """
from airflow.providers.slack.notifications.slack import SlackNotifier
from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier
from airflow.providers.smtp.notifications.smtp import SmtpNotifier
"""
    text = "late: {{ dag_run.dag_run_id }} due {{ deadline.deadline_time }}"
    source = with_deadline(
        f"""[
        DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, HOUR, SyncCallback(SmtpNotifier, kwargs=dict(
            to="team@example.com", subject="{text}", html_content="{text}"))),
        DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, 2 * HOUR, AsyncCallback(SlackWebhookNotifier, kwargs=dict(
            text="{text}"))),
        DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, 2.5 * HOUR, AsyncCallback(SlackNotifier, kwargs=dict(
            slack_conn_id="slack_api", text="again", channel="#alerts"))),
    ]""",
        head=head,
    )
    connections = {"smtp_default": "smtp", "slack_default": "slack", "slack_api": "slack_api"}
    evidence = run(source, Scenario("work", takes("3h")), connections=connections)
    assert [(d.state, d.output) for d in evidence.deadlines] == [("success", "")] * 3
    (mail,), (message, again) = evidence.mails, evidence.slack
    assert evidence.run_id is not None
    assert mail.subject.startswith(f"late: {evidence.run_id} due 2026-11-20 07:00:00")
    assert message.text.startswith(f"late: {evidence.run_id} due 2026-11-20 08:00:00")
    by_id = {e.id: e.deadline for e in evidence.executions}
    assert (mail.component, by_id[mail.execution or 0]) == ("executor", 0)
    assert (message.component, by_id[message.execution or 0]) == ("triggerer", 1)
    assert (again.component, by_id[again.execution or 0], again.text) == ("triggerer", 2, "again")
    assert [(c.name, c.deliveries) for c in evidence.calls] == [
        ("SmtpNotifier", [mail.id]),
        ("SlackWebhookNotifier", [message.id]),
        ("SlackNotifier", [again.id]),
    ]


def test_without_its_variable_no_run_is_created(run: Run, tmp_path: Path) -> None:
    """serialization/definitions/deadline.py:391-396, called while the run is created (…/dag.py:739)."""
    beside(tmp_path, alerts=ALERTS)
    source = with_deadline(
        'DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, VariableInterval("patience"), SyncCallback(late))'
    )
    evidence = run(source, Scenario("work", takes("3h")))
    assert evidence.outcome == "error"
    assert evidence.problem is not None
    assert "VariableInterval 'patience' not found" in evidence.problem.title
    assert "airflow variables set" in evidence.problem.advice
    assert "VariableInterval(" in source.splitlines()[(evidence.problem.line or 0) - 1]
    evidence = run(source, Scenario("work", takes("3h"), variables={"patience": "two hours"}))
    assert evidence.problem is not None
    assert "must be an integer (seconds), got: 'two hours'" in evidence.problem.title


def test_a_reference_of_the_submissions_own_is_refused_by_name(run: Run, tmp_path: Path) -> None:
    """serialization/helpers.py:167-176: only what a plugin registers is known where runs are created."""
    beside(tmp_path, alerts=ALERTS)
    head = """
from airflow.sdk.definitions.deadline import BaseDeadlineReference, deadline_reference
@deadline_reference()
class Midnight(BaseDeadlineReference):
    def _evaluate_with(self, *, session, **kwargs):
        return datetime(2026, 11, 21, tzinfo=UTC)
"""
    source = with_deadline("DeadlineAlert(DeadlineReference.Midnight, HOUR, SyncCallback(late))", head=head)
    evidence = run(source, Scenario("work", takes("3h")))
    assert evidence.outcome == "error"
    assert evidence.problem is not None
    assert "the deadline reference `Midnight` is not registered" in evidence.problem.title
    assert "deadline_references" in evidence.problem.advice
    assert source.splitlines()[(evidence.problem.line or 0) - 1].startswith("class Midnight(")


def test_a_reference_from_a_plugin_of_the_exercise_is_known_on_both_sides(run: Run, tmp_path: Path) -> None:
    """plugins_manager.py: ``deadline_references``; serialization/definitions/deadline.py:278-330 evaluates it."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "moments.py").write_text("""
from datetime import timedelta
from airflow.plugins_manager import AirflowPlugin
from airflow.sdk.definitions.deadline import BaseDeadlineReference, deadline_reference

@deadline_reference()
class NextHalfHour(BaseDeadlineReference):
    required_kwargs = {"dag_id", "run_id"}

    def _evaluate_with(self, *, session, dag_id, run_id):
        from airflow.models import DagRun
        from sqlalchemy import select
        queued = session.scalar(select(DagRun.queued_at).where(DagRun.run_id == run_id))
        return queued.replace(minute=30, second=0, microsecond=0)

class Moments(AirflowPlugin):
    name = "moments"
    deadline_references = [NextHalfHour]
""")
    beside(tmp_path, alerts=ALERTS)
    head = "from moments import NextHalfHour\n"
    source = with_deadline("DeadlineAlert(NextHalfHour(), HOUR, SyncCallback(late))", head=head)
    evidence = run(source, Scenario("work", takes("3h")), plugins=str(plugins))
    assert evidence.problem is None
    (deadline,) = evidence.deadlines
    assert (deadline.reference, deadline.at, deadline.state) == ("NextHalfHour", 5400, "success")
    # The next run's control has forgotten it.
    evidence = run(source, Scenario("work", takes("3h")))
    assert evidence.problem is not None
    assert "No module named 'moments'" in evidence.problem.title


def test_a_sync_callback_that_asks_for_more_than_it_may_is_never_answered(run: Run, tmp_path: Path) -> None:
    """callback_supervisor.py:77-83: connections and variables may be read; supervisor.py:920-924 answers nothing else,
    and the callback waits for ever. Here its process is ended; the callback stays what it is there: running."""
    asks = """
from airflow.sdk import Variable
def late():
    print(Variable.get("patience"))
    Variable.set("patience", "none")
"""
    beside(tmp_path, alerts=ALERTS, asks=asks)
    source = with_deadline(
        'DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, HOUR, SyncCallback("asks.late"))'
    )
    evidence = run(source, Scenario("work", takes("3h"), variables={"patience": "much"}))
    assert evidence.state == "success"
    assert said(evidence) == ["much"]
    assert [(d.state, d.output) for d in evidence.deadlines] == [("running", "")]
    (aside,) = (e for e in evidence.executions if e.component == "executor")
    assert aside.violations == ["PutVariable that Airflow does not understand here"]
    assert [c.returned for c in evidence.calls] == [None]


@pytest.mark.parametrize("result", ['{"told": "everybody"}', '{1: "told", "everybody": 2}'])
def test_a_result_that_airflow_cannot_store_ends_the_triggerer(run: Run, tmp_path: Path, result: str) -> None:
    """models/callback.py:262 stores it as it is, in a text column, and :263 makes tags of it before; what the triggerer
    cannot store ends it (jobs/triggerer_job_runner.py:280-284). Here it ends the callback, which stays what it was:
    running."""
    tells = f"""
async def late():
    return {result}
"""
    evidence = run_with_another(run, tmp_path, tells)
    assert [(d.state, d.output) for d in evidence.deadlines] == [("running", ""), ("success", "told")]


@pytest.mark.parametrize("payload", ['"no mapping"', '{"state": ["no", "text"]}'])
def test_an_event_that_no_callback_of_airflows_has_ends_the_triggerer(
    run: Run, tmp_path: Path, payload: str
) -> None:
    tells = f"""
from airflow.jobs.triggerer_job_runner import TriggerEventEntry, messages
from airflow.triggers.base import TriggerEvent

async def late():
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS
    event = TriggerEventEntry(1, TriggerEvent({payload}), None)
    SUPERVISOR_COMMS.send(messages.TriggerStateChanges(events=[event]))
"""
    evidence = run_with_another(run, tmp_path, tells)
    assert [(d.state, d.output) for d in evidence.deadlines] == [("queued", ""), ("success", "told")]


def run_with_another(run: Run, tmp_path: Path, tells: str) -> Evidence:
    """A run whose first deadline's callback reports what cannot be stored; the second one's is as ever."""
    beside(tmp_path, alerts=ALERTS, tells=tells)
    source = with_deadline("""[
        DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, HOUR, AsyncCallback("tells.late")),
        DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, 2 * HOUR, AsyncCallback(later)),
    ]""")
    evidence = run(source, Scenario("work", takes("3h")))
    assert (evidence.outcome, evidence.state) == ("ran", "success")
    first, _ = (e for e in evidence.executions if e.component == "triggerer")
    (violation,) = first.violations
    assert violation.startswith("reports what Airflow cannot store, which ends the triggerer: ")
    return evidence


def test_the_deadline_of_a_run_that_is_triggered_fires_too(run: Run, tmp_path: Path) -> None:
    beside(tmp_path, alerts=ALERTS)
    source = (
        HEAD
        + """
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
with DAG("one"):
    TriggerDagRunOperator(task_id="work", trigger_dag_id="other")
with DAG("other", deadline=[
    DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, HOUR, SyncCallback(late)),
    DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, 2 * HOUR, AsyncCallback(later)),
]):
    @task
    def slow():
        import time
        time.sleep(3 * 3600)
    slow()
"""
    )
    evidence = run(source, Scenario({}, others="run"), dag_id="one", among=True)
    assert evidence.problem is None
    assert evidence.deadlines == []
    assert said(evidence) == [
        "late ['dag_run', 'deadline'] running",
        "late ['dag_run', 'deadline'] running",
    ]
    aside = [
        (e.component, e.deadline) for e in evidence.executions if e.component in ("executor", "triggerer")
    ]
    assert aside == [("executor", None), ("triggerer", None)]
