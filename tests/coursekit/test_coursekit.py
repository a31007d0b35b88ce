"""``coursekit`` as a learner's DAG uses it: in processes of its own, watched or not."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.evidence import LeaseRecord
from autograder.scenario import Scenario, answers, never_answers, refuses
from autograder.services import Ledger, StandIns

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def services() -> Iterator[StandIns]:
    services = StandIns()
    services.start()
    yield services
    services.stop()


def run(code: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != "COURSEKIT_LEASES"}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=clean | {"PYTHONPATH": str(ROOT), "http_proxy": "http://127.0.0.1:1"} | (environ or {}),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def watched(services: StandIns, code: str, **behaviours: object) -> tuple[str, list[LeaseRecord]]:
    """What the code prints, and what is known of its leases after its end."""
    services.begin(Scenario({}, **behaviours), lambda: 0.0, Ledger(50))
    child = services.open(
        execution=1, component="worker", task_id="t", map_index=-1, try_number=1, phase="after"
    )
    done = run(code, child.environ)
    services.close(child)
    assert done.stderr == ""
    return done.stdout, services.collect().leases


def test_it_needs_nothing_and_knows_neither_airflow_nor_the_grader():
    done = run("import sys, coursekit; print(sorted({m.split('.')[0] for m in sys.modules}))")
    assert "'coursekit'" in done.stdout
    for foreign in ("airflow", "autograder", "requests", "pydantic"):
        assert f"'{foreign}'" not in done.stdout


def test_leases_are_taken_and_given_back(services):
    out, leases = watched(
        services,
        """
        import coursekit
        with coursekit.connect("database", host="db", port=1) as database:
            queue = coursekit.connect("queue")
            print(database.kind, database.closed, database.options, [x.kind for x in coursekit.open_leases()])
        print(database.closed, [x.kind for x in coursekit.open_leases()])
        print(repr(queue) == f"<Lease {queue.id}: queue, open>")
        database.close()
        """,
    )
    assert out == "database False {'host': 'db', 'port': 1} ['database', 'queue']\nTrue ['queue']\nTrue\n"
    assert [(lease.kind, lease.leaked, lease.closed_phase) for lease in leases] == [
        ("database", False, "after"),
        ("queue", True, None),
    ]


def test_a_callback_gives_back_all_even_when_one_is_refused(services):
    out, leases = watched(
        services,
        """
        import coursekit
        for kind in ("database", "queue", "ftp"):
            coursekit.connect(kind)
        for attempt in (1, 2):
            for lease in coursekit.open_leases():
                try:
                    lease.close()
                except coursekit.LeaseRefused as error:
                    print(attempt, lease.closed, "in use" in str(error), repr(lease) in str(error))
        print(coursekit.open_leases())
        """,
        leases=refuses(),
    )
    assert out == "1 False True True\n[]\n"
    assert [(lease.kind, lease.refused, lease.leaked) for lease in leases] == [
        ("database", 1, False),
        ("queue", 0, False),
        ("ftp", 0, False),
    ]


def test_other_failures_say_what_and_of_which_lease(services):
    code = """
        import coursekit
        lease = coursekit.connect("database")
        try:
            lease.close(timeout=0.2)
        except coursekit.LeaseRefused:
            print("refused")
        except coursekit.LeaseError as error:
            print(error, lease.closed)
        """
    assert "was not closed: timed out False" in watched(services, code, leases=never_answers())[0]
    assert "(status 503) False" in watched(services, code, leases=answers(503))[0]


def test_a_server_that_is_gone_or_no_lease_server():
    code = "import coursekit; coursekit.connect('database')"
    gone = run(code, {"COURSEKIT_LEASES": "http://127.0.0.1:1/leases/x"})
    assert "coursekit.leases.LeaseError: No lease of kind 'database': [Errno" in gone.stderr
    wrong = run(code, {"COURSEKIT_LEASES": "nonsense"})
    assert "LeaseError: No lease of kind 'database'" in wrong.stderr


def test_an_address_that_is_nobodys_gives_no_lease(services):
    services.begin(Scenario({}), lambda: 0.0, Ledger(50))
    child = services.open(
        execution=1, component="worker", task_id="t", map_index=-1, try_number=1, phase="after"
    )
    done = run(
        "import coursekit; coursekit.connect('x')",
        {"COURSEKIT_LEASES": child.environ["COURSEKIT_LEASES"] + "0"},
    )
    assert "LeaseError: No lease of kind 'x': This address is nobody's. (status 403)" in done.stderr


def test_unwatched_it_works_in_memory_and_says_so_once():
    done = run(
        """
        import logging, sys
        logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(name)s: %(message)s")
        import coursekit
        with coursekit.connect("database") as lease:
            print(lease)
        coursekit.connect("queue")
        print(coursekit.open_leases())
        """
    )
    assert done.stderr == ""
    said, first, rest = done.stdout.splitlines()
    assert said.startswith("coursekit: No grader watches")
    assert first == "<Lease local-1: database, open>"
    assert rest == "[<Lease local-2: queue, open>]"


@pytest.mark.parametrize("kind", ["''", "None", "3"])
def test_a_kind_is_a_word(kind):
    assert (
        "TypeError: connect wants the kind of a resource as text"
        in run(f"import coursekit; coursekit.connect({kind})").stderr
    )
