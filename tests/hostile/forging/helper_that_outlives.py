"""The task's process is gone when its outcome is looked at: another has reported it, and sends the mail afterwards."""

import os
from datetime import timedelta

from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import DAG, task
from airflow.sdk.execution_time.comms import CommsDecoder

kept = []
send = CommsDecoder.send


def sends(wire, msg):
    if type(msg).__name__ != "TaskState" or not kept:
        return send(wire, msg)
    smtp, text = kept
    os.write(1, b"TRIED: somebody else reports it\n")
    go, goes = os.pipe()
    if os.fork():
        os.read(go, 1)
        os._exit(0)
    write = wire.socket.sendall

    class Socket:
        def __getattr__(self, name):
            return getattr(door, name)

        def sendall(self, data):
            write(data)
            os.write(goes, b".")

    door, wire.socket = wire.socket, Socket()
    send(wire, msg)
    mail = f"Subject: {text}\r\n\r\n{text}\r\n."
    for line in ("MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>", "DATA", mail):
        smtp._smtp_client.sock.sendall(f"{line}\r\n".encode())
    os._exit(0)


CommsDecoder.send = sends


def prepare(context):
    ti = context["ti"]
    if ti.try_number > ti.max_tries:
        smtp = SmtpHook(smtp_conn_id="smtp_default").get_conn()
        kept.extend((smtp, f"{ti.dag_id}.{ti.task_id} failed at try {ti.try_number}, run {ti.run_id}"))


with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task(pre_execute=prepare)
    def email_notification(): ...

    @task
    def slack_notification(): ...

    email_notification()
    slack_notification()
