"""Notifiers: a callback as an object, its texts as templates."""

from __future__ import annotations

from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier
from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk import DAG, BaseNotifier, task

# --8<-- [start:theirs]
mail = SmtpNotifier(
    smtp_conn_id="smtp_default",
    to="oncall@example.com",
    subject="{{ ti.dag_id }}.{{ ti.task_id }} failed",
    html_content="<p>{{ exception | e }}</p><p>{{ ti.log_url }}</p>",
)
post = SlackWebhookNotifier(
    slack_webhook_conn_id="slack_webhook",
    text="{{ ti.task_id }}: {{ exception | default('the worker was lost') }}",
    timeout=2,
)
# --8<-- [end:theirs]


# --8<-- [start:ours]
class WriteDown(BaseNotifier):
    template_fields = ("line",)

    def __init__(self, line):
        super().__init__()
        self.line = line

    def notify(self, context):
        self.log.info(self.line)
        # --8<-- [end:ours]


with DAG("with_notifiers", schedule=None):

    @task(on_failure_callback=[mail, post, WriteDown("{{ ti.task_id }}, try {{ ti.try_number }}")])
    def ask_partner() -> None:
        raise ValueError("no <orders> in the answer")

    ask_partner()
