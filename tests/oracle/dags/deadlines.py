import time
from datetime import datetime, timedelta

from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback, task
from airflow.sdk.timezone import utc
from alerts import late, later, raises, raises_later

QUEUED = DeadlineReference.DAGRUN_QUEUED_AT


async def in_the_dag_file(context): ...


with DAG(
    "deadlines",
    deadline=[
        DeadlineAlert(QUEUED, timedelta(hours=2), SyncCallback(late), name="late"),
        DeadlineAlert(
            QUEUED, timedelta(hours=1), AsyncCallback(later, kwargs={"word": "early"}), name="early"
        ),
        DeadlineAlert(QUEUED, timedelta(minutes=90), SyncCallback(raises), name="raises"),
        DeadlineAlert(QUEUED, timedelta(minutes=100), AsyncCallback(raises_later), name="raises later"),
        DeadlineAlert(QUEUED, timedelta(minutes=110), AsyncCallback(in_the_dag_file), name="not importable"),
        DeadlineAlert(
            DeadlineReference.FIXED_DATETIME(datetime(2020, 1, 1, tzinfo=utc)),
            timedelta(0),
            AsyncCallback(later),
            name="long ago",
        ),
        DeadlineAlert(
            DeadlineReference.AVERAGE_RUNTIME(max_runs=3),
            timedelta(minutes=10),
            SyncCallback(late),
            name="average",
        ),
        DeadlineAlert(
            DeadlineReference.DAGRUN_LOGICAL_DATE, timedelta(minutes=30), SyncCallback(late), name="logical"
        ),
        DeadlineAlert(QUEUED, timedelta(hours=9), AsyncCallback(later), name="in good time"),
    ],
):

    @task(retries=1, retry_delay=timedelta(minutes=30))
    def work(ti=None):
        time.sleep(3600)
        if ti.try_number == 1:
            raise OSError("again")

    @task
    def below():
        time.sleep(3600)

    work() >> below()
