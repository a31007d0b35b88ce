"""A task tells the grader that it sleeps, and does not: when the other task, which runs meanwhile, lets go of a lock by
ending, it removes that one's files, as if a callback of that one's had. So do processes of its, each of which starts
the next and ends at once, so that nobody finds them to stop them."""

import ctypes
import fcntl
import json
import os
import tempfile
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, task

SIDE_CHANNEL = 4
FOLDER = Path(tempfile.gettempdir())


def seem_to_sleep(seconds):
    words = json.dumps(["sleep", time.time_ns() + seconds * 10**9]).encode()
    os.write(SIDE_CHANNEL, len(words).to_bytes(4, "big") + words)


def remove():
    for path in FOLDER.glob("own-*/*.csv"):
        path.unlink(missing_ok=True)


def never_stand_still():
    while True:
        if os.fork():
            os._exit(0)
        if (FOLDER / "held").exists():
            with open(FOLDER / "lock") as lock, suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove()
                os._exit(0)


def wait_for(path):
    while not path.exists():
        ctypes.CDLL(None).usleep(1000)


with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task(priority_weight=9)
    def connection_cleanup():
        os.write(1, b"TRIED: seems to sleep\n")
        if os.fork() == 0:
            never_stand_still()
        seem_to_sleep(600)
        wait_for(FOLDER / "held")
        with open(FOLDER / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            remove()

    @task
    def file_cleanup():
        folder = Path(tempfile.mkdtemp(prefix="own-"))
        for name in ("orders.csv", "customers.csv"):
            (folder / name).write_text("a row\n")
        # Open for as long as this process lives.
        fcntl.flock(os.open(FOLDER / "lock", os.O_CREAT | os.O_WRONLY), fcntl.LOCK_EX)
        (FOLDER / "held").write_text("")

    connection_cleanup()
    file_cleanup()
