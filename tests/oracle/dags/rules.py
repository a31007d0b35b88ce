from airflow.sdk import DAG, TriggerRule, task
from airflow.sdk.exceptions import AirflowSkipException

with DAG("rules"):

    @task
    def succeeds(): ...

    @task
    def fails():
        raise OSError("always")

    @task
    def skips():
        raise AirflowSkipException("nothing to do")

    outcomes = [succeeds(), fails(), skips()]
    for rule in TriggerRule:
        if rule != TriggerRule.ALL_DONE_SETUP_SUCCESS:

            @task(task_id=rule.value, trigger_rule=rule)
            def follows(): ...

            @task(task_id=f"below_{rule.value}")
            def below(): ...

            outcomes >> follows() >> below()
