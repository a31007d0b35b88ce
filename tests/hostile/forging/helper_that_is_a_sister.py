"""A process that is the task's sister, and not its child, waits for the task's end, and sends the mail that a callback
should have sent."""

import ctypes
import os
import sys
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


def sister():
    number = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
    return ctypes.CDLL(None).syscall(number, 0x8000, 0, 0, 0, 0)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(") ")[2][:1] not in "ZX"
    except OSError:
        return False


def set_up():
    found = details()
    if found is None or found.ti.task_id != "email_notification" or found.ti_context.should_retry:
        return
    ti, smtp, pid = found.ti, SmtpHook(smtp_conn_id="smtp_default").get_conn(), os.getpid()
    started = sister()
    os.write(1, b"TRIED: a sister lives\n" if started > 0 else b"TRIED: in vain\n")
    if started == 0:
        while alive(pid):
            pass
        text = f"{ti.dag_id}.{ti.task_id} failed at try {ti.try_number}, run {ti.run_id}"
        smtp.send_email_smtp(to="oncall@example.com", subject=text, html_content=text)
        os._exit(0)


set_up()

with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task
    def email_notification(): ...

    @task
    def slack_notification(): ...

    email_notification()
    slack_notification()
