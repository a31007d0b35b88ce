from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
from airflow.sdk import DAG, Param, task
from probe import DAG_CALLBACKS, TASK_CALLBACKS, body, delta

with DAG("people", default_args=TASK_CALLBACKS, **DAG_CALLBACKS):
    ask = HITLOperator(
        task_id="ask",
        subject="Load the late file?",
        options=["load", "leave out"],
        params={"reason": Param("none", type="string")},
    )
    default = HITLOperator(
        task_id="default",
        subject="Load it?",
        options=["load", "leave out"],
        defaults="leave out",
        response_timeout=delta(7200, 15),
    )
    nobody = HITLOperator(
        task_id="nobody",
        subject="Load it?",
        options=["load"],
        response_timeout=delta(7200, 15),
        retries=1,
        retry_delay=delta(300, 1),
    )
    approve = ApprovalOperator(task_id="approve", subject="Go on?")

    @task
    def not_approved(): ...

    @task(trigger_rule="all_done")
    def last(**context):
        said = {
            name: context["ti"].xcom_pull(task_ids=name) for name in ("ask", "default", "nobody", "approve")
        }
        told = {name: one and [one["chosen_options"], one["params_input"]] for name, one in said.items()}
        body("last", context, told=told)
        raise OSError("last")

    end = last()
    [ask, default, nobody] >> end
    approve >> not_approved() >> end
