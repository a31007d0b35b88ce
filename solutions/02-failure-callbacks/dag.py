"""Exercise 02: callbacks that notify, clean up, measure and classify, alone and together."""

from __future__ import annotations

import functools
import html
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import requests
import structlog
from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import (
    DAG,
    BaseHook,
    Context,
    RetryDecision,
    RetryPolicy,
    Variable,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.observability import stats

import coursekit

log = structlog.get_logger(__name__)

Callback = Callable[[Context], None]

ON_CALL = "oncall@example.com"
TIMEOUT = 2  # seconds; Airflow allows all callbacks of a try 20 of them together
ESCALATE_AFTER = 3


class Category(StrEnum):
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    CONFIGURATION = "configuration"
    UNKNOWN = "unknown"


CLASSES: dict[Category, tuple[type[BaseException], ...]] = {
    Category.CONFIGURATION: (ImportError, PermissionError, AirflowNotFoundException),
    Category.TRANSIENT: (
        ConnectionError,
        TimeoutError,
        requests.exceptions.ConnectionError,
        requests.exceptions.Timeout,
    ),
}

REMEDIES = {
    Category.TRANSIENT: "Wait: the next try may work. If it does not, look at the other side's status page.",
    Category.PERMANENT: "Do not run it again: correct the data or the code first.",
    Category.CONFIGURATION: "Correct the connection, the permission or the package, then clear the task.",
    Category.UNKNOWN: "The worker was lost. Look at its machine, then clear the task.",
}

HEADINGS = {
    Category.TRANSIENT: ":hourglass: No answer from another system",
    Category.PERMANENT: ":x: Data or code is wrong",
    Category.CONFIGURATION: ":wrench: Something is set up wrong",
    Category.UNKNOWN: ":ghost: The worker is gone",
}


def classify(error: BaseException | None) -> Category:
    """The category of an error by its class, because its text is written for people and may say anything."""
    if error is None:
        return Category.UNKNOWN
    for category, classes in CLASSES.items():
        if isinstance(error, classes):
            return category
    return Category.PERMANENT


@dataclass(frozen=True)
class Incident:
    """What a callback may rely on, wherever Airflow runs it."""

    dag_id: str
    task_id: str
    run_id: str
    try_number: int
    log_url: str
    error: BaseException | None
    seconds: float | None

    @classmethod
    def of(cls, context: Context) -> Incident:
        ti = context["ti"]
        # Without a worker, the DAG processor runs the callback: no exception, and a ti without a start date.
        error = context.get("exception")
        started = getattr(ti, "start_date", None)
        return cls(
            dag_id=ti.dag_id,
            task_id=ti.task_id,
            run_id=ti.run_id,
            try_number=ti.try_number,
            log_url=ti.log_url,
            error=error if isinstance(error, BaseException) else None,
            seconds=(datetime.now(UTC) - started).total_seconds() if started else None,
        )

    @property
    def category(self) -> Category:
        return classify(self.error)

    @property
    def error_type(self) -> str:
        return type(self.error).__name__ if self.error else "unknown"

    @property
    def message(self) -> str:
        return str(self.error) if self.error else "The task's process ended without an exception."

    def record(self) -> dict[str, Any]:
        """The keys that every structured record and every posted event share."""
        return {
            "dag_id": self.dag_id,
            "task_id": self.task_id,
            "run_id": self.run_id,
            "try_number": self.try_number,
            "error_type": self.error_type,
            "error": self.message,
        }


def callback(function: Callback) -> Callback:
    """A callback that counts how it ended and keeps its error from whatever comes after it."""

    @functools.wraps(function)
    def call(context: Context) -> None:
        try:
            function(context)
        except Exception:
            outcome = "failure"
            log.exception("callback_failed", callback=function.__name__)
        else:
            outcome = "success"
        stats.incr("callback_exercise.callbacks", tags={"callback": function.__name__, "outcome": outcome})

    return call


def unless(category: Category, function: Callback) -> Callback:
    """The same callback, left out for errors of one category."""

    @functools.wraps(function)
    def call(context: Context) -> None:
        if Incident.of(context).category is not category:
            function(context)

    return call


# Part 2.1: tell people


def mail_subject(incident: Incident) -> str:
    return f"{incident.dag_id}.{incident.task_id} failed"


def mail_body(incident: Incident) -> str:
    rows = {
        "Error": f"{incident.error_type}: {incident.message}",
        "Try": f"try {incident.try_number}",
        "Run": incident.run_id,
        "What to do": REMEDIES[incident.category],
    }
    cells = "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in rows.items())
    link = html.escape(incident.log_url)
    return f'<table>{cells}</table><p><a href="{link}">Open the log</a></p>'


@callback
def send_email_alert(context: Context) -> None:
    incident = Incident.of(context)
    # The hook takes its timeout from the connection's extra.
    with SmtpHook(smtp_conn_id="smtp_default") as smtp:
        smtp.send_email_smtp(to=ON_CALL, subject=mail_subject(incident), html_content=mail_body(incident))


def mrkdwn(text: str) -> str:
    """Text as Slack wants it: these three characters have a meaning there."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def slack_blocks(incident: Incident, *, escalate: bool) -> list[dict[str, Any]]:
    where = f"`{incident.dag_id}.{incident.task_id}`"
    status = f"{where} *failed* at try {incident.try_number}"
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": HEADINGS[incident.category]}},
        {"type": "section", "text": {"type": "mrkdwn", "text": status}},
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": f"*{incident.error_type}*\n{mrkdwn(incident.message)}"},
        },
        {"type": "section", "text": {"type": "mrkdwn", "text": REMEDIES[incident.category]}},
        {"type": "section", "text": {"type": "mrkdwn", "text": f"<{incident.log_url}|Open the log>"}},
    ]
    if escalate:
        urgent = "<!channel> the same error at every try: this does not heal by itself."
        blocks.insert(1, {"type": "section", "text": {"type": "mrkdwn", "text": urgent}})
    return blocks


@callback
def send_slack_alert(context: Context) -> None:
    incident = Incident.of(context)
    hook = SlackWebhookHook(slack_webhook_conn_id="slack_webhook", timeout=TIMEOUT, retry_handlers=[])
    hook.send(
        text=f"{incident.dag_id}.{incident.task_id} failed",
        blocks=slack_blocks(incident, escalate=same_error_again(context)),
    )


# Part 2.2: clean up

STAGING = "staging"


def stage(names: list[str]) -> list[str]:
    """Write temporary files into a directory of this try's own and tell the callbacks where it is."""
    folder = Path(tempfile.mkdtemp(prefix="callback-exercise-"))
    # Told before the first file is written, so that work that dies halfway is cleaned up as well.
    get_current_context()["ti"].xcom_push(key=STAGING, value=str(folder))
    paths = [folder / name for name in names]
    for path in paths:
        path.write_text("a row\n")
    return [str(path) for path in paths]


@callback
def cleanup_temp_files(context: Context) -> None:
    folder = context["ti"].xcom_pull(key=STAGING)
    if folder is None or not Path(folder).is_dir():
        return  # Nothing was staged, or Airflow has called this callback for the same try before.
    for path in Path(folder).iterdir():
        path.unlink()
        log.info("file_removed", path=str(path))
    Path(folder).rmdir()


@callback
def cleanup_connections(context: Context) -> None:
    for lease in coursekit.open_leases():
        give_back(lease)


def give_back(lease: coursekit.Lease) -> None:
    for _ in range(2):
        try:
            lease.close()
        except coursekit.LeaseRefused as refusal:
            log.warning("lease_refused", kind=lease.kind, reason=str(refusal))
        else:
            log.info("lease_given_back", kind=lease.kind)
            return
    log.error("lease_lost", kind=lease.kind)


# Part 2.3: measure


@callback
def log_failure_metrics(context: Context) -> None:
    incident = Incident.of(context)
    log.error("task_failed", **incident.record(), seconds=incident.seconds)
    stats.incr("callback_exercise.failures", tags={"task": incident.task_id})


@callback
def classify_and_log_error(context: Context) -> None:
    incident = Incident.of(context)
    category = incident.category
    log.error("error_classified", **incident.record(), category=str(category), remedy=REMEDIES[category])
    stats.incr("callback_exercise.errors", tags={"category": str(category)})


# Bonus


class RememberErrors(RetryPolicy):
    """Keeps the classes of a task's errors from try to try, and decides nothing.

    Not a retry callback: by then Airflow has replaced the try's instance, and the store refuses the old one.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        if context is not None:
            store = context["task_state_store"]
            errors = store.get("errors", default={})
            store.set("errors", {**errors, str(try_number): type(exception).__name__})
        return RetryDecision.default()


def same_error_again(context: Context) -> bool:
    """Whether every try so far, and there were enough, failed with the same class of error."""
    incident = Incident.of(context)
    if incident.error is None:
        return False  # The store cannot be reached from the DAG processor.
    errors = context["task_state_store"].get("errors", default={})
    errors = {**errors, str(incident.try_number): incident.error_type}
    return len(errors) >= ESCALATE_AFTER and len(set(errors.values())) == 1


@callback
def post_event(context: Context) -> None:
    connection = BaseHook.get_connection("monitoring")
    reply = requests.post(
        f"{connection.schema}://{connection.host}:{connection.port}/events",
        json={"event": "task_failed", **Incident.of(context).record()},
        headers={"X-API-Key": connection.password or ""},
        timeout=TIMEOUT,
    )
    reply.raise_for_status()


with DAG(
    "callback_exercise_dag",
    schedule=None,
    default_args={"retries": 1, "retry_delay": timedelta(seconds=30)},
) as dag:

    @task(on_failure_callback=send_email_alert)
    def email_notification() -> None:
        """Send the report of the day."""

    @task(on_failure_callback=send_slack_alert)
    def slack_notification() -> None:
        """Send the figures of the hour."""

    @task(on_failure_callback=cleanup_temp_files, on_retry_callback=cleanup_temp_files)
    def file_cleanup() -> list[str]:
        """Stage files for a later job; they are kept if the try succeeds."""
        return stage(["orders.csv", "customers.csv"])

    @task(
        on_failure_callback=cleanup_connections,
        on_retry_callback=cleanup_connections,
        on_success_callback=cleanup_connections,
    )
    def connection_cleanup() -> None:
        """Take what the work needs; the callbacks give it back however the try ends."""
        for kind in ("database", "queue"):
            coursekit.connect(kind)

    @task(on_failure_callback=log_failure_metrics)
    def failure_metrics() -> None:
        """Work for as long as the Variable says."""
        time.sleep(float(Variable.get("work_seconds", default="0")))

    @task(on_failure_callback=classify_and_log_error, on_retry_callback=classify_and_log_error)
    def error_classification() -> None:
        """Load the data of a partner."""

    @task(
        on_failure_callback=[
            cleanup_temp_files,
            cleanup_connections,
            log_failure_metrics,
            send_slack_alert,
            unless(Category.TRANSIENT, send_email_alert),
            post_event,
        ],
        on_retry_callback=[cleanup_temp_files, cleanup_connections],
        on_success_callback=cleanup_connections,
        retry_policy=RememberErrors(),
    )
    def production_ready() -> list[str]:
        """Stage a file with the help of a database."""
        coursekit.connect("database")
        return stage(["invoices.csv"])

    email_notification()
    slack_notification()
    file_cleanup()
    connection_cleanup()
    failure_metrics()
    error_classification()
    production_ready()
