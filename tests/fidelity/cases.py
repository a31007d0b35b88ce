"""What both worlds are asked to do: a probe DAG, faults, and the fact about Airflow that it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from autograder.faults import Fault, loses_machine, raises
from autograder.scenario import Scenario, marked, responds
from tests.fidelity.examples import EXAMPLES, example

__all__ = ["CASES", "DAGS", "Case", "When"]

DAGS = Path(__file__).with_name("dags")


@dataclass(frozen=True)
class When:
    """Somebody sets a state from outside.

    :param at: virtual seconds after the start of the run.
    :param after: really: some moments after a probe has written a line of this kind.
    """

    state: Literal["success", "failed"]
    at: float
    after: str
    task: str | None = None


@dataclass(frozen=True)
class Case:
    """One run of one DAG in each world.

    :param name: the DAG's id.
    :param fact: what it shows.
    :param place: in Airflow's source, that makes it so.
    :param faults: as in a scenario: task → fault, or a list with one per try.
    :param retries: of the tasks with a fault.
    :param dated: whether the run has a logical date.
    :param in_order: compare the order of everything that happens, not only of what happens to one task.
    :param timed: whether it matters when something begins.
    :param readable: False: the DAG processor refuses the file.
    :param quick: part of the selection that ``make test`` runs.
    """

    name: str
    fact: str
    place: str
    faults: dict[str, Fault | list[Fault | None]] = field(default_factory=dict)
    retries: int | None = None
    dated: bool = True
    in_order: bool = False
    readable: bool = True
    timed: bool = False
    quick: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    """Of the scenario: variables, conf, pools, history, responses."""
    marks: tuple[When, ...] = ()
    plugins: bool = False
    """Whether our runner is given the plugins, which the real Airflow has all the while."""
    others: tuple[str, ...] = ()
    """Ids of other DAGs of the file, which this one starts."""
    module: str | None = None
    """Where the DAG is from, if it is not one of ours."""

    @property
    def entry(self) -> str:
        """The file's own name: some take their DAG's id from it."""
        return f"{(self.module or self.name).rpartition('.')[2]}.py"

    def write(self, folder: Path) -> None:
        """Put the DAG's file there."""
        text = (DAGS / self.entry).read_text() if self.module is None else example(self.module, self.name)
        (folder / self.entry).write_text(text)

    def scenario(self) -> Scenario:
        return Scenario(
            dict(self.faults),
            others="run",
            retries=self.retries,
            logical_date="set" if self.dated else None,
            marks=[marked(one.state, at=one.at, task=one.task) for one in self.marks],
            **self.settings,
        )


CASES = [
    Case(
        "outcomes",
        "success, retries, failure, skips and upstream_failed",
        "task_runner.py:2046-2063",
        faults={
            "retried": [raises(OSError, "disk full")],
            "fails": raises(OSError, "disk full"),
            "fails_fast": raises("airflow.sdk.exceptions.AirflowFailException", "no use"),
            "ordinary": raises("airflow.sdk.exceptions.AirflowException", "as any other"),
            "exits": raises(SystemExit, "3"),
            "fails_last": raises(ValueError, "the last one"),
        },
        retries=1,
        quick=True,
    ),
    Case(
        "timeouts",
        "execution_timeout strikes at each try and calls on_kill; a sensor that times out is not retried",
        "task_runner.py:1636",
    ),
    Case(
        "deaths",
        "killed with tries left: the retry callback in the DAG processor, without an exception; on the last try none",
        "supervisor.py:1772-1780, scheduler_job_runner.py:1476-1494",
        quick=True,
    ),
    Case(
        "run_timeout",
        "dagrun_timeout skips what is not finished and tells only the DAG's own callback",
        "scheduler_job_runner.py:2870-2901",
        quick=True,
        timed=True,
    ),
    Case(
        "mapped",
        "callbacks of mapped tasks are called for each index",
        "task_runner.py:2046-2063",
    ),
    Case(
        "callbacks",
        "a callback that raises stops neither the task nor the next one; defaults are replaced, not merged",
        "task_runner.py:2058-2063",
    ),
    Case(
        "overlap",
        "a success callback may still run when the next task does",
        "supervisor.py:1796-1803",
        in_order=True,
    ),
    Case(
        "overlap_not",
        "a failed state is written after the failure callback, and others wait for it",
        "supervisor.py:1789-1795",
        in_order=True,
    ),
    Case(
        "overtime",
        "callbacks that take too long are killed, and a task that failed for good then runs again",
        "supervisor.py:1682-1697, 1772-1780",
    ),
    Case(
        "undated",
        "a run without a logical date: what the context has not, what ti has not",
        "task_runner.py:301-393",
        dated=False,
        quick=True,
    ),
    Case(
        "dag_callbacks",
        "a DAG's own callbacks, one of which raises",
        "dag_processing/processor.py:365-428",
    ),
    Case(
        "policies",
        "retry policies decide within the task's retries",
        "sdk/definitions/retry_policy.py:51-57",
    ),
    Case(
        "memory",
        "an XCom is gone at the next try, the task's state store is not",
        "task_runner.py:1558-1568",
    ),
    Case("fail_fast", "fail_fast stops what runs", "models/taskinstance.py:168", timed=True),
    Case(
        "alerts",
        "mails and Slack messages of notifiers, hooks and email=",
        "task_runner.py:2066-2156",
        quick=True,
    ),
    Case(
        "teardown",
        "a teardown runs after a failure, its scope is left out",
        "models/dagrun.py:1079-1084",
    ),
    Case(
        "lost",
        "a machine that is gone: after the heartbeat's timeout the callbacks run twice, in the DAG processor",
        "scheduler_job_runner.py:3603-3636, 1530-1567",
        faults={"gone": loses_machine(), "gone_once": [loses_machine()]},
    ),
    *(
        Case(
            f"marked_{what}_{state}",
            "somebody sets a state from outside: on_kill and no callback of the task's; of a run, none at all",
            "api/common/mark_tasks.py:213-319, supervisor.py:1723-1736",
            marks=(When(state, at=3600, after="work begins", task="long" if what == "task" else None),),
            quick=(what, state) == ("task", "failed"),
        )
        for what in ("task", "run")
        for state in ("failed", "success")
    ),
    Case(
        "marked_and_done",
        "marked failed, and done within the five seconds that are left: the success callback is called, and the "
        "state stays",
        "task_runner.py:1711-1722",
        marks=(When("failed", at=3600, after="work begins", task="stops"),),
    ),
    Case(
        "memory_in_callbacks",
        "a failure callback reads the task's state store, a retry callback finds it empty",
        "execution_api/routes/task_instances.py:664, task_state_store.py:48-57",
    ),
    Case(
        "people",
        "tasks that ask people wait without a process, and go on with the answer, the default, or not at all",
        "scheduler_job_runner.py:3417-3517",
        settings={
            "responses": {
                "ask": responds("load", after=2, params={"reason": "late"}),
                "approve": responds("Reject"),
            }
        },
    ),
    Case(
        "settings",
        "variables, the run's configuration, and a pool of one slot",
        "models/pool.py:181",
        settings={"variables": {"city": "Bern"}, "conf": {"rows": 3}, "pools": {"narrow": 1}},
        dated=False,
    ),
    Case(
        "late",
        "deadlines: what each reference counts from, where each callback runs, what it knows, what becomes of it",
        "scheduler_job_runner.py:1832-1854, models/deadline.py:220-279",
        quick=True,
        timed=True,
    ),
    Case(
        "late_after_failure",
        "a run that has failed is late all the same",
        "models/dagrun.py:1267-1277",
        timed=True,
    ),
    Case(
        "late_after_mark",
        "a run that somebody has marked success is late all the same",
        "models/dagrun.py:1267-1277, api/common/mark_tasks.py:218-319",
        marks=(When("success", at=3600, after="work begins"),),
    ),
    Case(
        "late_undated",
        "no logical date, no deadline",
        "serialization/definitions/dag.py:772-775",
        dated=False,
    ),
    Case(
        "late_against_history",
        "an average of earlier runs",
        "serialization/definitions/deadline.py:190-230",
        settings={"history": [3000.0, 3600.0]},
    ),
    Case(
        "late_by_variable",
        "an interval that a Variable says",
        "serialization/definitions/deadline.py:396",
        settings={"variables": {"patience": "10"}},
        timed=True,
    ),
    Case(
        "late_by_no_variable",
        "without the Variable there is no run",
        "serialization/definitions/deadline.py:396",
    ),
    Case(
        "late_by_own_rule",
        "a reference of one's own that no plugin lists: the file is read, and there is no run",
        "serialization/helpers.py:153-176",
    ),
    Case(
        "deferred",
        "deferred tasks resume, time out, and fail with their trigger",
        "models/trigger.py:272, scheduler_job_runner.py:3392",
        quick=True,
    ),
    Case(
        "ended_there",
        "a trigger that is not done with its event is cancelled as by a person; one may end its task, whose "
        "callbacks run in the DAG processor, but not for success",
        "jobs/triggerer_job_runner.py:1404-1414, models/trigger.py:632-709, dag_processing/processor.py:432-440",
    ),
    Case(
        "triggers_another",
        "a DAG that is not there cannot be triggered",
        "execution_api/routes/dag_runs.py:90-106",
    ),
    Case(
        "late_by_plugin",
        "a reference that a plugin brings",
        "sdk/definitions/deadline.py:323-334, serialization/helpers.py:167-176",
        plugins=True,
    ),
    Case(
        "old_sla",
        "sla= and sla_miss_callback= are taken and do nothing",
        "sdk/bases/operator.py:1179-1183, sdk/definitions/dag.py:707-714",
    ),
    *(
        Case(
            f"refused_{what}",
            why,
            place,
            readable=False,
        )
        for what, why, place in (
            ("task_deadline", "a task has no deadline", "sdk/bases/operator.py:1122"),
            (
                "sync_in_async",
                "a plain function is nothing for the triggerer",
                "sdk/definitions/callback.py:162",
            ),
            (
                "notifier_instance",
                "a notifier's instance is nothing for the triggerer, its class is",
                "sdk/definitions/callback.py:74",
            ),
            ("lambda", "a lambda is nothing for the triggerer", "sdk/definitions/callback.py:162"),
            ("reserved_word", "the context is Airflow's to give", "sdk/definitions/callback.py:62"),
        )
    ),
    Case(
        "starts_another",
        "a DAG starts another and waits for its end",
        "providers/standard/operators/trigger_dagrun.py:233",
        others=("started",),
    ),
    *(
        Case(dag_id, "as Airflow's example", f"{module.replace('.', '/')}.py", module=module)
        for module, dag_ids in EXAMPLES.items()
        for dag_id in dag_ids
    ),
]
