"""Whole runs of children that say anything. ``python -m tests.fuzz.runs TEMPLATE EXAMPLES`` with control's environment.

Whatever they say, control goes on: there is evidence of the run, it can be stored and read again, and nothing is in it
that only Airflow or a stand-in could have seen.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.models.xcom import XComModel
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import (
    DAG,
    Asset,
    AsyncCallback,
    DeadlineAlert,
    DeadlineReference,
    Param,
    SyncCallback,
    TaskGroup,
    task,
)
from airflow.serialization.serialized_objects import DagSerialization
from airflow.utils.session import create_session
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from autograder import airflow33
from autograder.evidence import Evidence, load, store
from autograder.jail.orders import Orders
from autograder.scenario import Scenario
from tests.fuzz.door import FOLDER, Script, request
from tests.fuzz.messages import callbacks, parsers, tasks, triggers
from tests.fuzz.settings import profile
from tests.fuzz.world import Stage

__all__ = ["main", "prepared", "strategy"]

DAG_ID = "fuzzed"
LONGEST = 25.0
"""Real seconds of one run, its wall included."""
LARGEST = 32 << 20
"""Bytes of evidence."""


def serialized() -> list[Any]:
    """DAGs as the DAG processor's child reports them: a small one, and one that has some of everything."""
    with DAG(DAG_ID, schedule=None) as small:
        BashOperator(task_id="first", bash_command="true", retries=1)
    with DAG(
        DAG_ID,
        schedule="@daily",
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        params={"day": Param("monday", type="string")},
        default_args={"retries": 1, "retry_delay": timedelta(minutes=5)},
        dagrun_timeout=timedelta(hours=3),
        deadline=[
            DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(minutes=minutes), callback)
            for minutes, callback in (
                (30, AsyncCallback("dag.late")),
                (60, SyncCallback("dag.later", {"a": 1})),
            )
        ],
        on_failure_callback=print,
        tags=["a"],
    ) as large:

        @task
        def third(number: int) -> int:
            return number

        first = BashOperator(task_id="first", bash_command="true", execution_timeout=timedelta(minutes=2))
        with TaskGroup("group"):
            second = BashOperator(
                task_id="second",
                bash_command="true",
                outlets=[Asset("made", uri="x://made/")],
                trigger_rule="all_done",
            )
        first >> second
        third.expand(number=[1, 2])
    return [json.loads(json.dumps(DagSerialization.to_dict(dag))) for dag in (small, small, small, large)]


def judge(found: Evidence, folder: Path) -> None:
    """What must hold of the evidence, whatever was said."""
    text = found.model_dump_json()
    assert len(text) < LARGEST, f"{len(text)} bytes of evidence"
    assert load(store(found, folder)) == Evidence.model_validate_json(text)
    # Nobody spoke to a stand-in.
    for kind in ("mails", "slack", "metrics", "posts", "leases"):
        assert getattr(found, kind) == [], kind
    # Every outcome was reported by a message, for nothing else makes a success; but an empty task needs no process.
    for ended in found.tasks:
        if ended.state == "success" and not ended.counted and ended.operator != "EmptyOperator":
            reports = {
                execution.terminal for execution in found.executions if execution.task_id == ended.task_id
            }
            assert reports & {"success", "deferred"}, f"{ended.task_id} is a success, and reported {reports}"
    _judge_xcoms(found)


def _judge_xcoms(found: Evidence) -> None:
    """Nobody has left a value in another's name."""
    spoke = {execution.task_id for execution in found.executions}
    with create_session() as session:
        for dag_id, run_id, task_id in session.execute(
            select(XComModel.dag_id, XComModel.run_id, XComModel.task_id)
        ):
            assert (dag_id, run_id) == (found.dag_id, found.run_id)
            assert task_id in spoke, f"an XCom of {task_id}, which never ran"


def play(stage: Stage, scripts: dict[str, list[Script]], folder: Path) -> Evidence:
    """The evidence of one run, of which all that must hold does."""
    left = {kind: list(each) for kind, each in scripts.items()}

    def script(orders: Orders, number: int) -> Script:
        kind = "parser" if number == 1 else orders.kind
        return left[kind].pop(0) if left.get(kind) else Script()

    started = time.monotonic()
    found = stage.play(stage.job(scenario=Scenario({}, others="run")), script)
    assert time.monotonic() - started < LONGEST
    judge(found, folder)
    return found


def strategy() -> st.SearchStrategy[dict[str, list[Script]]]:
    """Scripts by the kind of child."""
    parser = st.sampled_from(serialized()).flatmap(parsers)
    return st.fixed_dictionaries(
        {
            "parser": parser.map(lambda one: [one]),
            "task": st.lists(tasks(), min_size=1, max_size=4),
            "dag_file": st.lists(callbacks(), max_size=2),
            "callback": st.lists(callbacks(), max_size=1),
            "trigger": st.lists(triggers(), max_size=2),
        }
    )


def prepared() -> Callable[[dict[str, list[Script]]], Evidence]:
    """``play`` on a stage of its own, for who cannot say when it ends."""
    airflow33.require_tested()
    stage = Stage(Path(os.environ["FUZZ_TEMPLATE"]))
    return lambda scripts: play(stage, scripts, stage.submission.parent / "evidence")


def _parses(dag: Any, **more: Any) -> Script:
    dags = [{"data": dag, "last_loaded": None}]
    return Script(
        [request({"type": "DagFileParsingResult", "fileloc": "dag.py", "serialized_dags": dags, **more})]
    )


def found() -> Iterator[tuple[str, dict[str, list[Script]], str]]:
    """What once ended control: what it is, the scripts, and what is said of it now."""
    small = serialized()[0]
    yield "a signal without a name", {"parser": [Script([], -40)]}, "was ended by signal 40"
    error = f'Traceback:\n  File "{FOLDER}/dag.py", line {"9" * 5000}, in x\nKeyError: 1'
    yield (
        "a line number that is none",
        {"parser": [_parses(small, import_errors={"dag.py": error})]},
        "KeyError: 1",
    )
    empty = {"dag.py": "\n" * (1 << 20) + "KeyError: 2"}
    yield "a million empty lines", {"parser": [_parses(small, import_errors=empty)]}, "KeyError: 2"
    never = {"type": "RetryTask", "end_date": "2026-11-20T06:00:00Z", "retry_delay_seconds": 1e12}
    scripts = {"parser": [_parses(small)], "task": [Script([request(never)])]}
    yield (
        "a retry that never comes",
        scripts,
        "Airflow's scheduler cannot go on with the run of dag.py: OverflowError",
    )
    lying = json.loads(json.dumps(small))
    lying["dag"]["tasks"][0]["__var"]["retries"] = "many"
    scripts = {"parser": [_parses(lying)], "task": [Script()]}
    yield (
        "a number of retries that is none",
        scripts,
        "Airflow's scheduler cannot go on with the run of dag.py: TypeError",
    )


def main(arguments: list[str]) -> None:
    airflow33.require_tested()
    template, examples = Path(arguments[0]), int(arguments[1])
    stage = Stage(template)
    folder = stage.submission.parent / "evidence"

    @profile(examples)
    @given(strategy())
    def test(scripts: dict[str, list[Script]]) -> None:
        play(stage, scripts, folder)

    try:
        for what, scripts, said in found():
            problem = play(stage, scripts, folder).problem
            assert problem is not None, f"{what}: nothing is said of it"
            assert said in problem.title, f"{what}: {problem.title}"
        test()
    finally:
        stage.close()


if __name__ == "__main__":
    main(sys.argv[1:])
