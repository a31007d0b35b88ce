"""Who was there when a task reported its outcome, and whose it is what arrives after it."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from autograder.control import helpers
from autograder.control.handed import Handed
from autograder.evidence import Alive, Evidence, Execution
from autograder.faults import raises, succeeds
from autograder.jail import tree
from autograder.scenario import Scenario
from tests.control.conftest import Run

FAILS = Scenario("work", raises(OSError, "x", after_work=True))

MAILS = """
    import smtplib, subprocess, sys, threading, time
    from airflow.sdk import DAG, BaseHook, task

    def mail(subject, account):
        with smtplib.SMTP(account.host, account.port) as smtp:
            smtp.login(account.login, account.password)
            smtp.sendmail("a@example.com", ["b@example.com"], f"Subject: {subject}\\r\\n\\r\\nx")

    def account():
        return BaseHook.get_connection("smtp_default")
"""


def attempt_of(evidence: Evidence) -> Execution:
    (attempt,) = (e for e in evidence.executions if e.component == "worker")
    return attempt


def test_what_a_helper_sends_outside_every_callback_is_nobodys(run: Run) -> None:
    source = (
        MAILS
        + """
    from airflow.sdk.execution_time import task_runner
    over, sent = threading.Event(), threading.Event()

    def helper(account):
        over.wait()
        mail("from the helper", account)
        sent.set()

    def tells(context):
        mail("from the callback", account())

    def lingers(**_):
        over.set()
        sent.wait()

    with DAG("one"):
        @task(on_failure_callback=tells)
        def work():
            threading.Thread(target=helper, args=(account(),), daemon=True).start()
            task_runner.get_listener_manager().hook.before_stopping = lingers
        work()
    """
    )
    evidence = run(source, FAILS, connections={"smtp_default": "smtp"})
    attempt = attempt_of(evidence)
    # The keeper of the virtual clock is there too, and is none of the learner's.
    assert (attempt.terminal, attempt.alive) == ("failed", Alive(threads=1))
    (call,) = evidence.calls
    assert [(mail.subject, mail.phase, mail.call) for mail in evidence.mails] == [
        ("from the callback", "after", call.id),
        ("from the helper", "callback or helper", None),
    ]


def test_a_process_left_behind_is_counted(run: Run) -> None:
    source = (
        MAILS
        + """
    with DAG("one"):
        @task
        def work():
            subprocess.Popen(["sleep", "30"])
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
        work()
    """
    )
    alive = attempt_of(run(source, FAILS)).alive
    assert alive is not None
    assert (alive.threads, alive.processes) == (0, 2)


def test_a_process_that_has_left_its_family_is_counted(run: Run) -> None:
    source = """
        import os
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def work():
                if os.fork() == 0:
                    os.setsid()
                    if os.fork() == 0:
                        os.execvp("tail", ["tail", "-f", "/dev/null"])
                    os._exit(0)
                os.wait()
            work()
    """
    assert attempt_of(run(source, FAILS)).alive == Alive(processes=1)


def test_airflows_own_mail_and_helpers_that_have_ended_stay_as_they_are(run: Run) -> None:
    source = (
        MAILS
        + """
    from concurrent.futures import ThreadPoolExecutor
    with DAG("one"):
        @task(email="team@example.com", email_on_failure=True)
        def work():
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(time.sleep, [1] * 8))
            subprocess.run(["true"])
        work()
    """
    )
    evidence = run(source, FAILS, connections={"smtp_default": "smtp"})
    assert attempt_of(evidence).alive == Alive()
    (mail,) = evidence.mails
    assert mail.phase == "after"


def test_the_end_of_a_call_that_never_began_is_a_breach(run: Run) -> None:
    source = """
        import os, time
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def work():
                body = b'["returned", null]'
                os.write(4, len(body).to_bytes(4, "big") + body)
                end = time.process_time() + 20
                while time.process_time() < end: pass
            work()
    """
    attempt = attempt_of(run(source, Scenario("work", None)))
    assert attempt.violations == ["the end of a callback call that never began"]


def test_what_the_dag_declares_and_what_was_asked_for_is_on_record(run: Run) -> None:
    source = (
        MAILS
        + """
    def told(context):
        mail("told", account())
    with DAG("one", on_success_callback=told, default_args={"on_retry_callback": told}):
        @task(on_execute_callback=told)
        def work(): ...
        @task(on_failure_callback=told)
        def mapped(x): ...
        work() >> mapped.partial().expand(x=[1])
    """
    )
    evidence = run(source, Scenario("work", succeeds()), connections={"smtp_default": "smtp"})
    assert evidence.declared == {
        "": ["dag_success_callback"],
        "work": ["on_execute_callback", "on_retry_callback"],
        "mapped": ["on_failure_callback", "on_retry_callback"],
    }
    assert [(call.kind, call.phase) for call in evidence.calls] == [
        ("on_execute_callback", "before"),
        ("dag_success_callback", "import or callback"),
    ]
    asked = {e.component: [f.stand_in for f in e.frames if f.stand_in] for e in evidence.executions[1:]}
    assert asked == {"worker": ["smtp"], "DAG processor": ["smtp"]}


def test_a_file_that_was_changed_between_two_executions_is_named(run: Run) -> None:
    # Where the folder cannot be written to, it stays as it is.
    source = """
        from pathlib import Path
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task(retries=1)
            def work():
                for name in ("dag.py", "new.py"):
                    try:
                        with Path(__file__).with_name(name).open("a") as file:
                            file.write("\\n")
                    except OSError as error:
                        print("refused", name)
            work()
    """
    evidence = run(source, Scenario("work", [raises(OSError, after_work=True)]))
    refused = [event.event for event in evidence.logs if event.event.startswith("refused")]
    first, second = (e.changed for e in evidence.executions if e.component == "worker")
    assert first == []
    assert second == ([] if refused else ["dag.py", "new.py"])


def test_files_are_compared_by_what_is_in_them(tmp_path: Path) -> None:
    for name in ("dag.py", "lib/other.py", "gone.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a = 1\n")
    handed = Handed(tmp_path)
    assert handed.changed() == []
    os.utime(tmp_path / "dag.py", (1, 1))
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "dag.pyc").write_bytes(b"x")
    assert handed.changed() == []
    (tmp_path / "lib" / "other.py").write_text("a = 2\n")
    (tmp_path / "gone.py").unlink()
    (tmp_path / "gone.py").symlink_to("dag.py")
    (tmp_path / "new.py").write_text("")
    os.mkfifo(tmp_path / "pipe")
    assert handed.changed() == ["gone.py", "lib/other.py", "new.py", "pipe"]
    (tmp_path / "lib" / "other.py").write_text("a = 1\n")
    (tmp_path / "gone.py").unlink()
    assert handed.changed() == ["gone.py", "new.py", "pipe"]


def test_nobody_is_counted_where_nobody_is() -> None:
    assert helpers.alive(2**22 + 1) is None


def test_whoever_a_list_has_left_out_once_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    lists = iter([{}, {2**22 + 1: 1}])
    monkeypatch.setattr(tree, "descendants", lambda pid: next(lists, {2**22 + 1: 1}))
    monkeypatch.setattr(tree, "threads", lambda pid: {pid: "main"})
    assert helpers.alive(os.getpid()) == Alive(processes=1)


def test_orphans_count_and_other_children_do_not() -> None:
    program = "sleep 30 & sleep 30 & echo $!; sleep 30 & echo $!; wait"
    with subprocess.Popen(
        ["sh", "-c", program], start_new_session=True, stdout=subprocess.PIPE, text=True
    ) as first:
        try:
            assert first.stdout is not None
            child, other = (int(first.stdout.readline()) for _ in range(2))
            assert helpers.alive(child) == Alive()
            assert helpers.alive(child, within=[first.pid]) == Alive(processes=2)
            assert helpers.alive(child, within=[first.pid], others=[other]) == Alive(processes=1)
        finally:
            os.killpg(first.pid, signal.SIGKILL)


def test_a_callbacks_removal_is_its_own_although_a_helper_is_alive(run: Run) -> None:
    source = """
        import os, tempfile, threading, time
        from pathlib import Path
        from airflow.sdk import DAG, task
        def tidy(context):
            (Path(tempfile.gettempdir()) / "own").unlink()
        with DAG("one"):
            @task(on_failure_callback=tidy)
            def work():
                (Path(tempfile.gettempdir()) / "own").touch()
                threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
            work()
    """
    evidence = run(source, FAILS)
    assert attempt_of(evidence).alive == Alive(threads=1)
    (file,) = (file for file in evidence.files if not file.foreign)
    assert (file.phase, file.removed) == ("before", "after")
