"""Lines of three channels, in the order in which they were written."""

from __future__ import annotations

from autograder.control.heard import Heard
from autograder.scenario import Scenario
from tests.control.conftest import Run


def test_a_logged_line_stands_behind_what_had_been_printed_before() -> None:
    heard = Heard()
    for line in (b"0 0 first", b"2 1 fourth", b"2 1 fifth"):
        heard.add("log", line)
    for line in (b"second", b"third", b"sixth"):
        heard.add("stdout", line)
    heard.add("stderr", b"to the side")
    assert [line for _, line in heard.in_order()] == [
        b"first",
        b"second",
        b"third",
        b"to the side",
        b"fourth",
        b"fifth",
        b"sixth",
    ]
    heard.add("log", b"3 1 seventh")
    heard.add("stdout", b"eighth")
    assert [line for _, line in heard.in_order()] == [b"seventh", b"eighth"]


def test_lines_without_a_stamp_or_with_a_false_one_are_all_told_once() -> None:
    heard = Heard()
    for line in (b'{"event": "mine"}', b"999999999 0 lies", b"1 2"):
        heard.add("log", line)
    heard.add("stdout", b"printed")
    assert list(heard.in_order()) == [
        ("log", b'{"event": "mine"}'),
        ("stdout", b"printed"),
        ("log", b"lies"),
        ("log", b"1 2"),
    ]
    assert list(heard.in_order()) == []


def test_what_a_callback_prints_and_logs_is_told_in_its_order(run: Run) -> None:
    source = """
        import logging, sys
        from airflow.sdk import DAG, task
        def tells(context):
            for number in range(20):
                print("printed", number)
                logging.getLogger("mine").info("logged %d", number)
                print("aside", number, file=sys.stderr)
                logging.getLogger("mine").info("noted %d", number)
        with DAG("one"):
            @task(on_success_callback=tells)
            def work(): ...
            work()
    """
    evidence = run(source, Scenario("work", None))
    (call,) = evidence.calls
    told = [e.event for e in evidence.logs if e.call == call.id]
    assert told == [f"{how} {n}" for n in range(20) for how in ("printed", "logged", "aside", "noted")]


def test_standard_output_is_a_file_like_any_other(run: Run) -> None:
    source = """
        import os, sys
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def work():
                print(sys.stdout.name, sys.stdout.fileno(), sys.stdout.isatty(), sys.stderr.name)
                sys.stdout.buffer.write(b"bytes, ")
                sys.stdout.flush()
                os.write(1, b"and past Python\\n")
                print("x" * 300_000)
            work()
    """
    told = [e.event for e in run(source, Scenario("work", None)).logs if e.channel == "stdout"]
    assert told[:2] == ["1 1 False 2", "bytes, and past Python"]
    assert len(told) > 2
