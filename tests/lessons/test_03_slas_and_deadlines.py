"""What lesson 03 says is so."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autograder.checks import RunView, hangs, raises, takes
from tests.lessons.snippets import changed, lab, plain, without_magic

HOUR = 3600.0
SLACK = 10.0
"""Seconds that the friction of starts and looks, and the grace before SIGKILL, may add up to in any of these runs."""


def near(seconds: float):
    return pytest.approx(seconds, abs=SLACK)


def calls(run: RunView) -> list[tuple[str, str, str]]:
    """Kind, name and component of each callback call, in order."""
    return [(call.kind, call.name, call.component) for call in run.evidence.calls]


def printed(run: RunView) -> list[str]:
    """What callbacks printed, in order."""
    return [line.event for line in run.evidence.logs if line.call is not None and line.channel == "stdout"]


def states(run: RunView) -> dict[str, str | None]:
    return {task.task_id: task.state for task in run.evidence.tasks}


class TestTheIncident:
    def test_on_monday_nobody_is_told(self, play):
        run = play("old_sla.py", {"load": takes("244min")})
        assert run.evidence.state == "success"
        assert run.evidence.ended == near(244 * 60)
        assert calls(run) == []

    def test_on_tuesday_it_is_stopped_two_minutes_before_its_end(self, recorded):
        run = recorded("run-limit")
        assert run.evidence.state == "failed"
        assert run.evidence.ended == near(2 * HOUR)
        assert states(run) == {"load": "skipped", "report": "skipped"}
        assert [call.kind for call in run.evidence.calls] == ["dag_failure_callback"]


class TestWhatSlaWas:
    def test_both_arguments_are_accepted_and_call_nobody(self, recorded):
        run = recorded("old-sla")
        assert run.evidence.state == "success"
        assert run.evidence.ended == near(3 * HOUR)
        assert calls(run) == []
        assert not run.evidence.deadlines

    def test_the_one_trace_is_a_warning_wherever_the_file_is_read(self, recorded):
        warned = [line for line in recorded("old-sla").evidence.logs if "SLA feature" in line.event]
        assert {line.component for line in warned} == {"DAG processor", "worker"}
        assert {line.task_id for line in warned} == {None, "load", "report"}
        assert {line.level for line in warned} == {"warning"}


class TestADeadlineTells:
    def test_at_two_hours_somebody_is_told_and_nothing_is_stopped(self, recorded):
        run = recorded("late")
        [deadline] = run.evidence.deadlines
        assert (deadline.name, deadline.reference) == ("two hours", "DagRunQueuedAtDeadline")
        assert deadline.at == near(2 * HOUR)
        assert deadline.missed == near(2 * HOUR)
        assert deadline.state == "success"
        assert calls(run) == [("deadline_callback", "tell", "executor")]
        assert run.evidence.calls[0].start == near(2 * HOUR)
        assert run.evidence.state == "success"
        assert run.evidence.ended == near(3 * HOUR)
        assert run.task("load").tries == 1

    def test_it_prints_that_the_run_is_running(self, recorded):
        [said] = printed(recorded("late"))
        assert said.startswith("late is running and was due at ")

    def test_the_row_of_a_run_that_succeeds_in_time_is_deleted(self, play):
        run = play("late.py", {"load": takes("110min")})
        [deadline] = run.evidence.deadlines
        assert deadline.missed is None
        assert deadline.pruned == near(110 * 60)
        assert calls(run) == []

    def test_there_are_none_of_tasks(self):
        from airflow.providers.standard.operators.empty import EmptyOperator

        with pytest.raises(TypeError, match="deadline"):
            EmptyOperator(task_id="load", deadline=None)

    def test_in_default_args_it_is_accepted_and_does_nothing(self, play, lesson, tmp_path):
        text = (lesson.code / "late.py").read_text()
        file = changed(text, tmp_path, "deadline=two_hours", 'default_args={"deadline": two_hours}')
        run = play(file, {"load": takes("3h")})
        assert run.evidence.state == "success"
        assert run.evidence.deadlines == []
        assert calls(run) == []


class TestLateOrStopped:
    def test_execution_timeout_is_for_each_try(self, recorded):
        run = recorded("task-limit")
        assert [execution.seconds for execution in run.task("load").attempts] == [near(HOUR)] * 3
        assert calls(run) == [("on_failure_callback", "tell", "worker")]
        assert run.evidence.calls[0].start == near(3 * HOUR + 20 * 60)
        assert "AirflowTaskTimeout" in printed(run)[0]

    def test_a_run_that_times_out_skips_and_only_the_dag_is_called(self, recorded):
        run = recorded("run-limit")
        assert calls(run) == [("dag_failure_callback", "run_failed", "DAG processor")]
        assert run.evidence.calls[0].reason == "timed_out"
        assert printed(run) == ["the run failed: timed_out"]

    def test_no_metric_counts_it_as_a_failed_task(self, recorded):
        counted = {
            name: {metric.name for metric in recorded(name).evidence.metrics}
            for name in ("run-limit", "task-limit")
        }
        assert any("ti_failures" in metric for metric in counted["task-limit"])
        assert not any("ti_failures" in metric for metric in counted["run-limit"])


class TestWhichReference:
    @staticmethod
    def due(run: RunView) -> dict[str | None, float]:
        return {deadline.name: deadline.at for deadline in run.evidence.deadlines}

    def test_a_run_with_a_date_and_no_history(self, recorded):
        due = self.due(recorded("dated"))
        assert set(due) == {"queued", "dated", "fixed"}
        assert due["queued"] == near(2 * HOUR)
        assert due["dated"] == near(2 * HOUR)
        assert due["fixed"] < 0

    def test_a_run_without_a_date_after_three_others(self, recorded):
        due = self.due(recorded("undated"))
        assert set(due) == {"queued", "usual", "fixed"}
        assert due["usual"] == near(50 * 60 + 30 * 60)

    @pytest.mark.parametrize("name", ["dated", "undated"])
    def test_a_moment_in_the_past_is_missed_at_once(self, recorded, name: str):
        [fixed] = [one for one in recorded(name).evidence.deadlines if one.name == "fixed"]
        assert fixed.missed == near(0)

    def test_each_is_missed_at_its_own_moment(self, recorded):
        for deadline in recorded("undated").evidence.deadlines:
            assert deadline.missed == near(max(deadline.at, 0))
            assert deadline.state == "success"

    @pytest.mark.parametrize(("runs", "there"), [(9, False), (10, True)])
    def test_an_average_is_of_ten_runs_unless_you_say_otherwise(
        self, play, lesson, tmp_path, runs: int, there: bool
    ):
        text = (lesson.code / "references.py").read_text()
        file = changed(text, tmp_path, "AVERAGE_RUNTIME(max_runs=10, min_runs=3)", "AVERAGE_RUNTIME()")
        run = play(file, {"load": takes("1min")}, history=[600.0] * runs)
        assert ("usual" in self.due(run)) is there

    def test_with_data_intervals_the_date_is_their_start(self):
        from airflow.timetables.base import TimeRestriction
        from airflow.timetables.interval import CronDataIntervalTimetable

        timetable = CronDataIntervalTimetable("0 2 * * *", timezone="UTC")
        began = datetime(2026, 3, 1, tzinfo=UTC)
        info = timetable.next_dagrun_info(
            last_automated_data_interval=None,
            restriction=TimeRestriction(earliest=began, latest=None, catchup=True),
        )
        assert info is not None
        assert info.run_after - info.logical_date == timedelta(days=1)

    INTERVAL = ("interval=timedelta(hours=2)", 'interval=VariableInterval("report_due_seconds")')
    IMPORT = ("# --8<-- [start:dag]", "from airflow.sdk.definitions.deadline import VariableInterval")

    def test_the_interval_can_come_from_a_variable(self, play, lesson, tmp_path):
        text = (lesson.code / "late.py").read_text().replace(*self.IMPORT)
        file = changed(text, tmp_path, *self.INTERVAL)
        run = play(file, {"load": takes("3h")}, variables={"report_due_seconds": "5400"})
        [deadline] = run.evidence.deadlines
        assert deadline.at == near(1.5 * HOUR)
        assert deadline.missed == near(1.5 * HOUR)

    def test_without_that_variable_there_is_no_run(self, play, lesson, tmp_path):
        text = (lesson.code / "late.py").read_text().replace(*self.IMPORT)
        run = play(changed(text, tmp_path, *self.INTERVAL), {"load": takes("3h")})
        assert run.evidence.outcome == "error"
        assert run.evidence.problem is not None
        assert "report_due_seconds" in run.evidence.problem.title + run.evidence.problem.detail
        assert run.evidence.executions[-1].component == "DAG processor"

    def test_a_reference_in_a_dag_file_is_refused(self, play, tmp_path):
        file = tmp_path / "third_working_day.py"
        file.write_text(REFERENCE)
        run = play(file)
        assert run.evidence.outcome == "error"
        assert run.evidence.problem is not None
        assert "ThirdWorkingDay" in str(run.evidence.problem)


REFERENCE = """
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task
from airflow.sdk.definitions.deadline import BaseDeadlineReference, deadline_reference


@deadline_reference()
class ThirdWorkingDay(BaseDeadlineReference):
    def _evaluate_with(self, *, session, **kwargs):
        return datetime(2026, 11, 4, tzinfo=UTC)


def tell(): ...


alert = DeadlineAlert(DeadlineReference.ThirdWorkingDay, timedelta(0), SyncCallback(tell))

with DAG("third_working_day", schedule=None, deadline=alert):

    @task
    def load(): ...

    load()
"""


class TestWhereItRuns:
    def test_the_one_beside_the_dag_is_never_called(self, recorded):
        run = recorded("async-here")
        found = {one.callback.rpartition(".")[2]: one for one in run.evidence.deadlines}
        assert {name: (one.component, one.state) for name, one in found.items()} == {
            "here": ("executor", "success"),
            "also_here": ("triggerer", "failed"),
            "tell_slack": ("triggerer", "success"),
        }
        assert "Failed to import the callable on the triggerer" in found["also_here"].output
        assert "unusual_prefix_" in found["also_here"].callback
        assert found["tell_slack"].callback == "alerts.tell_slack"
        assert sorted(call.name for call in run.evidence.calls) == ["here", "tell_slack"]

    def test_the_message_comes_from_the_triggerer(self, recorded):
        [message] = recorded("async-here").evidence.slack
        assert message.component == "triggerer"
        assert message.at == near(HOUR)

    def test_nothing_complains_when_the_file_is_loaded(self, recorded):
        loaded = [line for line in recorded("async-here").evidence.logs if line.component == "DAG processor"]
        assert not [line for line in loaded if line.level in ("warning", "error", "critical")]

    def test_moved_into_the_module_all_three_are_called(self, play, lesson, tmp_path):
        """As the lab asks."""
        here = (lesson.code / "async_here.py").read_text()
        moved = re.search(r"async def also_here.*?\n\n\n", here, re.S)
        assert moved is not None
        (tmp_path / "alerts.py").write_text((lesson.code / "alerts.py").read_text() + "\n\n" + moved[0])
        text = here.replace(moved[0], "").replace("import tell_slack", "import also_here, tell_slack")
        (tmp_path / "async_here.py").write_text(text)
        run = play(tmp_path / "async_here.py", {"load": takes("3h")})
        assert {one.state for one in run.evidence.deadlines} == {"success"}
        assert len(run.evidence.calls) == 3

    def test_what_is_refused_when_the_file_is_loaded(self):
        from airflow.sdk import AsyncCallback, BaseNotifier, DeadlineAlert, DeadlineReference, SyncCallback

        def tell(context): ...

        with pytest.raises(ValueError, match="Callbacks of type function are not currently supported"):
            DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=1), tell)
        with pytest.raises(AttributeError, match="is not awaitable"):
            AsyncCallback(tell)
        for kind in (AsyncCallback, SyncCallback):
            with pytest.raises(AttributeError, match="has no attribute '__qualname__'"):
                kind(BaseNotifier())
            with pytest.raises(ValueError, match="context is a reserved kwarg"):
                kind(BaseNotifier, kwargs={"context": {}})

    def test_a_name_in_a_string_is_not_checked(self):
        from airflow.sdk import AsyncCallback

        assert AsyncCallback("alerts.tel_slack").path == "alerts.tel_slack"


class TestWhatItKnows:
    def test_two_keys_and_what_is_in_them(self, recorded):
        run = recorded("knows")
        keys, inside, due, _ = printed(run)[:4]
        assert keys == "context: dag_run deadline"
        assert {"dag_id", "dag_run_id", "state", "logical_date", "queued_at"} <= set(inside.split())
        assert "run_id" not in inside.split()
        assert datetime.fromisoformat(due.removeprefix("deadline: ")).utcoffset() == timedelta(0)
        for call in run.evidence.calls:
            assert call.context == ["dag_run", "deadline"]

    def test_templates_are_rendered_by_notifiers_only(self, recorded):
        run = recorded("knows")
        texts = [line.removeprefix("text: ") for line in printed(run) if line.startswith("text: ")]
        assert texts == [
            "{{ dag_run.dag_id }} is late",
            "knows is late: run ''",
            f"knows is late: run '{run.evidence.run_id}'",
        ]

    def test_an_undefined_ti_fails_the_callback(self, recorded):
        run = recorded("knows")
        assert [call.returned for call in run.evidence.calls].count(False) == 1
        *others, last = sorted(run.evidence.deadlines, key=lambda one: one.state == "failed")
        assert {one.state for one in others} == {"success"}
        assert last.state == "failed"
        [broken] = [call.error for call in run.evidence.calls if call.error]
        assert "'ti' is undefined" in broken.message

    def test_who_does_not_take_the_context_is_called_without(self, recorded):
        assert sorted(printed(recorded("dated"))) == ["late: dated", "late: fixed", "late: queued"]

    def test_what_it_may_ask_for_and_what_it_may_return(self, play, tmp_path):
        (tmp_path / "said.py").write_text(RETURNS)
        (tmp_path / "asks.py").write_text(ASKS)
        run = play(tmp_path / "asks.py", {"load": takes("3h")})
        assert [(one.component, one.state) for one in run.evidence.deadlines] == [
            ("triggerer", "running"),
            ("executor", "running"),
        ]
        assert printed(run) == ["read 0"]
        ended = {one.component: one.violations for one in run.evidence.executions if one.deadline is not None}
        assert all(ended.values())
        assert {call.name: call.returned for call in run.evidence.calls} == {"tell": True, "count": None}

    def test_a_notifier_s_class_needs_no_module_of_one_s_own(self, recorded):
        run = recorded("notifier")
        [message] = run.evidence.slack
        assert message.component == "triggerer"
        assert message.text == f"notifier is late: {run.evidence.run_id}"


RETURNS = """
async def tell(context):
    return {"told": "somebody"}
"""
ASKS = """
from datetime import timedelta

from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback, Variable, task

import said


def count(context):
    print("read", Variable.get("late", default="0"))
    Variable.set("late", "1")
    print("counted")


def after_an_hour(callback):
    return DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=1), callback)


with DAG(
    "asks",
    schedule=None,
    deadline=[after_an_hour(AsyncCallback(said.tell)), after_an_hour(SyncCallback(count))],
):

    @task
    def load(): ...

    load()
"""


class TestWarnEarly:
    def test_a_warning_an_alert_and_an_end(self, recorded):
        run = recorded("early")
        assert [(call.kind, call.start) for call in run.evidence.calls] == [
            ("deadline_callback", near(1.5 * HOUR)),
            ("deadline_callback", near(2 * HOUR)),
            ("dag_failure_callback", near(3 * HOUR)),
        ]
        assert printed(run) == [
            "to #sales-data: early may be late",
            "to @oncall: early is late",
            "to @oncall: stopped, timed_out",
        ]

    def test_after_a_hundred_minutes_only_the_first_is_told(self, play):
        run = play("early.py", {"load": takes("100min")})
        assert printed(run) == ["to #sales-data: early may be late"]
        assert [one.pruned is not None for one in run.evidence.deadlines] == [False, True]

    def test_after_a_failure_both_come_all_the_same(self, play):
        run = play("early.py", {"load": raises(OSError, "disk full")})
        assert [call.kind for call in run.evidence.calls] == [
            "dag_failure_callback",
            "deadline_callback",
            "deadline_callback",
        ]


class TestWhatItDoesNotDo:
    def test_a_run_that_failed_is_late_afterwards(self, recorded):
        run = recorded("after-failure")
        assert run.evidence.state == "failed"
        assert printed(run) == [
            f"told at once: {run.evidence.run_id} failed, task_failure",
            "late, and failed",
        ]
        assert [call.start for call in run.evidence.calls] == [near(0), near(2 * HOUR), near(2 * HOUR)]

    def test_late_and_running_both_speak(self, play):
        run = play("after_failure.py", {"load": takes("3h")})
        assert printed(run) == ["late, and running"] * 2


class TestWhoWatchesTheWatcher:
    def test_the_alert_is_lost_and_the_run_is_green(self, recorded):
        run = recorded("broken")
        assert run.evidence.state == "success"
        [deadline] = run.evidence.deadlines
        assert deadline.missed == near(2 * HOUR)
        assert deadline.state == "failed"
        [call] = run.evidence.calls
        assert call.returned is False
        assert call.error is not None
        assert call.error.type.endswith("KeyError")

    def test_only_what_the_triggerer_runs_is_counted(self):
        """models/callback.py:263 counts, and jobs/scheduler_job_runner.py:1366-1386 does not."""
        from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
        from airflow.models.callback import TriggererCallback

        assert "stats.incr" in inspect.getsource(TriggererCallback.handle_event)
        told = inspect.getsource(SchedulerJobRunner.process_executor_events)
        on_the_executor = told[
            told.index("Handle callback state events") : told.index("Check state of finished")
        ]
        assert "callback.output" in on_the_executor
        assert "stats" not in on_the_executor

    def test_what_airflow_keeps_of_each(self, recorded):
        [raised] = recorded("broken").evidence.deadlines
        assert raised.output == "Execution failed"
        [unfound] = [one for one in recorded("async-here").evidence.deadlines if one.state == "failed"]
        assert "ModuleNotFoundError" in unfound.output

    def test_the_last_task_signals(self, recorded):
        [post] = recorded("alive").evidence.posts
        assert post.task_id == "signal"
        assert post.authorized
        assert post.body["key"] == "morning-report"

    def test_a_run_that_is_late_or_failed_does_not_signal(self, play):
        run = play("alive.py", {"report": raises(OSError, "disk full")})
        assert run.evidence.posts == []


class TestMovingFromSla:
    def test_the_message_names_the_run_and_when_it_was_due(self, recorded):
        run = recorded("moved")
        [message] = run.evidence.slack
        due = datetime.fromisoformat(run.evidence.epoch) + timedelta(hours=2)
        assert run.evidence.run_id is not None
        assert run.evidence.run_id in message.text
        assert f"moved is late: due at {due:%H:%M} UTC, still running." in message.text
        assert "@sales" in message.text
        assert message.at == near(2 * HOUR)
        assert run.evidence.state == "success"

    @pytest.mark.parametrize(
        ("code", "found"),
        [
            ('DAG("x", schedule=None, sla_miss_callback=print)', True),
            ('BashOperator(task_id="x", bash_command="x", sla=HOUR)', True),
            ("task(sla=HOUR)(print)", False),
            ('DAG("x", schedule=None, default_args={"sla": HOUR})', False),
        ],
    )
    def test_what_ruff_finds(self, tmp_path, code: str, found: bool):
        file = tmp_path / "old.py"
        file.write_text(
            "from datetime import timedelta\n"
            "from airflow.providers.standard.operators.bash import BashOperator\n"
            f"from airflow.sdk import DAG, task\nHOUR = timedelta(hours=1)\n{code}\n"
        )
        ruff = Path(sys.executable).with_name("ruff")
        done = subprocess.run(
            [ruff, "check", "--isolated", "--no-cache", "--select", "AIR311", file],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == found, done.stdout + done.stderr
        assert ("It still works in Airflow 3.0" in done.stdout) is found


class TestWhatOnlyTheSourceSays:
    """What a run of ours cannot show; an upgrade of Airflow that changes it is noticed here."""

    def test_the_scheduler_goes_round_about_once_a_second(self):
        from airflow.configuration import conf

        assert conf.getfloat("scheduler", "scheduler_idle_sleep_time") == 1

    def test_a_callback_on_the_executor_waits_for_a_free_slot(self):
        """jobs/scheduler_job_runner.py:1207-1212."""
        from airflow.jobs.scheduler_job_runner import SchedulerJobRunner

        source = inspect.getsource(SchedulerJobRunner._enqueue_executor_callbacks)
        assert "self._parallelism - num_occupied_slots" in source
        assert re.search(r"if max_callbacks <= 0:.*?return\n", source, re.S)

    def test_cleared_runs_get_back_no_deadline_that_was_deleted(self):
        """models/deadline.py:203 deletes; models/taskinstance.py:206-245 moves those that are there, and makes none."""
        from airflow.models import taskinstance
        from airflow.models.deadline import Deadline

        assert "session.delete(deadline)" in inspect.getsource(Deadline.prune_deadlines)
        again = inspect.getsource(taskinstance.clear_task_instances)
        assert "_recalculate_dagrun_queued_at_deadlines" in again
        assert "Deadline(" not in again + inspect.getsource(
            taskinstance._recalculate_dagrun_queued_at_deadlines
        )

    def test_health_tells_of_the_scheduler_and_of_the_triggerer(self):
        from airflow.api_fastapi.core_api.datamodels.monitor import HealthInfoResponse

        assert {"scheduler", "triggerer"} <= set(HealthInfoResponse.model_fields)


LIMITS = """
from datetime import timedelta

from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task


def late(context): ...


def task_failed(context): ...


def run_failed(context): ...


with DAG(
    "limits",
    schedule=None,
    dagrun_timeout=timedelta(hours=3),
    on_failure_callback=run_failed,
    deadline=DeadlineAlert(
        DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=2), SyncCallback(late)
    ),
):

    @task(
        execution_timeout=timedelta(hours=1),
        retries=2,
        retry_delay=timedelta(minutes=10),
        on_failure_callback=task_failed,
    )
    def load(): ...

    load()
"""


class TestTheQuestions:
    def test_1_each_limit_at_its_moment(self, play, tmp_path):
        file = tmp_path / "limits.py"
        file.write_text(LIMITS)
        run = play(file, {"load": hangs()})
        assert [(call.name, call.start) for call in run.evidence.calls] == [
            ("late", near(2 * HOUR)),
            ("run_failed", near(3 * HOUR)),
        ]
        began = [one.started for one in run.evidence.executions if one.task_id == "load"]
        assert began == [near(0), near(70 * 60), near(140 * 60)]
        assert run.evidence.calls[-1].reason == "timed_out"
        assert states(run) == {"load": "skipped"}

    def test_2_without_a_date_nobody_is_told(self, play, lesson, tmp_path):
        text = (lesson.code / "late.py").read_text()
        file = changed(text, tmp_path, "DAGRUN_QUEUED_AT", "DAGRUN_LOGICAL_DATE")
        run = play(file, {"load": takes("48h")}, logical_date=None)
        assert run.evidence.deadlines == []
        assert calls(run) == []


class TestTheLab:
    """Its cells are the files of ``code/``, but for what the learner is asked to fill in."""

    def test_every_cell_is_played_and_every_file_is_in_it(self, lesson):
        cells = {without_magic(cell) for cell in lab(lesson) if cell.startswith(("%%dag", "%%writefile"))}
        files = {path.name: plain(path.read_text()) for path in lesson.code.glob("*.py")}
        blank = files["alerts.py"].replace("{run['dag_run_id']}", "{...}")
        assert blank != files["alerts.py"]
        assert cells - {blank} <= set(files.values())
        assert blank in cells
        assert {name for name, text in files.items() if text not in cells} == {"alive.py", "notifier.py"}

    def test_part_2_two_hours_exactly_are_too_long(self, play):
        run = play("late.py", {"load": takes("2h")})
        assert calls(run) == [("deadline_callback", "tell", "executor")]

    def test_part_3_the_report_comes_and_somebody_is_told(self, play, lesson, tmp_path):
        text = (lesson.code / "run_limit.py").read_text()
        text = text.replace(
            "import DAG, task", "import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task"
        )
        text = text.replace("def task_failed", "def late(context): ...\n\n\ndef task_failed")
        alert = "DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=2), SyncCallback(late))"
        old, new = "dagrun_timeout=timedelta(hours=2)", f"dagrun_timeout=timedelta(hours=4), deadline={alert}"
        run = play(changed(text, tmp_path, old, new), {"load": takes("122min")})
        assert states(run) == {"load": "success", "report": "success"}
        assert calls(run) == [("deadline_callback", "late", "executor")]

    def test_part_4_with_a_date_and_two_earlier_runs(self, play):
        run = play("references.py", {"load": takes("3h")}, history=[2400.0, 3000.0])
        assert {one.name for one in run.evidence.deadlines} == {"queued", "dated", "fixed"}

    def test_its_runs_are_those_of_the_page(self, lesson):
        """Under the same faults, so that the page is the answer."""
        shown = {shown.command.replace("\\\n", " ") for shown in lesson.runs}
        pages = {tuple(re.sub(r"['\"]", "", command).split()[3:]) for command in shown}
        for cell in lab(lesson):
            if cell.startswith("%%dag --run"):
                options = tuple(re.sub(r"['\"]", "", cell.partition("\n")[0]).split()[2:])
                assert options in pages, cell
