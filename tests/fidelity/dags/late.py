from datetime import UTC, datetime

from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier
from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback, task
from probe import (
    DAG_CALLBACKS,
    TASK_CALLBACKS,
    body,
    delta,
    late,
    late_and_breaks,
    later,
    later_and_breaks,
    sleep,
    without_context,
    write,
)


def in_the_file(context, name):
    write(f"deadline {name}", context)


async def in_the_file_async(context, name):
    write(f"deadline {name}", context)


def alert(name, callback, reference=DeadlineReference.DAGRUN_QUEUED_AT, interval=None):
    return DeadlineAlert(reference, interval or delta(3600, 20), callback, name=name)


DEADLINES = [
    alert("executor", SyncCallback(late, kwargs={"name": "executor"})),
    alert("triggerer", AsyncCallback(later, kwargs={"name": "triggerer"})),
    alert("by path", AsyncCallback("probe.later", kwargs={"name": "by path"})),
    alert("no such path", AsyncCallback("probe.nosuch", kwargs={"name": "no such path"})),
    alert("in the file", SyncCallback(in_the_file, kwargs={"name": "in the file"})),
    alert("async in the file", AsyncCallback(in_the_file_async, kwargs={"name": "async in the file"})),
    alert("breaks", SyncCallback(late_and_breaks, kwargs={"name": "breaks"})),
    alert("async breaks", AsyncCallback(later_and_breaks, kwargs={"name": "async breaks"})),
    alert("Jinja", SyncCallback(late, kwargs={"name": "Jinja", "text": "{{ dag_run.dag_id }}"})),
    alert("without context", AsyncCallback(without_context, kwargs={"name": "without context"})),
    alert("wrong argument", SyncCallback(late, kwargs={"no_name": 1})),
    alert(
        "logical date",
        SyncCallback(late, kwargs={"name": "logical date"}),
        reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
    ),
    alert(
        "past",
        SyncCallback(late, kwargs={"name": "past", "run_state": ""}),
        reference=DeadlineReference.FIXED_DATETIME(datetime(2020, 1, 1, tzinfo=UTC)),
    ),
    alert(
        "average of nothing",
        SyncCallback(late, kwargs={"name": "average of nothing"}),
        reference=DeadlineReference.AVERAGE_RUNTIME(max_runs=3),
    ),
    alert("in time", SyncCallback(late, kwargs={"name": "in time"}), interval=delta(36000, 600)),
    alert(
        "slack",
        AsyncCallback(
            SlackWebhookNotifier,
            kwargs={"slack_webhook_conn_id": "slack_webhook", "text": "late: {{ dag_run.state }}"},
        ),
    ),
    alert(
        "mail",
        SyncCallback(
            SmtpNotifier,
            kwargs={
                "to": "a@example.com",
                "subject": "late: {{ dag_run.dag_id }}",
                "html_content": "{{ deadline.id }}",
            },
        ),
    ),
]

with DAG("late", deadline=DEADLINES, default_args=TASK_CALLBACKS, **DAG_CALLBACKS):

    @task
    def works(**context):
        sleep(7200, 40)
        body("ends", context)

    works()
