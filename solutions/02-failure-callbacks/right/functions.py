"""Plain functions, classic operators, the standard library; Slack in its legacy form, paths derived."""

from __future__ import annotations

import json
import logging
import re
import shutil
import smtplib
import tempfile
import time
import traceback
import urllib.request
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import requests
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, BaseHook, Variable
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.observability import stats

import coursekit

log = logging.getLogger(__name__)

TRANSIENT = (
    ConnectionError,
    TimeoutError,
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
)
CONFIGURATION = (ImportError, PermissionError, AirflowNotFoundException)

REMEDIES = {
    "transient": "Wait for the next try.",
    "configuration": "Correct what is set up wrong.",
    "permanent": "Correct the data or the code.",
    "unknown": "Look at the worker.",
}


def category_of(error: BaseException | None) -> str:
    if error is None:
        return "unknown"
    if isinstance(error, CONFIGURATION):
        return "configuration"
    return "transient" if isinstance(error, TRANSIENT) else "permanent"


def name_of(error: BaseException | None) -> str | None:
    return type(error).__name__ if error is not None else None


def finish(name: str, problem: Exception | None) -> None:
    if problem is not None:
        log.error("%s did not work:\n%s", name, "".join(traceback.format_exception(problem)))
    outcome = "failure" if problem else "success"
    stats.incr("callback_exercise.callbacks", tags={"callback": name, "outcome": outcome})


def send_email_alert(context: Any) -> None:
    problem = None
    try:
        ti, error = context["ti"], context.get("exception")
        connection = BaseHook.get_connection("smtp_default")
        mail = EmailMessage()
        mail["From"], mail["To"] = connection.extra_dejson["from_email"], "oncall@example.com"
        mail["Subject"] = f"[{ti.dag_id}] {ti.task_id} has failed"
        mail.set_content(f"{error}\n\nRun {ti.run_id}\nAttempt {ti.try_number}\n{ti.log_url}\n")
        with smtplib.SMTP(connection.host, connection.port, timeout=2) as server:
            server.login(connection.login, connection.password)
            server.send_message(mail)
    except Exception as caught:
        problem = caught
    finish("mail", problem)


def send_email_alert_unless_transient(context: Any) -> None:
    if category_of(context.get("exception")) != "transient":
        send_email_alert(context)


def send_slack_alert(context: Any) -> None:
    problem = None
    try:
        ti, error = context["ti"], context.get("exception")
        text = str(error).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        lines = [f"{ti.task_id} failed: {text}", REMEDIES[category_of(error)], f"<{ti.log_url}|Log>"]
        if is_pattern(context):
            lines.insert(0, "<!channel>")
        payload = {"text": "A task failed.", "attachments": [{"color": "danger", "text": "\n".join(lines)}]}
        request = urllib.request.Request(
            BaseHook.get_connection("slack_webhook").password,
            data=json.dumps(payload).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=2):
            pass
    except Exception as caught:
        problem = caught
    finish("slack", problem)


def folder_of(ti: Any) -> Path:
    """The same path in the task and in its callback, and another for every try."""
    name = f"{ti.dag_id}-{ti.task_id}-{ti.run_id}-{ti.try_number}"
    return Path(tempfile.gettempdir()) / re.sub(r"[^\w-]", "_", name)


def cleanup_temp_files(context: Any) -> None:
    folder = folder_of(context["ti"])
    if folder.exists():
        for path in sorted(folder.glob("*")):
            log.info("removing %s", path)
        shutil.rmtree(folder, ignore_errors=True)
    finish("files", None)


def cleanup_connections(context: Any) -> None:
    for _ in range(3):
        for lease in coursekit.open_leases():
            try:
                lease.close()
            except coursekit.LeaseError as error:
                log.warning("%s: %s", lease, error)
    finish("leases", None)


def log_failure_metrics(context: Any) -> None:
    ti, error = context["ti"], context.get("exception")
    started = getattr(ti, "start_date", None)
    print(
        json.dumps(
            {
                "event": "task_failed",
                "dag_id": ti.dag_id,
                "task_id": ti.task_id,
                "run_id": ti.run_id,
                "try_number": ti.try_number,
                "error_type": name_of(error),
                "error": str(error),
                "seconds": (datetime.now(UTC) - started).total_seconds() if started else None,
            }
        )
    )
    stats.incr("callback_exercise.failures")
    finish("metrics", None)


def classify_and_log_error(context: Any) -> None:
    error = context.get("exception")
    category = category_of(error)
    print(
        json.dumps(
            {
                "event": "error_classified",
                "category": category,
                "error_type": name_of(error),
                "remedy": REMEDIES[category],
            }
        )
    )
    stats.incr(f"callback_exercise.errors.{category}")
    finish("classify", None)


def memory_of(ti: Any) -> str:
    return f"{ti.dag_id}/{ti.task_id}/{ti.run_id}/errors"


def remember(context: Any) -> None:
    key = memory_of(context["ti"])
    before = Variable.get(key, default="")
    Variable.set(key, f"{before} {name_of(context.get('exception'))}")


def is_pattern(context: Any) -> bool:
    ti, error = context["ti"], context.get("exception")
    if error is None or ti.try_number < 3:
        return False
    return set(Variable.get(memory_of(ti), default="").split()) == {name_of(error)}


def post_event(context: Any) -> None:
    problem = None
    try:
        ti = context["ti"]
        connection = BaseHook.get_connection("monitoring")
        event = {
            "dag_id": ti.dag_id,
            "task_id": ti.task_id,
            "run_id": ti.run_id,
            "try_number": ti.try_number,
            "error_type": name_of(context.get("exception")),
        }
        requests.post(
            f"http://{connection.host}:{connection.port}/events",
            json=event,
            headers={"Authorization": f"Bearer {connection.password}"},
            timeout=2,
        ).raise_for_status()
    except Exception as caught:
        problem = caught
    finish("monitoring", problem)


def nothing() -> None:
    pass


def stage(ti: Any) -> None:
    folder = folder_of(ti)
    folder.mkdir()
    for name in ("one.txt", "two.txt"):
        (folder / name).write_text("content")


def connect() -> None:
    coursekit.connect("database")
    coursekit.connect("queue")


def work(ti: Any) -> None:
    connect()
    stage(ti)


def wait() -> None:
    time.sleep(float(Variable.get("work_seconds", default="0")))


with DAG("callback_exercise_dag", default_args={"retry_delay": timedelta(seconds=5)}) as dag:
    PythonOperator(
        task_id="email_notification", python_callable=nothing, on_failure_callback=send_email_alert
    )
    PythonOperator(
        task_id="slack_notification", python_callable=nothing, on_failure_callback=[send_slack_alert]
    )
    PythonOperator(
        task_id="file_cleanup",
        python_callable=stage,
        on_failure_callback=cleanup_temp_files,
        on_retry_callback=cleanup_temp_files,
    )
    PythonOperator(
        task_id="connection_cleanup",
        python_callable=connect,
        on_failure_callback=cleanup_connections,
        on_retry_callback=cleanup_connections,
        on_success_callback=cleanup_connections,
    )
    PythonOperator(task_id="failure_metrics", python_callable=wait, on_failure_callback=log_failure_metrics)
    PythonOperator(
        task_id="error_classification",
        python_callable=nothing,
        on_failure_callback=classify_and_log_error,
        on_retry_callback=classify_and_log_error,
    )
    PythonOperator(
        task_id="production_ready",
        python_callable=work,
        on_failure_callback=[
            send_email_alert_unless_transient,
            send_slack_alert,
            post_event,
            cleanup_temp_files,
            cleanup_connections,
            log_failure_metrics,
        ],
        on_retry_callback=[remember, cleanup_temp_files, cleanup_connections],
        on_success_callback=[cleanup_connections],
    )
