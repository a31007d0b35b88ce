"""What a deadline's callback is given."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, BaseNotifier, DeadlineAlert, DeadlineReference, SyncCallback, task


# --8<-- [start:callbacks]
def look(context, text):
    print("context:", *sorted(context))
    print("dag_run:", *sorted(context["dag_run"]))
    print("deadline:", context["deadline"]["deadline_time"])
    print("text:", text)


class Say(BaseNotifier):
    template_fields = ("text",)

    def __init__(self, text, **kwargs):
        super().__init__(**kwargs)
        self.text = text

    def notify(self, context):
        print("text:", self.text)


# --8<-- [end:callbacks]


# --8<-- [start:dag]
def after_an_hour(callback, text):
    callback = SyncCallback(callback, kwargs={"text": text})
    return DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=1), callback)


with DAG(
    "knows",
    schedule=None,
    deadline=[
        after_an_hour(look, "{{ dag_run.dag_id }} is late"),
        after_an_hour(Say, "{{ dag_run.dag_id }} is late: run '{{ dag_run.run_id }}'"),
        after_an_hour(Say, "{{ dag_run.dag_id }} is late: run '{{ dag_run.dag_run_id }}'"),
        after_an_hour(Say, "{{ ti.task_id }} is late"),
    ],
):
    # --8<-- [end:dag]

    @task
    def load() -> None: ...

    load()
