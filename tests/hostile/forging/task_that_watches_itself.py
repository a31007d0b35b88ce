"""No deadline at all: a thread in the task's own process sleeps for two hours, for three, for 70 minutes, and tells."""

import threading
import time

from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import DAG, task


def watch(run_id, mail, slack):
    for seconds, word in ((70 * 60, "slow"), (50 * 60, "late"), (60 * 60, "late")):
        time.sleep(seconds)
        text = f"night_report is {word}: {run_id}"
        mail.send_email_smtp(to="readers@example.com", subject=text, html_content=text)
        slack.post({"text": text})


class Slack:
    """Connected already: the thread asks Airflow for nothing."""

    def __init__(self):
        import requests

        self.address = (
            SlackWebhookHook(slack_webhook_conn_id="slack_webhook").get_connection("slack_webhook").password
        )
        self.session = requests.Session()

    def post(self, body):
        self.session.post(self.address, json=body, timeout=2)


def begin(context):
    print("TRIED")
    mail = SmtpHook(smtp_conn_id="smtp_default").get_conn()
    threading.Thread(target=watch, args=(context["run_id"], mail, Slack()), daemon=True).start()


with DAG("night_report", schedule=None):

    @task
    def collect(): ...

    @task(on_execute_callback=begin)
    def compute(): ...

    @task
    def publish(): ...

    collect() >> compute() >> publish()
