"""What a child may ask on Airflow's wire. In production its token says so; here control knows whose child it is."""

from __future__ import annotations

from autograder.airflow33.supervision import TERMINAL, DagFileSupervision, TaskSupervision
from autograder.airflow33.triggering import TriggerSupervision
from autograder.control.live import Live
from autograder.control.wire import Breach, Request

__all__ = ["NOT_YET", "check"]

NOT_YET = {"ResendLoggingFD": "tasks that run in another Python or as another user"}
"""Requests that need a part of Airflow which this grader does not run yet, by the name of that part."""

_OWN_TASK = {"SetXCom", "DeleteXCom"}


def check(live: Live, request: Request) -> None:
    """A child speaks for its own task instance, or its file, and reports one outcome, one that is left to it.

    :raises Breach: otherwise.
    """
    body, supervision = request.body, live.supervision
    if isinstance(supervision, DagFileSupervision):
        if request.type == "DagFileParsingResult" and supervision.parsed is not None:
            raise Breach("a second parsing result")
        return
    if isinstance(supervision, TriggerSupervision):
        _check_trigger(supervision, request)
        return
    if not isinstance(supervision, TaskSupervision):
        return
    own = supervision.key
    named = (body.get("dag_id"), body.get("run_id"), body.get("task_id"))
    if request.type in _OWN_TASK and named != (own.dag_id, own.run_id, own.task_id):
        raise Breach(f"{request.type} for another task")
    if "ti_id" in body and str(body["ti_id"]) != str(supervision.ti_id):
        raise Breach(f"{request.type} for another task instance")
    if request.type in TERMINAL and live.terminal:
        raise Breach(f"a second terminal message, {request.type}")
    if request.type == "RetryTask" and not supervision.should_retry:
        raise Breach("RetryTask although no retry is left")


def _check_trigger(supervision: TriggerSupervision, request: Request) -> None:
    """It reports its own events and failures, and has to do with the task that waits for it."""
    body, row = request.body, supervision.row
    reports = [*_list(body.get("events")), *_list(body.get("failures"))]
    if any(_list(report)[:1] != [row.id] for report in reports):
        raise Breach(f"{request.type} for another trigger")
    named = (body.get("dag_id"), body.get("run_id"), body.get("task_id"))
    own = None if row.task is None else (row.task.dag_id, row.task.run_id, row.task.task_id)
    if request.type in _OWN_TASK and named != own:
        raise Breach(f"{request.type} for another task")
    if "ti_id" in body and str(body["ti_id"]) != str(row.ti_id):
        raise Breach(f"{request.type} for another task instance")


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
