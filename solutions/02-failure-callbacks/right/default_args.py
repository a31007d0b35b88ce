"""One helper through ``default_args``: a table gives each task its duties; none has callbacks of its own."""

from __future__ import annotations

import html
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
import structlog
from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import DAG, BaseHook, RetryDecision, RetryPolicy, Variable, task
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.observability import stats

import coursekit

log = structlog.get_logger(__name__)

STAGED: list[Path] = []  # Task and callback share a process, as long as the worker lives.

CONFIGURATION = (ImportError, PermissionError, AirflowNotFoundException)
TRANSIENT = (
    ConnectionError,
    TimeoutError,
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
)


def kind_of(context: Any) -> tuple[str, str]:
    """The category of the error, and what to do."""
    error = context.get("exception")
    if error is None:
        return "unknown", "See whether the worker is alive."
    if isinstance(error, CONFIGURATION):
        return "configuration", "Have it set up."
    if isinstance(error, TRANSIENT):
        return "transient", "Have patience."
    return "permanent", "Have it corrected."


def facts(context: Any) -> dict[str, Any]:
    ti, error = context["ti"], context.get("exception")
    started = getattr(ti, "start_date", None)
    return {
        "dag_id": ti.dag_id,
        "task_id": ti.task_id,
        "run_id": ti.run_id,
        "try_number": ti.try_number,
        "error_type": f"{type(error).__module__}.{type(error).__qualname__}",
        "error": str(error),
        "seconds": round((datetime.now(UTC) - started).total_seconds(), 3) if started else None,
    }


def mail(context: Any) -> None:
    ti = context["ti"]
    if ti.task_id == "production_ready" and kind_of(context)[0] == "transient":
        return
    shown = {"error": facts(context)["error"], "run": ti.run_id, "try": ti.try_number, "log": ti.log_url}
    lines = "<br>".join(f"{name} {html.escape(str(value))}" for name, value in shown.items())
    with SmtpHook("smtp_default") as hook:
        hook.send_email_smtp(to="team@example.com", subject=f"{ti.dag_id}: {ti.task_id}", html_content=lines)


def slack(context: Any) -> None:
    ti = context["ti"]
    category, advice = kind_of(context)
    error = html.escape(facts(context)["error"], quote=False)
    text = f"{category}: `{ti.task_id}` failed\n>{error}\n{advice}\n{ti.log_url}"
    if context.get("exception") is not None and is_pattern(context):
        text = f"<!channel> {text}"
    hook = SlackWebhookHook(slack_webhook_conn_id="slack_webhook", timeout=2)
    hook.send_dict({"text": text, "blocks": [{"type": "markdown", "text": text}]})


def is_pattern(context: Any) -> bool:
    errors = context["task_state_store"].get("all", default=[])
    return len(errors) >= 3 and len(set(errors)) == 1


def remove_files(context: Any) -> None:
    while STAGED:
        path = STAGED.pop()
        path.unlink(missing_ok=True)
        log.info("gone", file=path.name)


def give_back(context: Any) -> None:
    while leases := coursekit.open_leases():
        for lease in leases:
            try:
                lease.close()
            except coursekit.LeaseRefused as refusal:
                log.info("refused", reason=str(refusal))


def measure(context: Any) -> None:
    log.error("task_failed", **facts(context))
    stats.incr("callback_exercise.failures")


def classify(context: Any) -> None:
    category, remedy = kind_of(context)
    log.error("error_classified", category=category, remedy=remedy, error_type=facts(context)["error_type"])
    stats.incr("callback_exercise.errors", tags={"category": category})


class Remember(RetryPolicy):
    """Sees every error before its try is reported, and leaves the decision to Airflow."""

    def evaluate(self, exception: BaseException, try_number: int, max_tries: int, context: Any = None) -> Any:
        store = context["task_state_store"]
        store.set("all", [*store.get("all", default=[]), type(exception).__qualname__])
        return RetryDecision.default()


def post(context: Any) -> None:
    connection = BaseHook.get_connection("monitoring")
    url = f"http://{connection.host}:{connection.port}/events"
    key = {"X-API-Key": connection.password}
    requests.post(url, json=facts(context), headers=key, timeout=2).raise_for_status()


Duty = Callable[[Any], None]

ON_FAILURE: dict[str, list[Duty]] = {
    "email_notification": [mail],
    "slack_notification": [slack],
    "file_cleanup": [remove_files],
    "connection_cleanup": [give_back],
    "failure_metrics": [measure],
    "error_classification": [classify],
    "production_ready": [remove_files, give_back, measure, mail, slack, post],
}
ON_RETRY: dict[str, list[Duty]] = {
    "file_cleanup": [remove_files],
    "connection_cleanup": [give_back],
    "error_classification": [classify],
    "production_ready": [remove_files, give_back],
}
ON_SUCCESS: dict[str, list[Duty]] = {"connection_cleanup": [give_back], "production_ready": [give_back]}


def nth(duties: dict[str, list[Duty]], number: int) -> Duty:
    """The callback that does a task's nth duty, if it has that many."""

    def call(context: Any) -> None:
        for duty in duties.get(context["ti"].task_id, [])[number : number + 1]:
            outcome = "success"
            try:
                duty(context)
            except Exception:
                outcome = "failure"
                log.exception("duty failed", duty=duty.__name__)
            tags = {"callback": duty.__name__, "outcome": outcome}
            stats.incr("callback_exercise.callbacks", tags=tags)

    return call


with DAG(
    "callback_exercise_dag",
    schedule=None,
    default_args={
        "retry_delay": timedelta(seconds=20),
        "on_failure_callback": [nth(ON_FAILURE, number) for number in range(6)],
        "on_retry_callback": [nth(ON_RETRY, number) for number in range(2)],
        "on_success_callback": nth(ON_SUCCESS, 0),
        "retry_policy": Remember(),
    },
) as dag:

    @task
    def email_notification() -> None: ...

    @task
    def slack_notification() -> None: ...

    @task
    def file_cleanup() -> None:
        for _ in range(2):
            with tempfile.NamedTemporaryFile("w", delete=False) as file:
                STAGED.append(Path(file.name))
                file.write("content")

    @task
    def connection_cleanup() -> None:
        coursekit.connect("queue")
        coursekit.connect("database")

    @task
    def failure_metrics() -> None:
        time.sleep(float(Variable.get("work_seconds", default="0")))

    @task
    def error_classification() -> None: ...

    @task
    def production_ready() -> None:
        coursekit.connect("database")
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            STAGED.append(Path(file.name))
            file.write("content")

    for made in (
        email_notification,
        slack_notification,
        file_cleanup,
        connection_cleanup,
        failure_metrics,
        error_classification,
        production_ready,
    ):
        made()
