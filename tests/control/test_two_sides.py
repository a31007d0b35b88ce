"""What the jail's side holds: Airflow and our hooks; no checks, no solutions, no database, nothing of the grader's."""

from __future__ import annotations

import json

import pytest

from autograder.evidence import Evidence
from autograder.faults import raises
from autograder.scenario import Scenario
from tests.control.conftest import SEED, Run

LOOKS = """
    import json, os, sys
    from airflow.sdk import DAG, task

    def look(context):
        print("SEEN " + json.dumps({
            "modules": sorted(name for name in sys.modules if name.startswith(("autograder", "pytest"))),
            "descriptors": sorted(
                (int(fd), os.readlink(f"/proc/self/fd/{fd}").split(":")[0])
                for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")
            ),
            "environ": dict(os.environ),
            "argv": open("/proc/self/cmdline", "rb").read().decode().split("\\0"),
            "cwd": os.getcwd(),
        }))

    with DAG("one"):
        @task(on_failure_callback=look)
        def work(): ...
        work()
"""


@pytest.fixture
def seen(run: Run) -> tuple[Evidence, dict[str, object]]:
    evidence = run(LOOKS, Scenario("work", raises(OSError, "{secret}"), variables={"owner": "ops"}))
    (text,) = (e.event for e in evidence.logs if e.event.startswith("SEEN "))
    return evidence, json.loads(text.removeprefix("SEEN "))


def test_a_child_holds_the_jail_and_nothing_else_of_ours(seen: tuple[Evidence, dict[str, object]]) -> None:
    allowed = {
        "autograder",
        "autograder.airflow33",
        "autograder.airflow33.environ",
        "autograder.airflow33.executor_callback",
        "autograder.airflow33.trigger",
        "autograder.airflow33.worker",
    }
    _, child = seen
    modules = child["modules"]
    assert isinstance(modules, list)
    others = [name for name in modules if name not in allowed and not name.startswith("autograder.jail")]
    assert others == []


def test_a_child_has_its_five_channels_and_no_other_descriptor(
    seen: tuple[Evidence, dict[str, object]],
) -> None:
    _, child = seen
    descriptors = child["descriptors"]
    assert isinstance(descriptors, list)
    sockets = [number for number, kind in descriptors if kind == "socket"]
    assert set(range(5)) <= set(sockets)
    beyond = [(number, kind) for number, kind in descriptors if number > 4]
    # Airflow's own: a spare copy of standard error, its socket for metrics, the listing that looks at this.
    assert len(beyond) <= 4, beyond
    assert not any(kind.endswith(".db") for _, kind in beyond)


def test_neither_the_seed_nor_another_try_s_secret_is_in_a_childs_reach(
    seen: tuple[Evidence, dict[str, object]],
) -> None:
    evidence, child = seen
    text = json.dumps(child)
    assert str(SEED) not in text
    assert evidence.secrets["work#1"] not in json.dumps(child["environ"])
    environ = child["environ"]
    assert isinstance(environ, dict)
    assert not [name for name in environ if name.startswith(("AUTOGRADER", "PYTEST"))]
    assert "sqlite" not in environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
