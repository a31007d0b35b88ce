"""What a child may write, send, leave or refuse to do without any harm to control, or to its own grade."""

from __future__ import annotations

import pytest

from autograder.evidence import CallbackCall, Evidence
from autograder.faults import raises
from autograder.scenario import Scenario
from tests.control.conftest import Run
from tests.control.dags import ONE_TASK

FAILS = Scenario("work", raises(OSError, "x"))
OWN = Scenario("work", None)

FRAME = """
import os, signal, sys, time
import msgspec
from airflow.sdk import DAG, task

def frame(**body):
    data = msgspec.msgpack.encode([99, body, None])
    os.write(0, len(data).to_bytes(4, "big") + data)
"""


def logs_of(evidence: Evidence, call: CallbackCall) -> list[str]:
    return [event.event for event in evidence.logs if event.id in call.logs]


def test_whatever_is_written_as_a_log_or_a_name_can_be_stored(run: Run) -> None:
    source = r"""
        import os
        from airflow.sdk import DAG, task

        def writes(line):
            def call(context):
                os.write(3, line + b"\n")
            return call

        def raises(context):
            raise ValueError("a name \udcff that is no text")

        def makes(context):
            open(os.fsencode(os.environ["TMPDIR"]) + b"/\xff", "w").close()
            os.chdir(os.environ["TMPDIR"])
            for _ in range(1500):
                os.mkdir("deeper")
                os.chdir("deeper")

        with DAG("one"):
            @task(on_failure_callback=[
                writes(b"[" * 60000),
                writes(b'{"a":' * 400 + b"1" + b"}" * 400),
                writes(b'{"event": "\\ud800", "\\udfff": 1}'),
                writes(b'{"event": "numbers", "level": 5, "a": ' + b"9" * 4000 + b', "b": NaN, "c": 1e999}'),
                writes(b"\xff\xfe"),
                makes,
                raises,  # the last one: Airflow itself cannot log this error, and its process ends
            ])
            def work(): ...
            work()
    """
    evidence = run(source, FAILS)
    assert (evidence.outcome, evidence.state) == ("ran", "failed")
    *written, _, broken = evidence.calls
    assert [len(call.logs) for call in written] == [1] * 5
    assert logs_of(evidence, written[2]) == ["?"]
    assert broken.error is not None
    assert broken.error.message == "a name ? that is no text"
    assert "tmp/\\xff" in [file.path for file in evidence.files]
    assert run(ONE_TASK, FAILS).state == "failed", "and the next run is as ever"


@pytest.mark.parametrize(
    "dag",
    [
        "{'data': {'dag': {'dag_id': 'one', 'tasks': 5}}}",
        "{'data': {'dag': []}}",
        "{'data': {'__version': 3, 'dag': {'dag_id': 'one', 'tasks': [{'task_id': 'work'}]}}}",
        "{'data': {'__version': 3, 'dag': {'dag_id': 7, 'tasks': [{'task_id': {}}]}}}",
    ],
)
def test_a_forged_result_of_parsing_is_an_error_of_the_file(run: Run, dag: str) -> None:
    evidence = run(f"{FRAME}\nframe(type='DagFileParsingResult', fileloc='x', serialized_dags=[{dag}])", OWN)
    assert evidence.outcome == "error"
    assert evidence.problem is not None
    assert evidence.problem.title.startswith("Airflow cannot store the DAG of dag.py: ")
    assert evidence.problem.full_traceback


def test_a_child_that_does_not_read_its_answers_does_not_hold_control_up(run: Run) -> None:
    source = (
        FRAME
        + """
with DAG("one"):
    @task
    def work():
        for number in range(3000):
            frame(type="GetVariable", key="k" * 500)
    work()
"""
    )
    evidence = run(source, OWN)
    (attempt,) = (e for e in evidence.executions if e.component == "worker")
    assert attempt.violations == ["does not read its answers"]
    assert attempt.real_ms < 12_000


def test_sleeping_for_ever_at_import_is_ended_by_airflows_limit(run: Run) -> None:
    evidence = run("from airflow.sdk import DAG\nimport signal, time\nsignal.alarm(0)\ntime.sleep(1e12)", OWN)
    assert evidence.outcome == "timeout"
    assert evidence.problem is not None
    assert evidence.problem.title == "Importing dag.py took longer than Airflow allows."
    assert evidence.ended is not None
    assert evidence.ended < 51


def test_a_sleep_that_no_calendar_has_is_a_run_that_does_not_end(run: Run) -> None:
    source = """
        import os, time
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def work():
                body = b'["sleep", ' + b"9" * 4000 + b"]"
                os.write(4, len(body).to_bytes(4, "big") + body)
                os.read(4, 1)
                time.sleep(1e11)
            work()
    """
    evidence = run(source, OWN)
    assert evidence.outcome == "timeout"
    assert evidence.problem is not None
    assert "14 (virtual) days" in evidence.problem.title
    (attempt,) = (e for e in evidence.executions if e.component == "worker")
    assert attempt.exit_code == -9


def test_a_date_that_is_the_last_of_all_is_a_run_that_does_not_end(run: Run) -> None:
    source = """
        from datetime import UTC, datetime
        from airflow.sdk import DAG, task
        from airflow.sdk.exceptions import AirflowRescheduleException
        with DAG("one"):
            @task
            def work():
                raise AirflowRescheduleException(datetime.max.replace(tzinfo=UTC))
            work()
    """
    evidence = run(source, OWN)
    assert evidence.outcome == "timeout"
    assert evidence.problem is not None
    assert "14 (virtual) days" in evidence.problem.title


def test_who_ignores_being_told_to_stop_is_killed_soon(run: Run) -> None:
    source = """
        import signal, time
        from airflow.sdk import DAG, task
        def deaf(context):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)
            print("survived")
        with DAG("one"):
            @task(on_failure_callback=deaf)
            def work(): ...
            work()
    """
    evidence = run(source, FAILS)
    (attempt,) = (e for e in evidence.executions if e.component == "worker")
    assert (attempt.terminal, attempt.exit_code) == ("failed", -9)
    assert attempt.real_ms < 10_000
    assert "survived" not in [event.event for event in evidence.logs]


def test_folders_that_a_callback_removes_are_there_for_the_next_try(run: Run) -> None:
    source = """
        import os, shutil, tempfile
        from airflow.sdk import DAG, task
        def sweep(context):
            shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)
            shutil.rmtree(os.getcwd())
        with DAG("one"):
            @task(retries=1, on_retry_callback=sweep)
            def work():
                print(tempfile.gettempdir() == os.environ["TMPDIR"], os.listdir())
            work()
    """
    evidence = run(source, Scenario("work", [raises(OSError)]))
    assert evidence.state == "success"
    assert "True []" in [event.event for event in evidence.logs]
    assert not any(file.left for file in evidence.files if file.foreign)
