"""What Airflow's examples hardly show: failures of many sorts, and what follows from them. Read by ``examples``."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import (
    DAG,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
    TriggerRule,
    setup,
    task,
    task_group,
    teardown,
)
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, AirflowTaskTimeout

with DAG("failures", default_args={"retry_delay": timedelta(minutes=5)}):

    @task(retries=1)
    def fails():
        raise OSError("always")

    @task(retries=3)
    def fails_twice(ti=None):
        if ti.try_number < 3:
            raise AirflowTaskTimeout("not yet")

    @task(retries=3)
    def gives_up():
        raise AirflowFailException("no use")

    @task(retries=1)
    def skips(ti=None):
        if ti.try_number == 1:
            raise OSError("first")
        raise AirflowSkipException("then")

    @task(retries=1)
    def of_several(number, ti=None):
        if number == 1 and ti.try_number == 1:
            raise OSError("once")
        if number == 2:
            raise OSError("always")
        if number == 3:
            raise AirflowSkipException("not this one")

    policy = ExceptionRetryPolicy(
        rules=[
            RetryRule(exception=KeyError, action=RetryAction.FAIL, reason="a mistake stays one"),
            RetryRule(exception=OSError, action=RetryAction.RETRY, retry_delay=timedelta(0)),
        ]
    )

    @task(retries=5, retry_policy=policy)
    def by_policy(ti=None):
        raise OSError if ti.try_number == 1 else KeyError

    @task(retries=1, multiple_outputs=True)
    def returns_what_it_must_not():
        return ["not a dict"]

    failed, twice, skipped, several = fails(), fails_twice(), skips(), of_several.expand(number=[0, 1, 2, 3])
    failed >> EmptyOperator(task_id="after_failure") >> EmptyOperator(task_id="after_that")
    twice >> EmptyOperator(task_id="after_success")
    (
        skipped
        >> EmptyOperator(task_id="after_skip")
        >> EmptyOperator(task_id="whatever", trigger_rule=TriggerRule.ALL_DONE)
    )
    [failed, twice, gives_up()] >> EmptyOperator(task_id="one_failed", trigger_rule=TriggerRule.ONE_FAILED)
    [skipped, twice] >> EmptyOperator(task_id="some", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    several >> EmptyOperator(task_id="all_of_them")
    several >> EmptyOperator(task_id="when_done", trigger_rule=TriggerRule.ALL_DONE)
    by_policy() >> returns_what_it_must_not()
    BashOperator(task_id="exits", bash_command="exit 3", retries=1)
    BashOperator(task_id="exits_to_skip", bash_command="exit 99", retries=1)
    BashOperator(task_id="template", bash_command="{{ no_such_thing.at_all }}", retries=1)

    @task_group
    def with_resource():
        @setup
        def take():
            return "it"

        @task
        def work(what):
            raise OSError(what)

        @teardown
        def give_back(what): ...

        taken = take()
        work(taken) >> give_back(taken)

    @task_group
    def without_resource():
        @setup
        def take():
            raise OSError("there is none")

        @task
        def work(what): ...

        @teardown
        def give_back(what): ...

        taken = take()
        work(taken) >> give_back(taken)

    with_resource()
    without_resource()

with DAG("stops_at_once", fail_fast=True):

    @task
    def goes_well(): ...

    @task
    def breaks():
        raise OSError("the end")

    goes_well() >> breaks() >> EmptyOperator(task_id="behind") >> EmptyOperator(task_id="last")
