"""A scenario's evidence as a check sees it: a run, its tasks, their faults."""

from __future__ import annotations

from dataclasses import replace

from autograder.checks import reading, shape
from autograder.checks.believed import believed
from autograder.checks.collected import Attempts, Calls, Scope
from autograder.checks.deadlines import Deadlines, DeadlineView
from autograder.checks.failure import CheckFailed, CheckMistake
from autograder.checks.items import AttemptView, CallView
from autograder.checks.scoped import Scoped
from autograder.checks.shown import Shown
from autograder.checks.words import listing, no_task, state_after
from autograder.evidence import Evidence, TaskRecord
from autograder.faults import Fault, Raises

__all__ = ["FaultView", "RunView", "TaskView"]


class _Attempted(Scoped):
    """What a run and a task have beyond that."""

    @property
    def attempts(self) -> Attempts:
        lives = [
            life
            for life in self.evidence.executions
            if life.component == "worker" and life.task_id is not None
        ]
        return Attempts(self._of(AttemptView, lives), self.scope)


class RunView(_Attempted):
    """One scenario's run. In a check, the parameter named like the scenario."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(Scope(believed(evidence)))

    @property
    def name(self) -> str:
        """The scenario's."""
        return self.evidence.name

    @property
    def dag_id(self) -> str:
        return self.evidence.dag_id or ""

    @property
    def run_id(self) -> str:
        return self.evidence.run_id or ""

    @property
    def state(self) -> str | None:
        """The run's state at its end."""
        reading.current().kinds.add("tasks")
        return _state(self.evidence.state, "the run")

    @property
    def dag_callbacks(self) -> Calls:
        """Calls of the DAG's own callbacks."""
        found = tuple(
            CallView(call, self.evidence) for call in self.evidence.calls if call.kind.startswith("dag_")
        )
        return Calls(found, self.scope, ("of the DAG's own",))

    @property
    def deadlines(self) -> Deadlines:
        """The run's deadlines, in the order of their moments."""
        found = tuple(DeadlineView(one, self.evidence) for one in self.evidence.deadlines)
        return Deadlines(tuple(sorted(found, key=lambda one: (one.at, one.record.id))), self.scope)

    @property
    def deadline_callbacks(self) -> Calls:
        """Calls of the deadlines' callbacks."""
        calls = self.callbacks.that(lambda call: call.kind == "deadline_callback", "of a deadline")
        assert isinstance(calls, Calls)
        return calls

    @property
    def task_ids(self) -> list[str]:
        """The DAG's tasks, in its order."""
        reading.current().kinds.add("tasks")
        return list(self.evidence.task_ids)

    def task(self, task_id: str, map_index: int | None = None) -> TaskView:
        """A task of the run; the check fails if the DAG has none of this name."""
        records = [task for task in self.evidence.tasks if task.task_id == task_id]
        if not records and task_id not in self.evidence.task_ids:
            raise _no_task(self.evidence, task_id)
        if records and all(record.counted for record in records):
            raise CheckMistake(
                f"scenario `{self.name}` does not run `{task_id}`: it counts as succeeded. "
                f"Name it in the scenario, or write others='run'"
            )
        if map_index is not None:
            records = [record for record in records if record.map_index == map_index]
            if not records:
                raise CheckFailed(
                    f"`{task_id}` has no mapped instance {map_index}.",
                    expected=f"a task `{task_id}` with map index {map_index}",
                    observed=f"no instance {map_index}",
                )
        return TaskView(Scope(self.evidence, task_id, map_index), records)

    def __repr__(self) -> str:
        return f"<run of scenario {self.name}>"


def _state(state: str | None, whose: str) -> str | None:
    return None if state is None else Shown(state, what=f"the state of {whose}")


def _no_task(evidence: Evidence, task_id: str) -> CheckFailed:
    has = evidence.task_ids
    return CheckFailed(
        no_task(has, task_id),
        expected=f"a task `{task_id}`",
        observed=f"the tasks {listing([f'`{name}`' for name in has])}" if has else "no tasks",
    )


class TaskView(_Attempted):
    """One task of one run, all its tries; ``at_try`` narrows it to one, ``map_index`` to one instance."""

    def __init__(self, scope: Scope, records: list[TaskRecord]) -> None:
        super().__init__(scope)
        self._records = records

    @property
    def task_id(self) -> str:
        return self.scope.task_id or ""

    @property
    def state(self) -> str | None:
        """Its state as the run ended; of several mapped instances, the one state that all share, or None."""
        reading.current().kinds.add("tasks")
        states = {record.state for record in self._records}
        return _state(states.pop() if len(states) == 1 else None, f"`{self.task_id}`")

    @property
    def tries(self) -> int:
        """How many tries were started; of several mapped instances, the most."""
        reading.current().kinds.add("tasks")
        return max((record.tries for record in self._records), default=0)

    @property
    def log_url(self) -> str:
        """The address of the last try's log."""
        return self._records[-1].log_url if self._records else ""

    def state_after(self, try_number: int) -> str | None:
        """The state that a try ended in: success, failed, up_for_retry, …"""
        reading.current().kinds.add("transitions")
        index = -1 if self.scope.map_index is None else self.scope.map_index
        return state_after(self.evidence, self.task_id, index, try_number)

    def at_try(self, number: int) -> TaskView:
        """The same task, with only what belongs to this try."""
        return TaskView(replace(self.scope, try_number=number), self._records)

    @property
    def secret(self) -> str:
        """The secret of this try's fault, or of the last one's."""
        return shape.secret_of(self.evidence, self.task_id, self._try)

    @property
    def _try(self) -> int:
        return self.scope.try_number or max((record.tries for record in self._records), default=0) or 1

    @property
    def fault(self) -> FaultView:
        """The fault of this try, or of the last one."""
        return self.fault_at(self._try)

    def fault_at(self, try_number: int) -> FaultView:
        """The fault of one try."""
        fault = self.evidence.scenario.fault_for(self.task_id, try_number)
        if fault is None:
            raise CheckMistake(
                f"scenario `{self.evidence.name}` has no fault for `{self.task_id}` at try {try_number}"
            )
        return FaultView(fault, self.evidence, self.task_id, try_number)

    def __repr__(self) -> str:
        return f"<task {self.task_id} in scenario {self.evidence.name}>"


class FaultView:
    """What was done to a task's work at one try, its secret filled in."""

    def __init__(self, fault: Fault, evidence: Evidence, task_id: str, try_number: int) -> None:
        self.record = fault
        self.kind = fault.kind
        self.try_number = try_number
        self.message = shape.fault_message(evidence, task_id, try_number)
        self.secret = shape.secret_of(evidence, task_id, try_number)
        self.exception_path = fault.exception if isinstance(fault, Raises) else ""
        self.exception = self.exception_path.rpartition(".")[2]
        """The name of the exception's class, without its module."""
