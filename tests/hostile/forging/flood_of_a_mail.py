"""The work gives its leases back itself, behind mails of a million lines: until the outcome has been reported, these
keep the stand-ins from reading what else has come."""

import os
import socket
from datetime import timedelta
from urllib.parse import urlsplit

from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import DAG, task

import coursekit

kept = []


def give_back(leases):
    place = urlsplit(os.environ["COURSEKIT_LEASES"])
    for lease in leases:
        door = socket.create_connection((place.hostname, place.port))
        door.sendall(f"DELETE {place.path}/{lease.id} HTTP/1.1\r\nHost: leases\r\n\r\n".encode())
        kept.append(door)


def flood():
    for _ in range(6):
        hook = SmtpHook(smtp_conn_id="smtp_default").get_conn()
        smtp = hook._smtp_client
        smtp.mail("a@example.com")
        smtp.rcpt("b@example.com")
        smtp.putcmd("data")
        smtp.getreply()
        kept.append((hook, smtp.sock))
    for _, door in kept:
        door.setblocking(False)
        for _ in range(2):
            try:
                door.send(b"\r\n" * 1_000_000)
            except BlockingIOError:
                break


with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task
    def file_cleanup(): ...

    @task
    def connection_cleanup():
        leases = [coursekit.connect(kind) for kind in ("database", "queue")]
        flood()
        print("TRIED: a flood")
        give_back(leases)

    file_cleanup()
    connection_cleanup()
