"""What a task waits for besides ``time.sleep``: threads, shells, stand-ins that do not answer. And twice the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from autograder.evidence import Evidence, comparable
from autograder.faults import raises
from autograder.scenario import Scenario, never_answers
from tests.control.conftest import Run


def printed(evidence: Evidence, task_id: str) -> list[str]:
    return [e.event for e in evidence.logs if e.channel == "stdout" and e.task_id == task_id]


def took(evidence: Evidence) -> dict[str | None, int]:
    return {
        e.task_id: round((e.ended or 0) - e.started) for e in evidence.executions if e.component == "worker"
    }


def test_a_shell_sleeps_for_hours_and_a_timeout_ends_it(run: Run) -> None:
    """``BashOperator`` reads the shell's output in C; SIGALRM ends that (airflow/sdk/execution_time/timeout.py:43)."""
    source = """
        from datetime import timedelta
        from airflow.providers.standard.operators.bash import BashOperator
        from airflow.sdk import DAG
        with DAG("one"):
            BashOperator(task_id="waits", bash_command="echo begun; sleep 2h; sleep 30m 30; exit 0")
            BashOperator(task_id="bare", bash_command="sleep 5h", env={"NIGHT": "1"})
            BashOperator(task_id="late", bash_command="sleep 1d", execution_timeout=timedelta(minutes=30))
    """
    evidence = run(source, Scenario({}, others="run"))
    assert took(evidence) == {"waits": 9030, "bare": 18000, "late": 1800}
    assert {t.task_id: t.state for t in evidence.tasks} == {
        "waits": "success",
        "bare": "success",
        "late": "failed",
    }
    assert evidence.ended is not None
    assert evidence.ended < 18001


def test_a_shell_of_a_run_that_times_out_is_ended_in_its_sleep(run: Run) -> None:
    """``on_kill`` of the operator ends the shell's process group (providers/standard/operators/bash.py)."""
    source = """
        from datetime import timedelta
        from airflow.providers.standard.operators.bash import BashOperator
        from airflow.sdk import DAG
        with DAG("one", dagrun_timeout=timedelta(hours=1)):
            BashOperator(task_id="work", bash_command="sleep 3h; echo too late")
    """
    evidence = run(source, Scenario({}, others="run"))
    assert {t.task_id: t.state for t in evidence.tasks} == {"work": "skipped"}
    assert took(evidence)["work"] == 3600
    assert not [e for e in evidence.logs if "too late" in e.event and "Running command" not in e.event]


def test_a_stand_in_that_never_answers_costs_the_timeout_that_was_given(run: Run) -> None:
    source = """
        import threading, time
        import requests
        from airflow.sdk import DAG, BaseHook, task
        def post(seconds):
            began = time.time()
            try:
                requests.post(BaseHook.get_connection("slack").password, json={"text": "x"}, timeout=seconds)
            except requests.Timeout as error:
                print(type(error).__name__, round(time.time() - began))
        def tells(context):
            post(10)
        with DAG("one"):
            @task(on_failure_callback=tells)
            def work(): ...
            @task
            def beside():
                threads = [threading.Thread(target=post, args=(60 * n,)) for n in (1, 2)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            work()
            beside()
    """
    scenario = Scenario({"work": raises(OSError), "beside": None}, slack=never_answers())
    evidence = run(source, scenario, connections={"slack": "slack"})
    assert printed(evidence, "work") == ["ReadTimeout 10"]
    assert printed(evidence, "beside") == ["ReadTimeout 60", "ReadTimeout 120"]
    (call,) = evidence.calls
    assert call.end is not None
    assert 10 <= call.end - call.start < 11


def test_who_waits_without_a_timeout_is_ended_by_airflows_limits(run: Run) -> None:
    """An attempt by its timeout; a callback by the overtime and the grace of SIGTERM (supervisor.py)."""
    source = """
        from datetime import timedelta
        import requests
        from airflow.sdk import DAG, BaseHook, task
        def post(context=None):
            requests.post(BaseHook.get_connection("slack").password, json={"text": "x"})
        with DAG("one"):
            @task(on_failure_callback=post)
            def tells(): ...
            @task(execution_timeout=timedelta(minutes=30))
            def asks():
                post()
            tells()
            asks()
    """
    scenario = Scenario({"tells": raises(OSError), "asks": None}, slack=never_answers())
    evidence = run(source, scenario, connections={"slack": "slack"})
    assert took(evidence) == {"tells": 25, "asks": 1800}
    assert [call.returned for call in evidence.calls] == [None]
    assert len(evidence.slack) == 2


def test_a_task_that_is_stopped_has_not_done_what_it_was_going_to_do(run: Run) -> None:
    """Whichever way it waits, and although another task has gone on for hours meanwhile."""
    source = """
        import asyncio, subprocess, threading, time
        from datetime import timedelta
        from airflow.sdk import DAG, task
        def naps():
            time.sleep(7200)
        def thread():
            worker = threading.Thread(target=naps)
            worker.start()
            worker.join()
        def event():
            threading.Event().wait(7200)
        def loop():
            asyncio.run(asyncio.sleep(7200))
        def shell():
            subprocess.run(["sleep", "2h"], capture_output=True)
        with DAG("one"):
            @task(execution_timeout=timedelta(hours=1))
            def work(wait):
                print("begins")
                wait()
                print("would be told at 2 h")
            @task
            def long():
                time.sleep(10800)
            for wait in (naps, thread, event, loop, shell):
                work.override(task_id=wait.__name__)(wait)
            long()
    """
    evidence = run(source, Scenario({}, others="run"))
    stopped = ["naps", "thread", "event", "loop", "shell"]
    assert took(evidence) == dict.fromkeys(stopped, 3600) | {"long": 10800}
    assert [printed(evidence, name) for name in stopped] == [["begins"]] * 5


EVERYTHING = """
    import asyncio, random, subprocess, threading, time
    from concurrent.futures import ThreadPoolExecutor
    from datetime import timedelta
    import requests
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG, BaseHook, task

    def tells(context):
        url = BaseHook.get_connection("slack").password
        requests.post(url, json={"text": f"{context['ti'].task_id} {time.time():.3f}"}, timeout=10)

    def naps(number):
        for _ in range(3):
            time.sleep(60 * number)
            print(number, round(time.time(), 3))
        return number

    async def gathers():
        await asyncio.gather(*(asyncio.to_thread(naps, n) for n in (1, 2)), asyncio.sleep(900))

    with DAG("one", default_args={"on_failure_callback": tells, "on_retry_callback": tells}):
        @task
        def threads():
            with ThreadPoolExecutor(3) as pool:
                print(list(pool.map(naps, range(1, 4))))
        @task
        def loops():
            asyncio.run(gathers())
        @task
        def computes():
            helper = threading.Thread(target=lambda: print(sum(range(10_000_000)), round(time.time(), 3)))
            helper.start()
            time.sleep(60)
            helper.join()
            print(round(time.time(), 3))
        @task(execution_timeout=timedelta(minutes=10))
        def shell():
            subprocess.run("for i in 1 2 3; do sleep 60; echo $i; done; sleep 1d", shell=True)
        @task(retries=2, retry_delay=timedelta(minutes=5), retry_exponential_backoff=True)
        def fails():
            raise OSError("disk")
        BashOperator(task_id="bash", bash_command="sleep 2h; echo done")
        threads()
        loops()
        computes()
        shell()
        fails()
"""


@contextmanager
def _load(processes: int) -> Iterator[None]:
    """Others that want the processors too."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


@pytest.mark.parametrize("slack", ["works", "never_answers"])
def test_a_run_is_the_same_again_and_under_load(run: Run, slack: str) -> None:
    behaviour = {"slack": never_answers()} if slack == "never_answers" else {}
    scenario = Scenario({}, others="run", **behaviour)
    first = run(EVERYTHING, scenario, connections={"slack": "slack"})
    assert first.outcome == "ran"
    assert {t.task_id: t.state for t in first.tasks} == {
        **dict.fromkeys(("threads", "loops", "computes", "bash"), "success"),
        **dict.fromkeys(("shell", "fails"), "failed"),
    }
    assert len(first.slack) == 4
    assert comparable(run(EVERYTHING, scenario, connections={"slack": "slack"})) == comparable(first)
    with _load(4):
        assert comparable(run(EVERYTHING, scenario, connections={"slack": "slack"})) == comparable(first)
