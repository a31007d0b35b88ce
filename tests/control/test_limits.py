"""What a run may use, and what becomes of one that uses more: it is stopped, and the report says by what."""

from __future__ import annotations

import textwrap

import pytest

from autograder.disagreements import disagreements
from autograder.evidence import Evidence, Problem
from autograder.faults import raises
from autograder.limits import Limits
from autograder.scenario import Scenario
from tests.control.conftest import Run
from tests.control.dags import ONE_TASK

SMALL = Limits(
    wall=30, cpu=1, memory="128MB", processes=20, disk="4MB", files=200, log="1MB", frames=100, mails=2
)

SMTP = """
    import smtplib
    from airflow.sdk import BaseHook
    there = BaseHook.get_connection("smtp_default")
    while True:
        with smtplib.SMTP(there.host, there.port) as server:
            server.login(there.login, there.password)
            server.sendmail("me@example.com", ["you@example.com"], "Subject: again\\n\\n")
"""

HOGS = {
    "cpu": ("while True: pass", "computed for more than 1 seconds"),
    "memory": (
        "taken = [bytearray(4 << 20) for _ in range(100)]\nwhile True: pass",
        "took more than 128 MB of memory",
    ),
    "processes": (
        "import threading\nfor _ in range(40): threading.Thread(target=threading.Event().wait).start()\n"
        "while True: pass",
        "had more than 20 processes and threads",
    ),
    "disk": (
        "n = 0\nwhile True:\n    n += 1\n    try:\n        open(f'{n % 50}', 'wb').write(bytes(1 << 20))\n"
        "    except OSError:\n        pass",
        "wrote more than 4 MB of files",
    ),
    "files": (
        "n = 0\nwhile True:\n    n += 1\n    try:\n        open(f'{n}', 'wb').close()\n"
        "    except OSError:\n        pass",
        "made more than 200 files and folders",
    ),
    "log": ("while True: os.write(1, b'x' * 65535 + b'\\n')", "wrote more than 1 MB of log"),
    "frames": (
        "from airflow.sdk import Variable\nwhile True: Variable.get('x', default=None)",
        "sent more than 100 requests to Airflow",
    ),
    "mails": (SMTP, "sent more than 2 mails"),
}


def hog(limit: str) -> str:
    work = textwrap.indent(textwrap.dedent(HOGS[limit][0]), " " * 8)
    return f"""\
import os
from airflow.sdk import DAG, task
with DAG("one"):
    @task
    def before():
        print("seen until then")
    @task(on_failure_callback=lambda context: print("never"))
    def work():
{work}
    before() >> work()
"""


def problem_of(evidence: Evidence) -> Problem:
    assert evidence.problem is not None
    return evidence.problem


@pytest.mark.parametrize("limit", HOGS)
def test_a_run_that_goes_over_a_limit_is_stopped_and_says_which_and_whose_doing_it_is(
    run: Run, limit: str
) -> None:
    evidence = run(hog(limit), Scenario({}, others="run"), limits=SMALL, connections={"smtp_default": "smtp"})
    said, problem = HOGS[limit][1], problem_of(evidence)
    assert evidence.outcome == ("timeout" if limit == "cpu" else "error")
    assert problem.title == f"`work` (try 1) {said} and was stopped."
    assert problem.detail.startswith(f"The limit `{limit}` is ")
    assert (problem.file, problem.line) == ("dag.py", 8)
    assert problem.advice
    *_, before, work = evidence.executions
    assert (before.terminal, work.terminal, work.exit_code) == ("success", None, -9)
    events = [event.event for event in evidence.logs]
    assert "seen until then" in events
    assert "never" not in events
    assert len(evidence.mails) == (2 if limit == "mails" else 0)


def stopped_in_a_callback(run: Run, body: str, said: str) -> Evidence:
    """The evidence of a run that the callback `alert` brings to its end, which is said of it, with its line."""
    source = f"""
        from airflow.sdk import DAG, task
        def alert(context):
            {body}
        with DAG("one"):
            @task(on_failure_callback=alert)
            def work(): ...
            work()
    """
    evidence = run(source, Scenario("work", raises(OSError)), limits=SMALL)
    problem = problem_of(evidence)
    assert problem.title == f"`alert`, `on_failure_callback` of `work` (try 1), {said} and was stopped."
    assert (problem.file, problem.line) == ("dag.py", 3)
    return evidence


def test_a_callback_that_goes_over_a_limit_is_named_with_its_line(run: Run) -> None:
    takes = "taken = [bytearray(4 << 20) for _ in range(100)]; any(iter(int, 1))"  # for ever
    evidence = stopped_in_a_callback(run, takes, "took more than 128 MB of memory")
    (call,) = evidence.calls
    assert (call.name, call.returned) == ("alert", None)
    assert run(ONE_TASK, Scenario("work", raises(OSError))).state == "failed", "and the next run is as ever"


def test_what_a_callback_has_left_going_is_said_to_be_after_it(run: Run) -> None:
    source = """
        import os
        from airflow.sdk import DAG, task
        def never(code):
            while True: pass
        def alert(context):
            os._exit = never
        with DAG("one"):
            @task(on_failure_callback=alert)
            def work(): ...
            work()
    """
    problem = problem_of(run(source, Scenario("work", raises(OSError)), limits=SMALL))
    said = "`work` (try 1), after `alert` had come back, computed for more than 1 seconds and was stopped."
    assert (problem.title, problem.line) == (said, 6)


def test_a_callback_that_logs_too_much_is_named_although_that_has_ended_it(run: Run) -> None:
    logs = 'while True: print("again" * 1000)'
    evidence = stopped_in_a_callback(run, logs, "wrote more than 1 MB of log")
    *_, work = evidence.executions
    assert work.violations == ["more than 1 MB of log"]
    assert disagreements(evidence) == []


def test_a_file_that_goes_over_a_limit_when_it_is_imported_never_ran(run: Run) -> None:
    source = """
        from airflow.sdk import DAG
        taken = [bytearray(4 << 20) for _ in range(100)]
        while True: pass
    """
    evidence = run(source, Scenario("work", None), limits=SMALL)
    assert evidence.outcome == "error"
    problem = problem_of(evidence)
    assert problem.title == "Importing dag.py took more than 128 MB of memory and was stopped."
    assert [life.component for life in evidence.executions] == ["DAG processor"]


def test_processes_of_a_task_count_with_it(run: Run) -> None:
    source = """
        import os
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def work():
                for _ in range(3):
                    if os.fork() == 0:
                        taken = bytearray(60 << 20)
                        while True: pass
                while True: pass
            work()
    """
    evidence = run(source, Scenario("work", None), limits=Limits(wall=20, memory="128MB"))
    assert evidence.outcome == "error"
    assert "took more than 128 MB of memory" in problem_of(evidence).title


def test_what_is_shared_with_the_warm_parent_is_not_taken(run: Run) -> None:
    source = """
        import time
        from airflow.sdk import DAG, task
        with DAG("one"):
            for number in range(6):
                @task(task_id=f"work{number}")
                def work():
                    time.sleep(60)
                    taken = bytearray(12 << 20)
                    time.sleep(60)
                work()
    """
    evidence = run(source, Scenario({}, others="run"), limits=Limits(memory="256MB"))
    assert (evidence.outcome, evidence.state) == ("ran", "success"), evidence.problem


def test_very_many_that_only_wait_are_not_too_much(run: Run) -> None:
    source = """
        import time
        from airflow.sdk import DAG, task
        with DAG("many", max_active_tasks=40):
            @task
            def waits(number):
                time.sleep(600)
            waits.expand(number=list(range(32)))
    """
    evidence = run(source, Scenario({}, others="run"))
    assert (evidence.outcome, evidence.state) == ("ran", "success")
