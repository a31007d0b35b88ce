"""Every callback is a notifier: Airflow's own for mail and Slack, some of ours for the rest."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
import structlog
from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier
from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk import DAG, BaseHook, BaseNotifier, Variable, dag, task
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.observability import stats

import coursekit

log = structlog.get_logger(__name__)

CATEGORIES = {
    "configuration": (ImportError, PermissionError, AirflowNotFoundException),
    "transient": (
        ConnectionError,
        TimeoutError,
        requests.exceptions.ConnectionError,
        requests.exceptions.Timeout,
    ),
    "permanent": (BaseException,),
}
REMEDIES = {
    "configuration": "Set it up right, then clear the task.",
    "transient": "Try again later.",
    "permanent": "Correct it, then clear the task.",
    "unknown": "Look after the worker.",
}


def category_of(context: Any) -> str:
    error = context.get("exception")
    return next((name for name, classes in CATEGORIES.items() if isinstance(error, classes)), "unknown")


def record_of(context: Any) -> dict[str, Any]:
    ti, error = context["ti"], context.get("exception")
    keys = {key: getattr(ti, key) for key in ("dag_id", "task_id", "run_id", "try_number")}
    return keys | {"error_type": type(error).__name__ if error else None, "error": str(error)}


class Counted(BaseNotifier):
    """Counts how it ended. The base class logs an error and raises it again; here it ends."""

    template_fields = ()

    def __call__(self, *args: Any) -> None:
        outcome = "success"
        try:
            super().__call__(*args)
        except Exception:
            outcome = "failure"
            log.exception("notifier failed", notifier=type(self).__name__)
        tags = {"callback": type(self).__name__, "outcome": outcome}
        stats.incr("callback_exercise.callbacks", tags=tags)


class MailAlert(Counted, SmtpNotifier):
    """One template for all mails. ``exception`` may be missing, and its text is not HTML."""

    template_fields = SmtpNotifier.template_fields

    def __init__(self) -> None:
        super().__init__(
            to="oncall@example.com",
            subject="{{ ti.dag_id }} / {{ ti.task_id }} failed",
            html_content=(
                "<h1>{{ exception | default('no exception') | string | e }}</h1>"
                "<p>Run {{ run_id | e }}, try {{ ti.try_number }}</p>"
                "<p><a href='{{ ti.log_url | e }}'>Log</a></p>"
            ),
        )


class MailAlertUnlessTransient(MailAlert):
    def notify(self, context: Any) -> None:
        if category_of(context) != "transient":
            super().notify(context)


class SlackAlert(Counted, SlackWebhookNotifier):
    template_fields = ("text",)

    def __init__(self) -> None:
        super().__init__(
            slack_webhook_conn_id="slack_webhook",
            text="{{ ti.task_id }} failed",
            timeout=2,
            retry_handlers=[],
        )

    def notify(self, context: Any) -> None:
        ti, error = context["ti"], str(context.get("exception"))
        escaped = error.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        says = [f"*{ti.task_id}* failed", escaped, REMEDIES[category_of(context)], f"<{ti.log_url}>"]
        if self.is_pattern(context):
            says.insert(0, "<!channel>")
        self.blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in says]
        super().notify(context)

    def is_pattern(self, context: Any) -> bool:
        if context.get("exception") is None:
            return False
        errors = [*earlier_errors(context), record_of(context)["error_type"]]
        return len(errors) > 2 and len(set(errors)) == 1


def errors_key(context: Any) -> str:
    ti = context["ti"]
    return f"errors of {ti.dag_id}.{ti.task_id} in {ti.run_id}"


def earlier_errors(context: Any) -> list[str]:
    return json.loads(Variable.get(errors_key(context), default="[]"))


class Remember(Counted):
    """A Variable can be written from a retry callback, where the task state store cannot."""

    def notify(self, context: Any) -> None:
        errors = [*earlier_errors(context), record_of(context)["error_type"]]
        Variable.set(errors_key(context), json.dumps(errors))


class Forget(Counted):
    def notify(self, context: Any) -> None:
        Variable.delete(errors_key(context))


class RemoveFiles(Counted):
    def notify(self, context: Any) -> None:
        for name in context["ti"].xcom_pull(key="files") or []:
            path = Path(name)
            path.unlink(missing_ok=True)
            log.info("removed", path=name)
            shutil.rmtree(path.parent, ignore_errors=True)


class GiveBack(Counted):
    def notify(self, context: Any) -> None:
        waiting = coursekit.open_leases() * 2
        for lease in waiting:
            try:
                lease.close()
            except coursekit.LeaseRefused:
                log.warning("refused", lease=repr(lease))


class Measure(Counted):
    def notify(self, context: Any) -> None:
        started = getattr(context["ti"], "start_date", None)
        seconds = (datetime.now(UTC) - started).total_seconds() if started else None
        log.error("task_failed", seconds=seconds, **record_of(context))
        stats.incr("callback_exercise.failures", tags={"dag": context["ti"].dag_id})


class Classify(Counted):
    def notify(self, context: Any) -> None:
        category = category_of(context)
        log.error("error_classified", category=category, remedy=REMEDIES[category], **record_of(context))
        stats.incr("callback_exercise.errors", tags={"category": category})


class PostEvent(Counted):
    def notify(self, context: Any) -> None:
        connection = BaseHook.get_connection("monitoring")
        reply = requests.post(
            f"http://{connection.host}:{connection.port}/events",
            json=record_of(context),
            headers={"X-API-Key": connection.password},
            timeout=2,
        )
        reply.raise_for_status()


def stage(ti: Any, *names: str) -> None:
    folder = Path(tempfile.mkdtemp())
    paths = [folder / name for name in names]
    ti.xcom_push(key="files", value=[str(path) for path in paths])
    for path in paths:
        path.write_text("content")


@dag("callback_exercise_dag", schedule=None, default_args={"retries": 2, "retry_delay": timedelta(minutes=1)})
def callback_exercise() -> None:
    @task(on_failure_callback=MailAlert())
    def email_notification() -> None: ...

    @task(on_failure_callback=SlackAlert())
    def slack_notification() -> None: ...

    @task(on_failure_callback=RemoveFiles(), on_retry_callback=RemoveFiles())
    def file_cleanup(ti: Any = None) -> None:
        stage(ti, "a.csv", "b.csv", "c.csv")

    @task(on_failure_callback=GiveBack(), on_retry_callback=GiveBack(), on_success_callback=GiveBack())
    def connection_cleanup() -> None:
        for kind in ("database", "queue", "ftp"):
            coursekit.connect(kind)

    @task(on_failure_callback=Measure())
    def failure_metrics() -> None:
        time.sleep(float(Variable.get("work_seconds", default="0")))

    @task(on_failure_callback=Classify(), on_retry_callback=Classify())
    def error_classification() -> None: ...

    @task(
        on_failure_callback=[
            SlackAlert(),
            MailAlertUnlessTransient(),
            RemoveFiles(),
            GiveBack(),
            Measure(),
            PostEvent(),
            Forget(),
        ],
        on_retry_callback=[Remember(), RemoveFiles(), GiveBack()],
        on_success_callback=[GiveBack()],
    )
    def production_ready(ti: Any = None) -> None:
        coursekit.connect("database")
        stage(ti, "d.csv")

    email_notification()
    slack_notification()
    file_cleanup()
    connection_cleanup()
    failure_metrics()
    error_classification()
    production_ready()


made: DAG = callback_exercise()
