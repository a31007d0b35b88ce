import sys

from airflow.sdk import DAG, BaseNotifier, Metadata, TaskGroup, task
from airflow.sdk.exceptions import AirflowException
from probe import DAG_CALLBACKS, body, tells, write


def breaks(context):
    write("breaks", context)
    raise AirflowException("the callback broke")


def leaves(context):
    write("leaves", context)
    sys.exit(5)


def generates(context):
    write("generates", context)
    yield Metadata.__name__


class Note(BaseNotifier):
    template_fields = ("text",)

    def __init__(self, text):
        super().__init__()
        self.text = text

    def notify(self, context):
        write("note", context, text=self.text)


def pushes(context):
    context["ti"].xcom_push("from_callback", 42)
    write("pushes", context)


NOTE = Note("{{ ti.task_id }} {{ exception }} {{ ti.try_number }}")

with DAG("callbacks", default_args={"on_failure_callback": tells("default")}, **DAG_CALLBACKS):

    @task(on_execute_callback=breaks, on_success_callback=[breaks, tells("second")])
    def unharmed(**context):
        body("unharmed", context)

    @task(on_failure_callback=[tells("first"), breaks, NOTE, tells("last")])
    def several():
        raise OSError("several")

    @task(on_failure_callback=[generates, NOTE])
    def generating():
        raise OSError("generating")

    @task(on_failure_callback=[leaves, tells("never")])
    def left():
        raise OSError("left")

    @task(on_failure_callback=None)
    def none():
        raise OSError("none")

    @task(on_failure_callback=[])
    def empty():
        raise OSError("empty")

    @task
    def default():
        raise OSError("default")

    with TaskGroup("group", default_args={"on_failure_callback": tells("of the group")}):

        @task
        def inside():
            raise OSError("inside")

        member = inside()

    @task(on_failure_callback=pushes)
    def pushing():
        raise OSError("pushing")

    @task(trigger_rule="all_done")
    def reads(**context):
        body("reads", context, value=context["ti"].xcom_pull("pushing", key="from_callback"))

    @task(trigger_rule="all_done")
    def last():
        raise OSError("last")

    end = last()
    pushing() >> reads() >> end
    [unharmed(), several(), generating(), left(), none(), empty(), default(), member] >> end
