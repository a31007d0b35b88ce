"""Plain functions, classic operators, callbacks named by their paths, the standard library for mail."""

from datetime import timedelta

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback

import deadline_alerts


def broken_promise(context):
    dag_run = context["dag_run"]
    if not deadline_alerts.known(dag_run):
        text = f"{dag_run['dag_id']} is late, run {dag_run['dag_run_id']}."
        deadline_alerts.send_mail("readers@example.com", "Your report is late", text)


def no_figures(context):
    error = context.get("exception")
    timed_out = type(error).__name__ == "AirflowTaskTimeout"
    text = "The partner's server timed out." if timed_out else f"The partner's server said: {error}"
    deadline_alerts.send_mail("partner@example.com", "No figures today", text)


def run_failed(context):
    run_id = context["dag_run"].run_id
    what = f"has failed at {context['ti'].task_id}"
    if context["reason"] == "timed_out":
        what = "timed out after six hours"
    deadline_alerts.post(f"night_report {what}: run {run_id}")
    deadline_alerts.remember(run_id)


dag = DAG(
    "night_report",
    schedule=None,
    dagrun_timeout=timedelta(hours=6),
    on_failure_callback=[run_failed],
    deadline=[
        DeadlineAlert(
            DeadlineReference.AVERAGE_RUNTIME(min_runs=3),
            timedelta(minutes=30),
            AsyncCallback("deadline_alerts.warning_in_thread", kwargs={"what": "is slow"}),
        ),
        DeadlineAlert(
            DeadlineReference.DAGRUN_QUEUED_AT,
            timedelta(hours=2),
            SyncCallback(broken_promise),
        ),
        DeadlineAlert(
            DeadlineReference.DAGRUN_QUEUED_AT,
            timedelta(hours=3),
            AsyncCallback("deadline_alerts.alarm_in_thread"),
        ),
    ],
)
collect = PythonOperator(
    task_id="collect",
    python_callable=lambda: None,
    execution_timeout=timedelta(minutes=45),
    on_failure_callback=no_figures,
    retries=2,
    dag=dag,
)
compute = PythonOperator(task_id="compute", python_callable=lambda: None, dag=dag)
publish = PythonOperator(task_id="publish", python_callable=lambda: None, dag=dag)
collect >> compute >> publish
