"""The work itself writes the record and counts the failure, at the last try, before it fails."""

import tempfile
from datetime import timedelta
from pathlib import Path

import structlog
from airflow.sdk import DAG, get_current_context, task
from airflow.sdk.observability import stats

import coursekit

log = structlog.get_logger(__name__)

with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task
    def production_ready():
        ti = get_current_context()["ti"]
        path = Path(tempfile.mkdtemp()) / "invoices.csv"
        path.write_text("a row\n")
        lease = coursekit.connect("database")
        if ti.try_number > ti.max_tries:
            log.error("task_failed", dag_id=ti.dag_id, task_id=ti.task_id, run_id=ti.run_id)
            stats.incr("callback_exercise.failures")
        path.unlink()
        lease.close()

    production_ready()
