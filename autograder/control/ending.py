"""What a run says of its tasks and its deadlines when it is over."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from urllib.parse import quote

from autograder.airflow33.deadlines import DeadlineRow
from autograder.airflow33.environ import BASE_URL
from autograder.airflow33.scheduling import TaskRow
from autograder.control.clock import Clock
from autograder.evidence import DeadlineRecord, Execution, TaskRecord

__all__ = ["deadline_records", "task_records"]


def task_records(
    rows: list[TaskRow],
    operators: dict[str, str],
    executions: list[Execution],
    counted: Collection[str],
    *,
    dag_id: str | None,
    run_id: str,
) -> list[TaskRecord]:
    """A record of every task instance.

    :param operators: of each task, as the parsed file says.
    :param counted: ids of the tasks that were not run and counted as succeeded.
    """
    tries: dict[tuple[str | None, int], int] = {}
    for execution in executions:
        if execution.component == "worker":
            key = (execution.task_id, execution.map_index)
            tries[key] = max(tries.get(key, 0), execution.try_number or 0)
    return [
        TaskRecord(
            task_id=row.task_id,
            map_index=row.map_index,
            state=row.state,
            tries=(number := tries.get((row.task_id, row.map_index), 0)),
            retries=row.retries,
            operator=operators.get(row.task_id, ""),
            log_url=_log_url(row, number, f"{BASE_URL}/dags/{dag_id}/runs/{quote(run_id)}"),
            counted=row.task_id in counted,
        )
        for row in rows
    ]


def _log_url(row: TaskRow, try_number: int, run_url: str) -> str:
    """As ``ti.log_url`` gives it (airflow/sdk/execution_time/task_runner.py:862)."""
    mapped = f"/mapped/{row.map_index}" if row.map_index >= 0 else ""
    number = f"?try_number={try_number}" if try_number else ""
    return f"{run_url}/tasks/{row.task_id}{mapped}{number}"


def deadline_records(
    rows: list[DeadlineRow], clock: Clock, shown: Callable[[str], str]
) -> list[DeadlineRecord]:
    """A record of every deadline, in the order of their moments.

    :param shown: rids a text, a traceback perhaps, of the names of this run's folders.
    """

    def seconds(moment: datetime | None) -> float | None:
        return None if moment is None else (clock.nanoseconds(moment) - clock.epoch) // 1000 / 1e6

    return [
        DeadlineRecord(
            id=number,
            name=row.name,
            reference=row.reference,
            interval=row.interval,
            at=seconds(row.at) or 0.0,
            missed=seconds(row.missed),
            pruned=seconds(row.pruned),
            callback=row.callback,
            component="executor" if row.on_executor else "triggerer",
            state=None if row.pruned else row.state,
            output=shown(row.output),
        )
        for number, row in enumerate(rows)
    ]
