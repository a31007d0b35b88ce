"""Real runs: what Airflow does with each fault, which callbacks run where, and what control notes of it."""

from __future__ import annotations

import pytest

from autograder.evidence import CallbackCall, Evidence, comparable
from autograder.faults import (
    dies_by,
    exits,
    hangs,
    loses_worker,
    raises,
    skips,
    succeeds,
    takes,
)
from autograder.scenario import Scenario
from tests.control.conftest import Run
from tests.control.dags import ONE_TASK


def calls(evidence: Evidence) -> list[tuple[str, str, int | None, str]]:
    return [
        (c.kind.removeprefix("on_").removesuffix("_callback"), c.name, c.try_number, c.component)
        for c in evidence.calls
    ]


def attempts(evidence: Evidence) -> list[tuple[int | None, str | None, int | None]]:
    return [(e.try_number, e.terminal, e.exit_code) for e in evidence.executions if e.component == "worker"]


def states(evidence: Evidence) -> list[str | None]:
    return [t.state for t in evidence.transitions]


WORKER, PROCESSOR = "worker", "DAG processor"
AT_THE_END = [
    ("failure", "first", 2, WORKER),
    ("failure", "breaks", 2, WORKER),
    ("failure", "last", 2, WORKER),
]


def test_raises_at_every_try(run: Run) -> None:
    evidence = run(ONE_TASK, Scenario("work", raises(OSError, "disk {secret}")))
    assert (evidence.outcome, evidence.state) == ("ran", "failed")
    assert attempts(evidence) == [(1, "up_for_retry", 0), (2, "failed", 0)]
    assert calls(evidence) == [
        ("execute", "execute", 1, WORKER),
        ("retry", "retry", 1, WORKER),
        ("execute", "execute", 2, WORKER),
        *AT_THE_END,
    ]
    broken = next(call for call in evidence.calls if call.name == "breaks")
    assert broken.returned is False
    assert broken.error is not None
    assert (broken.error.type, broken.error.message, broken.error.file) == (
        "ValueError",
        "the callback broke",
        "dag.py",
    )
    assert broken.error.line is not None
    assert evidence.secrets.keys() == {"work#1", "work#2"}
    logged = [
        e.fields["error_detail"][0]["exc_value"]
        for e in evidence.logs
        if e.event == "Task failed with exception"
    ]
    assert logged == [f"disk {evidence.secrets['work#1']}", f"disk {evidence.secrets['work#2']}"]
    assert evidence.ended is not None
    assert 300 < evidence.ended < 301
    assert sum(evidence.timings.values()) < 30_000


def test_a_callback_call_has_its_own_log_lines_in_both_channels(run: Run) -> None:
    source = """
        import logging
        from airflow.sdk import DAG, task
        def tells(context):
            print("printed")
            logging.getLogger("mine").warning("logged")
        with DAG("one"):
            @task(on_failure_callback=tells)
            def work():
                print("from the work")
            work()
    """
    evidence = run(source, Scenario("work", raises(OSError, "x", after_work=True)))
    (call,) = evidence.calls
    assert call.name == "tells"
    assert (call.file, call.line is not None) == ("dag.py", True)
    own = [(e.channel, e.event, e.phase) for e in evidence.logs if e.id in call.logs]
    assert sorted(own) == [("log", "logged", "after"), ("stdout", "printed", "after")]
    (worked,) = (e for e in evidence.logs if e.event == "from the work")
    assert (worked.phase, worked.call) == ("before", None)


def test_a_sequence_is_one_fault_a_try_and_then_the_own_work(run: Run) -> None:
    evidence = run(ONE_TASK, Scenario("work", [raises(TimeoutError)]))
    assert attempts(evidence) == [(1, "up_for_retry", 0), (2, "success", 0)]
    assert [c[0] for c in calls(evidence)] == ["execute", "retry", "execute", "success"]
    only_second = run(ONE_TASK, Scenario("work", [None, raises(OSError)]))
    assert attempts(only_second) == [(1, "success", 0)]


def test_retries_of_the_scenario_replace_the_dags(run: Run) -> None:
    evidence = run(ONE_TASK, Scenario("work", raises(OSError), retries=3))
    assert len(attempts(evidence)) == 4
    assert [c.kind for c in evidence.calls].count("on_retry_callback") == 3
    (task,) = evidence.tasks
    assert (task.retries, task.tries, task.state) == (3, 4, "failed")


def test_succeeds_and_returns(run: Run) -> None:
    source = """
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def first(): return "own"
            @task
            def second(given): print("got", given)
            second(first())
    """
    evidence = run(source, Scenario({"first": succeeds({"rows": [1, 2]}), "second": None}))
    assert evidence.state == "success"
    assert "got {'rows': [1, 2]}" in [e.event for e in evidence.logs]


def test_skips(run: Run) -> None:
    evidence = run(ONE_TASK, Scenario("work", skips("nothing to do")))
    assert attempts(evidence) == [(1, "skipped", 0)]
    assert [c[0] for c in calls(evidence)] == ["execute", "skipped"]


def test_takes_its_virtual_time(run: Run) -> None:
    evidence = run(ONE_TASK, Scenario("work", takes("2h")))
    (attempt,) = (e for e in evidence.executions if e.component == "worker")
    assert attempt.ended is not None
    assert 7200 < attempt.ended - attempt.started < 7201
    assert attempt.real_ms < 20_000
    assert states(evidence)[-2:] == ["running", "success"]


def test_a_fault_after_the_work(run: Run) -> None:
    source = """
        import tempfile
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def work():
                with tempfile.NamedTemporaryFile(delete=False, suffix=".mine") as f:
                    f.write(b"data")
            work()
    """
    after = run(source, Scenario("work", raises(OSError, after_work=True)))
    (left,) = (f for f in after.files if not f.foreign)
    assert left.path.startswith("tmp/")
    assert (left.task_id, left.try_number, left.phase, left.left, left.size) == ("work", 1, "before", True, 4)
    instead = run(source, Scenario("work", raises(OSError)))
    assert [f for f in instead.files if not f.foreign] == []
    assert all(f.left for f in instead.files if f.foreign)


def test_foreign_files_that_are_touched_are_noticed(run: Run) -> None:
    source = """
        import glob, os, tempfile
        from airflow.sdk import DAG, task
        def sweep(context):
            for path in glob.glob(os.path.join(tempfile.gettempdir(), "*.csv")):
                os.unlink(path)
        with DAG("one"):
            @task(on_failure_callback=sweep)
            def work(): ...
            work()
    """
    evidence = run(source, Scenario("work", raises(OSError)))
    gone = [f.path for f in evidence.files if f.foreign and not f.left]
    assert gone == ["tmp/tmpk3ep1t.csv"]


def test_sigkill_with_a_retry_left_runs_the_retry_callback_in_the_dag_processor_and_then_none(
    run: Run,
) -> None:
    evidence = run(ONE_TASK, Scenario("work", dies_by("SIGKILL")))
    assert attempts(evidence) == [(1, None, -9), (2, None, -9)]
    assert [c for c in calls(evidence) if c[0] != "execute"] == [("retry", "retry", 1, PROCESSOR)]
    assert "note retry 1 False" in [e.event for e in evidence.logs]
    assert evidence.state == "failed"


def test_sigterm_is_answered_by_on_kill_and_the_work_goes_on(run: Run) -> None:
    evidence = run(ONE_TASK, Scenario("work", dies_by("SIGTERM")))
    assert attempts(evidence) == [(1, "success", 0)]


def test_a_lost_worker_runs_failure_callbacks_in_the_dag_processor_without_exception(run: Run) -> None:
    evidence = run(ONE_TASK, Scenario("work", loses_worker(), retries=0))
    assert [c for c in calls(evidence) if c[0] != "execute"] == [
        ("failure", "first", 1, PROCESSOR),
        ("failure", "breaks", 1, PROCESSOR),
        ("failure", "last", 1, PROCESSOR),
    ]
    assert "note last 1 False" in [e.event for e in evidence.logs]


def test_exits_and_an_exit_code_of_zero_is_never_a_success(run: Run) -> None:
    three = run(ONE_TASK, Scenario("work", exits(3), retries=0))
    assert (attempts(three), three.state) == ([(1, None, 3)], "failed")
    zero = run(ONE_TASK, Scenario("work", exits(0), retries=0))
    assert (attempts(zero), zero.state) == ([(1, None, 0)], "failed")


def test_a_hang_is_ended_by_the_execution_timeout(run: Run) -> None:
    source = """
        from datetime import timedelta
        from airflow.sdk import BaseOperator, DAG
        class Slow(BaseOperator):
            def execute(self, context): ...
            def on_kill(self): print("killed softly")
        with DAG("one"):
            Slow(task_id="work", execution_timeout=timedelta(minutes=30))
    """
    evidence = run(source, Scenario("work", hangs()))
    assert attempts(evidence) == [(1, "failed", 0)]
    assert "killed softly" in [e.event for e in evidence.logs]
    assert evidence.ended is not None
    assert 1800 <= evidence.ended < 1801


def test_a_hang_without_any_timeout_is_a_timeout_of_the_scenario(run: Run) -> None:
    evidence = run(ONE_TASK, Scenario("work", hangs()))
    assert evidence.outcome == "timeout"
    assert evidence.problem is not None
    assert "14 (virtual) days" in evidence.problem.title
    assert "`work`" in evidence.problem.title
    assert "execution_timeout" in evidence.problem.advice


def test_others_count_as_succeeded_unless_they_run(run: Run) -> None:
    source = """
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def before(): print("before ran")
            @task
            def work(): print("work ran")
            before() >> work()
    """
    counted = run(source, Scenario("work", None))
    assert {t.task_id: (t.state, t.counted) for t in counted.tasks} == {
        "before": ("success", True),
        "work": ("success", False),
    }
    assert "before ran" not in [e.event for e in counted.logs]
    ran = run(source, Scenario("work", None, others="run"))
    assert "before ran" in [e.event for e in ran.logs]


def test_a_run_without_a_logical_date_with_conf_and_variables(run: Run) -> None:
    source = """
        from airflow.sdk import DAG, task, Variable
        with DAG("one"):
            @task
            def work(**context):
                print("logical_date" in context, context["dag_run"].conf, Variable.get("owner"))
            work()
    """
    scenario = Scenario("work", None, logical_date=None, conf={"day": 3}, variables={"owner": "ops"})
    assert "False {'day': 3} ops" in [e.event for e in run(source, scenario).logs]


def test_dag_callbacks_run_in_the_dag_processor(run: Run) -> None:
    source = """
        from airflow.sdk import DAG, task
        def done(context): print("reason", context["reason"])
        with DAG("one", on_failure_callback=done, on_success_callback=[done]):
            @task
            def work(): ...
            work()
    """
    for fault, kind, reason in (
        (raises(OSError), "failure", "task_failure"),
        (succeeds(), "success", "success"),
    ):
        evidence = run(source, Scenario("work", fault))
        assert [(c.kind, c.component, c.task_id) for c in evidence.calls] == [
            (f"dag_{kind}_callback", PROCESSOR, None)
        ]
        assert f"reason {reason}" in [e.event for e in evidence.logs]


def test_mapping_groups_branches_rules_and_sensors(run: Run) -> None:
    source = """
        import time
        from datetime import datetime
        from airflow.sdk import DAG, task, task_group
        with DAG("one"):
            @task
            def numbers(): return [1, 2, 3]
            @task(on_success_callback=lambda context: print("mapped", context["ti"].map_index))
            def double(x):
                time.sleep(x * 10)
                return 2 * x
            @task(trigger_rule="all_done")
            def total(xs): print("total", sum(xs))
            @task.branch
            def choose(): return "group.left"
            @task_group
            def group():
                @task
                def left(): ...
                @task
                def right(): ...
                choose() >> [left(), right()]
            @task.sensor(poke_interval=600, timeout=7200, mode="reschedule")
            def late(): return datetime.now().hour >= 7
            @task.sensor(poke_interval=600, timeout=1800, soft_fail=True)
            def never(): return False
            total(double.expand(x=numbers()))
            group()
            late()
            never()
    """
    evidence = run(source, Scenario("numbers", None, others="run"))
    assert evidence.state == "success"
    assert {"total 12", "mapped 0", "mapped 1", "mapped 2"} <= {e.event for e in evidence.logs}
    final = {(t.task_id, t.map_index): t.state for t in evidence.tasks}
    assert final["group.left", -1] == "success"
    assert final["group.right", -1] == "skipped"
    assert final["late", -1] == "success"
    assert final["never", -1] == "skipped"
    mapped = [e for e in evidence.executions if e.task_id == "double"]
    assert [e.map_index for e in mapped] == [0, 1, 2]
    assert max(e.ended or 0 for e in mapped) < 31, "three naps of 10, 20 and 30 seconds side by side"
    pokes = [e for e in evidence.executions if e.task_id == "late"]
    assert [e.terminal for e in pokes] == ["up_for_reschedule"] * 6 + ["success"]
    assert 3600 < (pokes[-1].ended or 0) < 3602


def test_state_store_and_xcom_across_tries(run: Run) -> None:
    source = """
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task(retries=1, retry_delay=60)
            def work(**context):
                store = context["task_state_store"]
                seen = store.get("page", default=0)
                print("seen", seen, context["ti"].xcom_pull(task_ids="work", key="page"))
                store.set("page", 7)
                context["ti"].xcom_push("page", 7)
                if not seen:
                    raise RuntimeError("half way")
            work()
    """
    evidence = run(source, Scenario("work", None))
    assert [e.event for e in evidence.logs if e.event.startswith("seen")] == ["seen 0 None", "seen 7 None"]


def test_a_run_timeout_skips_the_task_and_stops_its_process(run: Run) -> None:
    source = """
        from datetime import timedelta
        import time
        from airflow.sdk import BaseOperator, DAG
        class Long(BaseOperator):
            def execute(self, context):
                time.sleep(3 * 3600)
                print("should not be reached")
            def on_kill(self): print("asked to stop")
        with DAG("one", dagrun_timeout=timedelta(hours=2), on_failure_callback=lambda c: print("why", c["reason"])):
            Long(task_id="work")
    """
    evidence = run(source, Scenario("work", None))
    (task,) = evidence.tasks
    assert (evidence.state, task.state) == ("failed", "skipped")
    events = [e.event for e in evidence.logs]
    assert "asked to stop" in events
    assert "why timed_out" in events
    assert "should not be reached" not in events
    assert attempts(evidence) == [(1, None, -9)]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (
            """
            import sys
            from airflow.sdk import DAG, task
            with DAG("one"):
                @task.external_python(python=sys.executable, expect_airflow=True)
                def work(): ...
                work()
            """,
            "tasks that run in another Python",
        ),
    ],
)
def test_what_is_not_supported_yet_says_so_by_name(run: Run, source: str, name: str) -> None:
    evidence = run(source, Scenario("work", None))
    assert evidence.outcome == "unsupported"
    assert evidence.problem is not None
    assert name in evidence.problem.title


def test_a_callback_has_twenty_seconds(run: Run) -> None:
    source = """
        import time
        from airflow.sdk import DAG, task
        def slow(context):
            time.sleep(40)
        def after(context): ...
        with DAG("one"):
            @task(on_failure_callback=[slow, after])
            def work(): ...
            work()
    """
    evidence = run(source, Scenario("work", raises(OSError)))
    call: CallbackCall
    (call,) = evidence.calls
    assert (call.name, call.end, call.returned) == ("slow", None, None)
    (attempt,) = (e for e in evidence.executions if e.component == "worker")
    assert (attempt.terminal, attempt.exit_code) == ("failed", -9)
    assert attempt.ended is not None
    assert 25 <= attempt.ended - attempt.started < 26


def test_a_callback_in_the_dag_processor_has_fifty_seconds(run: Run) -> None:
    source = """
        import time
        from airflow.sdk import DAG, task
        def slow(context):
            time.sleep(100)
            print("should not be reached")
        with DAG("one", on_failure_callback=slow):
            @task
            def work(): ...
            work()
    """
    evidence = run(source, Scenario("work", raises(OSError)))
    (call,) = evidence.calls
    assert (call.end, call.returned) == (None, None)
    attempt = evidence.executions[-1]
    assert (attempt.component, attempt.exit_code) == (PROCESSOR, -9)
    assert attempt.ended is not None
    assert 50 <= attempt.ended - attempt.started < 51


def test_the_same_seed_gives_the_same_record(run: Run) -> None:
    scenario = Scenario("work", [raises(OSError, "{secret}"), takes("5m")])
    first, again = (run(ONE_TASK, scenario) for _ in range(2))
    assert comparable(first) == comparable(again)
    other = run(ONE_TASK, scenario, seed=20261120000002)
    assert other.secrets != first.secrets
    assert other.run_id != first.run_id


def test_random_numbers_and_the_names_of_temporary_files_are_the_same_again(run: Run) -> None:
    source = """
        import random, tempfile
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task(retries=1, retry_delay=0)
            def work(ti=None):
                print(random.random(), random.choices("abc", k=9))
                with tempfile.NamedTemporaryFile(delete=False) as file:
                    file.write(b"left")
                assert ti.try_number == 2
            work()
    """
    first, again = (run(source, Scenario("work", None)) for _ in range(2))
    assert comparable(first) == comparable(again)
    assert len({e.event for e in first.logs if e.channel == "stdout"}) == 2, "each try has its own"
    assert len({file.path for file in first.files if not file.foreign}) == 2
