"""What a child may ask on Airflow's wire. In production its token says so; here control knows whose child it is.

What a message may contain is Airflow's business, which understands it or not. Who it is about is ours: what is
written (an XCom, a state, an outcome) is the child's own. Reading is free, as it is in production, and so are
Variables and the state of assets, which belong to nobody.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from airflow.models.taskinstancekey import TaskInstanceKey

from autograder.airflow33.supervision import TERMINAL, DagFileSupervision, TaskSupervision
from autograder.airflow33.triggering import TriggerSupervision
from autograder.control.live import Live
from autograder.control.wire import Breach, Request

__all__ = ["NOT_YET", "OWN_TASK", "check"]

NOT_YET = {"ResendLoggingFD": "tasks that run in another Python or as another user"}
"""Requests that need a part of Airflow which this grader does not run yet, by the name of that part."""

OWN_TASK = {"SetXCom", "DeleteXCom"}
"""What names a task by its ids, and may name the child's own only. What names a task instance is known by ``ti_id``;
an outcome, a rendered field or a skipped task has no name: Airflow's supervisor takes it for the child's own."""


def check(live: Live, request: Request) -> None:
    """A child speaks for its own task instance, or its file, and reports one outcome, one that is left to it.

    :raises Breach: otherwise.
    """
    supervision = live.supervision
    if isinstance(supervision, DagFileSupervision):
        _check_dag_file(supervision, request)
    elif isinstance(supervision, TriggerSupervision):
        _check_trigger(supervision, request)
    elif isinstance(supervision, TaskSupervision):
        _check_own(request, supervision.key, supervision.ti_id)
        _check_outcome(live, supervision, request)


def _check_outcome(live: Live, supervision: TaskSupervision, request: Request) -> None:
    if request.type in TERMINAL and live.terminal:
        raise Breach(f"a second terminal message, {request.type}")
    if request.type in TERMINAL and live.who.calls:
        raise Breach(f"{request.type} in the middle of a callback")
    if request.type == "SucceedTask" and live.who.began is None:
        raise Breach("SucceedTask before its work has begun")
    if request.type == "RetryTask" and not supervision.should_retry:
        raise Breach("RetryTask although no retry is left")


def _check_dag_file(supervision: DagFileSupervision, request: Request) -> None:
    """It says once what is in the file; one that was started to run callbacks says nothing of it."""
    if request.type == "DagFileParsingResult":
        if supervision.runs_callbacks:
            raise Breach("a parsing result where callbacks were to be run")
        if supervision.parsed is not None:
            raise Breach("a second parsing result")


def _check_trigger(supervision: TriggerSupervision, request: Request) -> None:
    """It reports its own events and failures, and has to do with the task that waits for it."""
    body, row = request.body, supervision.row
    reports = [_first(report) for name in ("events", "failures") for report in _list(body.get(name))]
    if any(number != row.id for number in (*reports, *_list(body.get("finished")))):
        raise Breach(f"{request.type} for another trigger")
    _check_own(request, row.task, row.ti_id)


def _check_own(request: Request, own: TaskInstanceKey | None, ti_id: UUID | None) -> None:
    """What names a task names this one; who works for no task names none.

    :raises Breach: otherwise.
    """
    body = request.body
    if request.type in OWN_TASK and (own is None or _named(body) != _key(own)):
        raise Breach(f"{request.type} for another task")
    if "ti_id" in body and (ti_id is None or body["ti_id"] != str(ti_id)):
        raise Breach(f"{request.type} for another task instance")


def _named(body: dict[str, Any]) -> tuple[Any, ...]:
    index = body.get("map_index")
    # Airflow's own way to say that a task is not mapped is one of two.
    return body.get("dag_id"), body.get("run_id"), body.get("task_id"), -1 if index is None else index


def _key(own: TaskInstanceKey) -> tuple[Any, ...]:
    return own.dag_id, own.run_id, own.task_id, own.map_index


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _first(report: object) -> object:
    return report[0] if isinstance(report, list) and report else None
