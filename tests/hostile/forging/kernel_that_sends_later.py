"""The work itself gives its leases back, by connections that the system is told to hold back (``TCP_CORK``): what was
sent before the outcome arrives after it, and nobody was alive who might have sent it."""

import os
import socket
from datetime import timedelta
from urllib.parse import urlsplit

from airflow.sdk import DAG, task

import coursekit

kept = []


def give_back_later(lease):
    place = urlsplit(os.environ["COURSEKIT_LEASES"])
    door = socket.create_connection((place.hostname, place.port))
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    door.sendall(f"DELETE {place.path}/{lease.id} HTTP/1.1\r\nHost: leases\r\n\r\n".encode())
    kept.append(door)


with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task
    def file_cleanup(): ...

    @task
    def connection_cleanup():
        leases = [coursekit.connect(kind) for kind in ("database", "queue")]
        for lease in leases:
            give_back_later(lease)
        print("TRIED: two requests on their way")

    file_cleanup()
    connection_cleanup()
