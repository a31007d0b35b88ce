"""Files that cannot be run, children that break the rules: each ends with a sentence, none ends control."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from autograder.airflow33 import environ
from autograder.control import Pool
from autograder.control.live import IMPORT
from autograder.evidence import Problem
from autograder.faults import raises
from autograder.isolation import refusals
from autograder.jail import virtual
from autograder.limits import Limits
from autograder.scenario import Scenario
from tests.control.conftest import Run, run_in
from tests.control.dags import ONE_TASK

FAILS = Scenario("work", raises(OSError, "x"))
TIMEOUT = "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT"


def problem_of(run: Run, source: str | bytes, outcome: str = "error", **fields: object) -> Problem:
    evidence = run(source, FAILS, **fields)
    assert evidence.outcome == outcome
    assert evidence.problem is not None
    assert evidence.executions, "the child's life is recorded all the same"
    return evidence.problem


def test_an_import_that_raises_names_the_learners_line(run: Run) -> None:
    problem = problem_of(
        run,
        """
        from airflow.sdk import DAG
        def helper():
            return undefined_name
        with DAG("one"):
            helper()
        """,
    )
    assert problem.title == "Importing dag.py failed: NameError: name 'undefined_name' is not defined"
    assert (problem.file, problem.line) == ("dag.py", 4)
    assert 'File "dag.py", line 6' in problem.detail
    assert "site-packages" not in problem.detail
    assert "Traceback" in problem.full_traceback


def test_what_the_jail_refuses_at_the_import_is_explained(run: Run) -> None:
    source = (
        "from pathlib import Path\nfrom airflow.sdk import DAG\nPath(__file__).with_name('w.txt').touch()\n"
    )
    evidence = run(source, FAILS)
    problem = evidence.problem
    assert problem is not None
    assert evidence.isolation is not None
    if evidence.isolation.layer == "D":
        assert problem.title == "dag.py defines no DAG.", "nothing is refused there"
        return
    assert problem.title.endswith(": 'w.txt'"), "the learner's name for the file, not the jail's"
    assert (problem.file, problem.line) == ("dag.py", 3)
    assert "current folder and the one that `tempfile` names" in problem.advice


def test_what_the_jail_refuses_a_callback_is_explained(run: Run) -> None:
    evidence = run(
        """
        from pathlib import Path
        from airflow.sdk import DAG, task

        def note(context):
            Path(__file__).with_name("w.txt").write_text("")

        with DAG("one"):
            @task(on_failure_callback=note)
            def work(): ...
            work()
        """,
        FAILS,
    )
    [call] = evidence.calls
    assert evidence.isolation is not None
    if evidence.isolation.layer == "D":
        assert call.returned, "nothing is refused there"
        return
    assert call.error is not None
    assert call.error.message.endswith(": 'w.txt'"), "the learner's name for the file, not the jail's"
    [remark] = refusals(evidence)
    assert remark.startswith(f"`{call.error.said}`: ")


@pytest.mark.parametrize(
    ("callback", "task", "advice"),
    [
        ("AsyncCallback(SlackWebhookNotifier(text='late'))", "", "a notifier's class"),
        ("AsyncCallback(print)", "", "write `async def`, or use a `SyncCallback`"),
        ("SyncCallback(print)", "deadline=[]", "A task has no deadline, only a run"),
    ],
)
def test_what_airflow_says_of_a_deadline_in_words_that_help_nobody(
    run: Run, callback: str, task: str, advice: str
) -> None:
    problem = problem_of(
        run,
        f"""
        from datetime import timedelta
        from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier
        from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback, task
        late = DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=1), {callback})
        with DAG("one", deadline=late):
            @task({task})
            def work(): ...
            work()
        """,
    )
    assert advice in problem.advice


def test_an_exception_whose_text_has_several_lines(run: Run) -> None:
    problem = problem_of(
        run,
        """
        from airflow.providers.standard.operators.empty import EmptyOperator
        from airflow.sdk import DAG
        with DAG("one"):
            EmptyOperator(task_id="work", provide_context=True)
        """,
    )
    assert problem.title.startswith("Importing dag.py failed: TypeError: Invalid arguments were passed to")
    assert problem.title.endswith("provide_context': True}")
    assert (problem.file, problem.line) == ("dag.py", 5)


def test_a_syntax_error(run: Run) -> None:
    problem = problem_of(run, "from airflow.sdk import DAG\ndef broken(:\n")
    assert "SyntaxError" in problem.title
    assert (problem.file, problem.line) == ("dag.py", 2)


def test_no_dag(run: Run) -> None:
    problem = problem_of(run, "from airflow.sdk import dag\n@dag\ndef one(): ...\n")
    assert problem.title == "dag.py defines no DAG."
    assert "only if the function is called" in problem.advice


def test_two_dags(run: Run) -> None:
    problem = problem_of(run, "from airflow.sdk import DAG\na = DAG('a')\nb = DAG('b')\n", dag_id="a")
    assert problem.title == "dag.py defines 2 DAGs (`a`, `b`)."
    assert problem.advice == "One is wanted. Keep `a`."


def test_a_wrong_id(run: Run) -> None:
    problem = problem_of(run, ONE_TASK, dag_id="two")
    assert problem.title == "The DAG in dag.py is called `one`; the brief asks for `two`."


def test_a_cycle(run: Run) -> None:
    problem = problem_of(
        run,
        """
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.empty import EmptyOperator
        with DAG("one"):
            a, b = EmptyOperator(task_id="a"), EmptyOperator(task_id="b")
            a >> b >> a
        """,
    )
    assert problem.title.startswith("The DAG has a cycle: Cycle detected in Dag: one")


@pytest.mark.parametrize("dates", ["start_date=datetime(2090, 1, 1)", "end_date=datetime(2020, 1, 1)"])
def test_dates_that_leave_every_task_out(run: Run, dates: str) -> None:
    source = f"""
        from datetime import datetime
        from airflow.sdk import DAG, task
        with DAG("one", **dict(start_date=datetime(2019, 1, 1)) | dict({dates})):
            @task
            def work(): ...
            work()
    """
    problem = problem_of(run, source)
    assert problem.title == "The run of 20 November 2026 has none of the DAG's tasks."
    assert "`start_date` is later" in problem.advice


def test_a_dag_without_a_task(run: Run) -> None:
    source = """
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def work(): ...
    """
    problem = problem_of(run, source)
    assert problem.title == "The DAG `one` has no task."
    assert "only where it is called" in problem.advice


def test_a_pool_that_does_not_exist(run: Run) -> None:
    source = """
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task(pool="narrow")
            def work(): ...
            work()
    """
    problem = problem_of(run, source, "timeout")
    assert "`work` for the pool `narrow`" in problem.title


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import os; os._exit(3)", "ended with exit code 3"),
        ("import os; os._exit(0)", "ended with exit code 0"),
        ("import os; os.kill(os.getpid(), 9)", "SIGKILL"),
        ("import os; os.abort()", "SIGABRT"),
    ],
)
def test_an_import_that_ends_the_process(run: Run, code: str, how: str) -> None:
    assert how in problem_of(run, f"from airflow.sdk import DAG\n{code}").title


def test_an_import_that_hangs(run: Run) -> None:
    problem = problem_of(run, "from airflow.sdk import DAG\nimport time\ntime.sleep(1e6)", "timeout")
    assert problem.title == "Importing dag.py took longer than Airflow allows."
    assert problem.file == "dag.py"


def test_an_import_that_computes_for_ever(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It costs in real time what Airflow allows: here that is one second, in place of ten.
    for_jail = environ.for_jail
    assert float(for_jail(tmp_path)[TIMEOUT]) + virtual._PATIENCE < IMPORT, "or control would be first"
    monkeypatch.setattr(environ, "for_jail", lambda home: for_jail(home) | {TIMEOUT: "1"})
    with Pool(1, cache=cache) as pool:
        problem = problem_of(
            run_in(pool, tmp_path), "from airflow.sdk import DAG\nwhile True: pass", "timeout"
        )
    assert problem.title == "Importing dag.py took longer than Airflow allows."
    assert problem.file == "dag.py"


def test_a_crash_that_airflow_itself_never_gets_over(cache: Path, tmp_path: Path) -> None:
    # DagBag handles SIGSEGV in Python, so a child that has crashed crashes again for ever.
    source = "from airflow.sdk import DAG\nimport ctypes; ctypes.string_at(0)"
    program = [str(Path(__file__).with_name("hasty_program.py"))]
    with Pool(1, cache=cache, program=program) as pool:
        problem = problem_of(run_in(pool, tmp_path), source, "timeout")
    assert problem.title == "Importing dag.py was still going on after 4 seconds and was stopped."


def test_an_import_that_prints_a_megabyte_is_run_and_its_log_is_cut(run: Run) -> None:
    evidence = run(
        "print('x' * 70 + '\\n', end='') or [print('y' * 99) for _ in range(20000)]\n"
        + textwrap.dedent(ONE_TASK),
        FAILS,
    )
    assert (evidence.outcome, evidence.state) == ("ran", "failed")
    assert evidence.dropped["logs"] > 0 or evidence.dropped["log bytes"] > 0
    assert len(evidence.model_dump_json()) < 8_000_000


def test_a_run_that_is_too_large_is_stopped_at_the_wall(run: Run) -> None:
    source = """
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def work(x): ...
            work.expand(x=list(range(50_000)))
    """
    evidence = run(source, Scenario({}, others="run"), limits=Limits(wall=2))
    assert evidence.outcome == "timeout"
    assert evidence.problem is not None
    assert evidence.problem.title == "The run was still going on after 2 seconds and was stopped."
    assert sum(evidence.timings.values()) < 15_000
    assert run(ONE_TASK, FAILS).state == "failed", "and the next run is as ever"


def test_work_that_never_ends_is_stopped_at_the_wall(run: Run) -> None:
    source = """
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def work():
                import socket
                server = socket.create_server(("127.0.0.1", 0))
                server.accept()
            work()
    """
    evidence = run(source, Scenario("work", None), limits=Limits(wall=3))
    assert evidence.outcome == "timeout"
    assert evidence.problem is not None
    assert evidence.problem.title == "`work` was still going on after 3 seconds and was stopped."


def test_what_a_task_may_take_is_its_own(run: Run) -> None:
    source = """
        import threading
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def takes():
                return len(bytearray(480 << 20))
            @task
            def works_with_threads():
                gate = threading.Event()
                threads = [threading.Thread(target=gate.wait) for _ in range(50)]
                for thread in threads:
                    thread.start()
                gate.set()
            takes()
            works_with_threads()
    """
    assert run(source, Scenario({}, others="run")).state == "success"


HOSTILE = {
    "a frame without length": ("os.write(0, bytes(4))", "a frame of 0 bytes"),
    "a frame of four gigabytes": ("os.write(0, b'\\xff' * 4)", "a frame of 4294967295 bytes"),
    "text on the wire": ("os.write(0, b'{\"event\": 1}')", "bytes"),
    "garbage in a frame": ("os.write(0, (3).to_bytes(4, 'big') + b'\\xc1\\xc1\\xc1')", "not msgpack"),
    "a success of its own": (
        "import msgspec; [os.write(0, len(b).to_bytes(4, 'big') + b) for b in [msgspec.msgpack.encode("
        "[1, {'type': 'SucceedTask', 'end_date': '2026-11-20T06:00:00Z', 'task_outlets': [], 'outlet_events': []},"
        " None])] * 2]",
        "a second terminal message",
    ),
    "an outcome that is none": (
        "import msgspec; b = msgspec.msgpack.encode([1, {'type': 'SucceedTask'}, None]);"
        " os.write(0, len(b).to_bytes(4, 'big') + b)",
        "SucceedTask that Airflow does not understand here",
    ),
    "a retry that is not left": (
        "import msgspec; b = msgspec.msgpack.encode([1, {'type': 'RetryTask', 'end_date': '2026-01-01T00:00:00Z'},"
        " None]); os.write(0, len(b).to_bytes(4, 'big') + b)",
        "RetryTask although no retry is left",
    ),
    "an XCom for another task": (
        "import msgspec; b = msgspec.msgpack.encode([1, {'type': 'SetXCom', 'key': 'k', 'value': 1, 'dag_id': 'one',"
        " 'run_id': context['run_id'], 'task_id': 'other'}, None]); os.write(0, len(b).to_bytes(4, 'big') + b)",
        "SetXCom for another task",
    ),
    "garbage on the side channel": ("os.write(4, (2).to_bytes(4, 'big') + b'{x')", "not JSON"),
    "a word nobody knows": ("os.write(4, (9).to_bytes(4, 'big') + b'[\"grade\"]')", "unknown word"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_child_loses_its_execution_and_nothing_else(run: Run, name: str) -> None:
    attack, breach = HOSTILE[name]
    source = f"""
        import os, time
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task(retries=0)
            def work(**context):
                {attack}
                end = time.process_time() + 20
                while time.process_time() < end: pass
            work()
    """
    evidence = run(source, Scenario("work", None))
    (attempt,) = (e for e in evidence.executions if e.component == "worker")
    assert any(breach in violation for violation in attempt.violations), attempt.violations
    assert attempt.exit_code == -9
    assert run(ONE_TASK, FAILS).state == "failed", "and the next run is as ever"


def test_a_process_left_behind_does_not_outlive_the_run(run: Run) -> None:
    source = """
        import subprocess
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def work():
                subprocess.Popen(["sleep", "86399"], start_new_session=True)
                print("left")
            work()
    """
    evidence = run(source, Scenario("work", None))
    assert "left" in [event.event for event in evidence.logs]
    # Its number in there says nothing out here.
    assert b"sleep\x0086399\x00" not in {cmdline(pid) for pid in Path("/proc").glob("[0-9]*")}


def cmdline(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def test_folders_deeper_than_python_can_follow_are_removed(run: Run, pool: Pool) -> None:
    source = """
        import os, tempfile
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def work():
                os.chdir(tempfile.gettempdir())
                for _ in range(3000):
                    os.mkdir("d")
                    os.chdir("d")
            work()
    """
    assert run(source, Scenario("work", None)).state == "success"
    assert pool._host is not None
    assert list(pool._host.scratch.glob("control-*/run-*")) == []


def test_the_database_is_out_of_reach(run: Run) -> None:
    source = """
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def work():
                from airflow import settings
                try:
                    settings.Session()
                except Exception as error:
                    print("refused:", error)
            work()
    """
    evidence = run(source, Scenario("work", None))
    assert "refused: Direct database access via the ORM is not allowed in Airflow 3.0" in [
        e.event for e in evidence.logs
    ]
