"""The DAG's file: imported by the DAG processor, held against the brief, stored, and a run of its DAG created."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from airflow.dag_processing.processor import DagFileParsingResult

from autograder.airflow33.creation import (
    RunRefused,
    Unstorable,
    create_run,
    declared_callbacks,
    mailing,
    parsed_dags,
    store,
)
from autograder.airflow33.supervision import DagFileSupervision
from autograder.control.children import Children
from autograder.control.clock import NS, Clock
from autograder.control.job import Job
from autograder.control.live import IMPORT
from autograder.control.problems import (
    check_dags,
    died_at_import,
    import_failed,
    import_too_long,
    not_stored,
    run_refused,
    wall_reached,
)

__all__ = ["Dag", "create", "imported", "read"]


@dataclass(frozen=True)
class Dag:
    """What the file says of the DAG that is run; nothing, as long as it has not been read."""

    id: str | None = None
    operators: dict[str, str] = field(default_factory=dict)
    """Of every task, by its id."""
    declared: dict[str, list[str]] | None = None
    """The kinds of callbacks of every task, by its id."""
    mailing: list[str] | None = None
    """The tasks for which Airflow itself sends mails."""
    counted: frozenset[str] = frozenset()
    """Ids of the tasks that are not run, and count as succeeded."""


def imported(children: Children, clock: Clock, entry: str) -> DagFileParsingResult:
    """What the DAG processor says of the file.

    :raises Unrunnable: when it does not come to that.
    """
    live = children.start_dag_file()
    children.serve(live)
    while (moment := children.next_moment()) is not None:
        clock.move(moment)
        children.wake_due()
    assert isinstance(live.supervision, DagFileSupervision)
    if live.supervision.parsed is not None:
        return live.supervision.parsed
    if live.kill_at is None:
        raise died_at_import(entry, live.child.exit_code, live.child.breaches)
    if live.late(clock.now):
        raise import_too_long(entry)
    raise wall_reached(f"Importing {entry}", IMPORT)


def read(parsed: DagFileParsingResult, job: Job, children: Children, folder: str) -> Dag:
    """The DAG that the job is about.

    :param folder: where the file was when it was imported.
    :raises Unrunnable: when it could not be imported, or does not have this DAG.
    """
    for error in (parsed.import_errors or {}).values():
        raise import_failed(error, folder, job.entry, children.isolation())
    try:
        dags = parsed_dags(parsed)
        check_dags([dag_id for dag_id, _ in dags], job.dag_id, job.entry, among=job.among)
        dag_id, operators = next(dag for dag in dags if job.dag_id in (None, dag[0]))
        declared, mails = declared_callbacks(parsed, dag_id), mailing(parsed, dag_id)
    except Unstorable as error:
        raise not_stored(str(error), error.full, job.entry) from None
    counted = operators.keys() - job.scenario.faults.keys() if job.scenario.others == "succeed" else ()
    return Dag(dag_id, operators, declared, mails, frozenset(counted))


def create(dag: Dag, parsed: DagFileParsingResult, job: Job, epoch: int, run_id: str) -> None:
    """Store what was parsed, and create the run.

    :param epoch: nanoseconds since 1970: the run's logical date, if it has one.
    :raises Unrunnable: when Airflow refuses either.
    """
    assert dag.id is not None
    scenario = job.scenario
    try:
        store(parsed, scenario.variables, scenario.pools)
        create_run(
            dag.id,
            run_id,
            now=datetime.now(UTC),
            logical_date=datetime.fromtimestamp(epoch / NS, UTC) if scenario.logical_date else None,
            conf=scenario.conf,
            history=scenario.history,
            counted=dag.counted.__contains__,
        )
    except RunRefused as error:
        raise run_refused(str(error), error.full, job.folder, job.entry) from None
    except Unstorable as error:
        raise not_stored(str(error), error.full, job.entry) from None
