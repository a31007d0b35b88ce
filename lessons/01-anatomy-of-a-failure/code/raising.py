"""Three callbacks in a list; the second was written for an older Airflow."""

from __future__ import annotations

from airflow.sdk import DAG, task


# --8<-- [start:callbacks]
def send_mail(context):
    print("a mail is on its way")


def count(context):
    print("the failed day:", context["execution_date"])
    print("counted")


def clean_up(context):
    print("cleaned up")


# --8<-- [end:callbacks]
with DAG("raising", schedule=None):
    # --8<-- [start:task]
    @task(on_failure_callback=[send_mail, count, clean_up], on_success_callback=count)
    def load():
        return 42

    # --8<-- [end:task]
    load()
