from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier
from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk import DAG, task
from probe import delta, write


def posts(context):
    SlackWebhookHook(slack_webhook_conn_id="slack_webhook").send_dict(
        {"text": f"alerts: {context['ti'].task_id}"}
    )
    write("posts", context)


SLACK = SlackWebhookNotifier(
    slack_webhook_conn_id="slack_webhook", text="alerts: {{ ti.task_id }} {{ exception }} {{ ti.try_number }}"
)
MAIL = SmtpNotifier(
    to="team@example.com", subject="alerts: {{ ti.task_id }} {{ ti.try_number }}", html_content="Look."
)

with DAG(
    "alerts",
    default_args={"retry_delay": delta(300, 1)},
    on_failure_callback=[
        SmtpNotifier(to="boss@example.com", subject="alerts: {{ reason }}", html_content="{{ run_id }}"),
        SlackWebhookNotifier(slack_webhook_conn_id="slack_webhook", text="alerts: run {{ dag_run.state }}"),
    ],
):

    @task(retries=1, on_retry_callback=SLACK, on_failure_callback=[MAIL, SLACK, posts])
    def fails():
        raise OSError("disk full")

    @task(retries=1, email="old@example.com", retry_delay=delta(300, 1))
    def old():
        raise OSError("old way")

    @task(retries=1, email="old@example.com", email_on_retry=False, email_on_failure=False)
    def silent():
        raise OSError("silent")

    @task(trigger_rule="all_done")
    def last():
        raise OSError("last")

    [fails(), old(), silent()] >> last()
