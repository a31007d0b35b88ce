"""Exercise 02: callbacks that notify, clean up, measure and classify, alone and together."""

from __future__ import annotations

import time
from datetime import timedelta

from airflow.sdk import DAG, Variable, task

# TODO: write the callbacks. A callback is a function that takes the task's context:
#
#     def send_email_alert(context):
#         ...
#
# It becomes a task's callback as an argument: @task(on_failure_callback=send_email_alert).


with DAG(
    "callback_exercise_dag",
    schedule=None,
    default_args={"retries": 1, "retry_delay": timedelta(seconds=30)},
) as dag:
    # Part 2.1

    @task
    def email_notification() -> None:
        """Send the report of the day."""

    @task
    def slack_notification() -> None:
        """Send the figures of the hour."""

    # Part 2.2

    @task
    def file_cleanup() -> None:
        """Stage files for a later job; they are kept if the try succeeds."""
        # TODO: write two or more temporary files, and let the callbacks know where they are.

    @task
    def connection_cleanup() -> None:
        """Take what the work needs; the callbacks give it back however the try ends."""
        # TODO: take resources of two or more kinds with coursekit.connect.

    # Part 2.3

    @task
    def failure_metrics() -> None:
        """Work for as long as the Variable says."""
        time.sleep(float(Variable.get("work_seconds", default="0")))

    @task
    def error_classification() -> None:
        """Load the data of a partner."""

    # Part 2.4

    @task
    def production_ready() -> None:
        """Stage a file with the help of a database."""
        # TODO: write a temporary file and take a resource.

    email_notification()
    slack_notification()
    file_cleanup()
    connection_cleanup()
    failure_metrics()
    error_classification()
    production_ready()
