"""What belongs to whom: log lines, files and deliveries, by execution, phase and callback call."""

from __future__ import annotations

from autograder.disagreements import disagreements
from autograder.evidence import CallbackCall, Evidence
from autograder.faults import loses_worker, raises
from autograder.scenario import Scenario
from tests.control.conftest import Run

FAILS = Scenario("work", raises(OSError, "x"))


def logs_of(evidence: Evidence, call: CallbackCall | None) -> list[str]:
    number = None if call is None else call.id
    return [event.event for event in evidence.logs if event.call == number and event.channel != "log"]


def test_a_line_without_an_end_belongs_to_who_began_it(run: Run) -> None:
    source = """
        import sys
        from airflow.sdk import DAG, task
        def first(context):
            print("first", end="")
        def second(context):
            print("second")
            sys.stderr.write("second")
        def third(context):
            print("third", file=sys.stderr)
        with DAG("one"):
            @task(on_failure_callback=[first, second, third])
            def work():
                print("work", end="")
            work()
    """
    evidence = run(source, Scenario("work", raises(OSError, after_work=True)))
    assert [logs_of(evidence, call) for call in evidence.calls] == [
        ["first"],
        ["second", "second"],
        ["third"],
    ]
    (own,) = (event for event in evidence.logs if event.event == "work")
    assert (own.phase, own.call) == ("before", None)


def test_a_callback_that_calls_another_recorded_one(run: Run) -> None:
    source = """
        from airflow.sdk import DAG, task
        def outer(context):
            print("before")
            context["task"].on_failure_callback[1](context)
            print("after")
        def inner(context):
            print("inner")
        with DAG("one"):
            @task(on_failure_callback=[outer, inner])
            def work(): ...
            work()
    """
    evidence = run(source, Scenario("work", loses_worker()))
    assert [(call.name, call.returned, logs_of(evidence, call)) for call in evidence.calls] == [
        ("outer", True, ["before", "after"]),
        ("inner", True, ["inner"]),
        ("inner", True, ["inner"]),
    ]


def test_a_callback_is_heard_however_much_its_task_has_said(run: Run) -> None:
    source = """
        import logging
        from airflow.sdk import DAG, task
        def tells(context):
            print("printed")
            logging.getLogger("mine").warning("logged")
        with DAG("one"):
            @task(on_failure_callback=tells)
            def work():
                for _ in range(20_000):
                    print("x" * 100)
                    logging.getLogger("noise").warning("y" * 100)
                raise ValueError
            work()
    """
    evidence = run(source, Scenario("work", None))
    (call,) = evidence.calls
    assert {event.event for event in evidence.logs if event.id in call.logs} == {"printed", "logged"}
    assert evidence.dropped["logs"] > 0


def test_files_of_tasks_side_by_side(run: Run) -> None:
    source = """
        import os, time
        from airflow.sdk import DAG, task
        def leave(name):
            open(os.path.join(os.environ["TMPDIR"], name), "w").close()
        with DAG("one"):
            @task
            def long():
                leave("before-long")
                time.sleep(100)
                leave("after-long")
            @task
            def short():
                time.sleep(10)
                leave("short")
                time.sleep(10)
            long()
            short()
    """
    evidence = run(source, Scenario({}, others="run"))
    assert {file.path: file.task_id for file in evidence.files if not file.foreign} == {
        "tmp/before-long": "long",
        "tmp/after-long": "long",
        "tmp/short": "short",
    }


def test_callbacks_that_airflow_does_not_take_do_not_run_here_either(run: Run) -> None:
    source = """
        from airflow.sdk import DAG, task
        def tells(context):
            print("ran")
        with DAG("one", on_failure_callback=(tells, tells)):
            @task
            def work(): ...
            work().operator.on_failure_callback = tells
    """
    evidence = run(source, FAILS)
    (of_dag,) = evidence.calls
    assert of_dag.kind == "dag_failure_callback"
    assert of_dag.error is not None
    assert of_dag.error.message == "'tuple' object is not callable"
    assert "ran" not in [event.event for event in evidence.logs]
    (attempt,) = (e for e in evidence.executions if e.component == "worker")
    assert (attempt.terminal, attempt.exit_code) == ("failed", 1)


def test_callbacks_of_every_make_are_called_as_airflow_calls_them(run: Run) -> None:
    source = """
        import functools
        from airflow.sdk import BaseNotifier, DAG, task
        def plain(context, more=None):
            print("plain", more)
        class Called:
            def __call__(self, context):
                print("called")
            def method(self, context):
                print("method")
        class Anything:
            def __getattr__(self, name):
                return self
            def __call__(self, context):
                print("anything")
        class Stubborn:
            def __getattr__(self, name):
                raise RuntimeError(name)
            def __call__(self, context):
                print("stubborn")
        class Notifier(BaseNotifier):
            template_fields = ("text",)
            def __init__(self, text):
                super().__init__()
                self.text = text
            def notify(self, context):
                print("notifier", self.text)
        class Mute(Exception):
            def __str__(self):
                raise RuntimeError("no words")
        def mute(context):
            raise Mute
        def generator(context):
            print("one")
            yield
            print("two")
        async def never(context):
            print("never awaited")
        with DAG("one"):
            @task(on_failure_callback=(
                plain,
                functools.partial(plain, more=1),
                lambda context: print("lambda"),
                Called(),
                Called().method,
                Anything(),
                Notifier("{{ ti.task_id }}"),
                mute,
                generator,
                functools.partial(generator),
                never,
                lambda: None,
                plain,
                Stubborn(),  # Airflow looks at it more closely than it can bear
            ))
            def work(): ...
            work()
    """
    evidence = run(source, FAILS)
    assert [(call.name, call.returned, logs_of(evidence, call)) for call in evidence.calls] == [
        ("plain", True, ["plain None"]),
        ("plain", True, ["plain 1"]),
        ("<lambda>", True, ["lambda"]),
        ("Called", True, ["called"]),
        ("method", True, ["method"]),
        ("Anything", True, ["anything"]),
        ("Notifier", True, ["notifier work"]),
        ("mute", False, []),
        ("generator", True, ["one", "two"]),
        ("generator", True, ["one", "two"]),
        ("never", True, []),
        ("<lambda>", False, []),
        ("plain", True, ["plain None"]),
    ]
    assert {call.file for call in evidence.calls} == {"dag.py", None}
    errors = [call.error.type for call in evidence.calls if call.error is not None]
    assert errors == ["Mute", "TypeError"]


def test_what_ends_the_process_in_a_callback(run: Run) -> None:
    source = """
        import os, sys
        from airflow.sdk import DAG, Variable, task
        def ends(context):
            exec(Variable.get("how"))
        def never(context): ...
        with DAG("one"):
            @task(on_failure_callback=[ends, never])
            def work(): ...
            work()
    """
    for how, returned, error, exit_code in (
        ("sys.exit(3)", False, "SystemExit", 3),
        ("raise KeyboardInterrupt", False, "KeyboardInterrupt", 2),
        ("os._exit(0)", None, None, 0),
        ("os.abort()", None, None, -6),
    ):
        evidence = run(source, Scenario("work", raises(OSError), variables={"how": how}))
        (call,) = evidence.calls
        assert (call.name, call.returned) == ("ends", returned)
        assert (call.error.type if call.error else None) == error
        (attempt,) = (e for e in evidence.executions if e.component == "worker")
        assert (attempt.terminal, attempt.exit_code, evidence.state) == ("failed", exit_code, "failed")


def test_mails_of_airflow_itself_are_no_callbacks(run: Run) -> None:
    source = """
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task(email="team@example.com", retries=1)
            def work(): ...
            work()
    """
    mail = {"smtp_default": "smtp"}
    evidence = run(source, FAILS, connections=mail)
    assert [(m.component, m.try_number, m.phase, m.call) for m in evidence.mails] == [
        ("worker", 1, "after", None),
        ("worker", 2, "after", None),
    ]
    assert evidence.mailing == ["work"]
    assert disagreements(evidence) == []
    lost = run(source, Scenario("work", loses_worker()), connections=mail)
    assert [(m.component, m.try_number, m.phase, m.call) for m in lost.mails] == [
        ("DAG processor", 1, "import or callback", None),
        ("DAG processor", 2, "import or callback", None),
    ]


def test_deliveries_of_mapped_tasks_know_their_map_index(run: Run) -> None:
    source = """
        import json, urllib.request
        from airflow.sdk import BaseHook, DAG, task
        def post(context):
            conn = BaseHook.get_connection("monitoring_default")
            headers = {"X-API-Key": conn.password, "Content-Type": "application/json"}
            body = json.dumps(context["ti"].map_index).encode()
            address = f"http://{conn.host}:{conn.port}/events"
            urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=3).read()
        with DAG("one"):
            @task(on_failure_callback=post)
            def work(x): ...
            work.expand(x=[1, 2])
    """
    for fault in (raises(OSError), loses_worker()):
        evidence = run(source, Scenario("work", fault), connections={"monitoring_default": "monitoring"})
        assert [(post.map_index, post.body) for post in evidence.posts] == [(0, 0), (1, 1)]
        for post, call in zip(evidence.posts, evidence.calls, strict=True):
            assert (post.call, call.deliveries) == (call.id, [post.id])
            assert call.map_index == post.map_index
