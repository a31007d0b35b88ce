"""Hand-made evidence: small, and as the control side would have recorded it."""

from __future__ import annotations

from typing import Any

from autograder.evidence import (
    CallbackCall,
    CallError,
    Channel,
    DeadlineRecord,
    Evidence,
    Execution,
    LeaseRecord,
    LeftFile,
    LogEvent,
    Mail,
    Metric,
    Post,
    SlackMessage,
    TaskRecord,
    Transition,
)
from autograder.scenario import Scenario, secret_for
from autograder.services.slacktext import texts

__all__ = ["Recorder"]


class Recorder:
    """Collects what happened to one task over its tries, and makes evidence of it."""

    def __init__(
        self, name: str, scenario: Scenario, seed: int = 20261102000001, dag_id: str = "dag"
    ) -> None:
        self.name, self.scenario, self.seed, self.dag_id = name, scenario, seed, dag_id
        self.parts: dict[str, list[Any]] = {}
        self.tries: dict[str, int] = {}
        self.states: dict[str, str] = {}
        self.secrets: dict[str, str] = {}
        self._id = 0

    def _add(self, into: str, record: type, **fields: Any) -> Any:
        self._id += 1
        if "id" in record.model_fields:  # type: ignore[attr-defined]
            fields["id"] = self._id
        made = record(**fields)
        self.parts.setdefault(into, []).append(made)
        return made

    def message(self, task: str, number: int) -> str:
        """What the fault of this try says, its secret filled in."""
        secret = secret_for(self.seed, self.name, task, number)
        return self.scenario.fault_for(task, number).message.replace("{secret}", secret)  # type: ignore[union-attr]

    def attempt(self, task: str, number: int = 1, state: str = "failed") -> Recorder:
        """One try of a task, with its end; what is added next belongs to it."""
        self._add(
            "executions",
            Execution,
            component="worker",
            task_id=task,
            try_number=number,
            started=10.0 * number,
            ended=10.0 * number + 1,
            exit_code=0,
            terminal=state,
        )
        self._add(
            "transitions", Transition, at=10.0 * number + 1, task_id=task, try_number=number, state=state
        )
        self.tries[task] = max(number, self.tries.get(task, 0))
        self.states[task] = state
        self.secrets[f"{task}#{number}"] = secret_for(self.seed, self.name, task, number)
        self._now = {"task_id": task, "try_number": number, "execution": self._id - 1}
        return self

    def callback(
        self,
        kind: str = "on_failure_callback",
        *,
        index: int = 0,
        name: str = "tell",
        error: str | None = None,
        said: str = "it is gone",
        returned: bool | None = None,
        real_ms: float = 3.0,
    ) -> Recorder:
        """One callback call; what arrives next belongs to it."""
        came_back = error is None if returned is None else returned
        call = self._add(
            "calls",
            CallbackCall,
            component="worker",
            kind=kind,
            index=index,
            name=name,
            file="dag.py",
            line=12 + index,
            start=10.0 * self._now["try_number"] + 2 + index,
            end=10.0 * self._now["try_number"] + 2.5 + index,
            returned=came_back,
            real_ms=real_ms,
            error=CallError(type=error, message=said, file="dag.py", line=41) if error else None,
            **self._now,
        )
        self._call = call.id
        return self

    def _delivery(self, phase: str = "after") -> dict[str, Any]:
        call = getattr(self, "_call", None) if phase == "after" else None
        return {
            "component": "worker",
            "phase": phase,
            "at": 10.0 * self._now["try_number"] + 2,
            "call": call,
            **self._now,
        }

    def mail(
        self,
        subject: str = "dag.notify failed",
        text: str = "",
        html: str | None = None,
        phase: str = "after",
    ) -> Recorder:
        self._add(
            "mails",
            Mail,
            sender="a@example.org",
            to=["b@example.org"],
            subject=subject,
            text=text,
            html=html,
            **self._delivery(phase),
        )
        return self

    def slack(self, payload: dict[str, Any]) -> Recorder:
        self._add(
            "slack",
            SlackMessage,
            door="webhook",
            payload=payload,
            text="\n".join(texts(payload)),
            status=200,
            **self._delivery(),
        )
        return self

    def metric(self, name: str, own: bool = False, **tags: str) -> Recorder:
        self._add(
            "metrics",
            Metric,
            name=name,
            value=1,
            type="counter",
            tags=tags,
            raw=f"{name}:1|c",
            own=own,
            **self._delivery(),
        )
        return self

    def post(self, body: Any) -> Recorder:
        self._add(
            "posts",
            Post,
            method="POST",
            path="/events",
            body=body,
            authorized=True,
            status=202,
            **self._delivery(),
        )
        return self

    def log(
        self,
        event: str,
        *,
        in_callback: bool = True,
        level: str = "info",
        channel: Channel = "log",
        **fields: Any,
    ) -> Recorder:
        delivery = self._delivery("after" if in_callback else "before")
        self._add(
            "logs",
            LogEvent,
            channel=channel,
            level=level,
            logger="dag",
            event=event,
            fields=fields,
            **delivery,
        )
        return self

    def lease(self, kind: str = "database", leaked: bool = False) -> Recorder:
        self._add(
            "leases",
            LeaseRecord,
            kind=kind,
            opened=1.0,
            closed=None if leaked else 2.0,
            leaked=leaked,
            **self._now,
        )
        return self

    def file(
        self,
        path: str,
        *,
        left: bool = False,
        foreign: bool = False,
        phase: str = "before",
        remover: int | None = None,
    ) -> Recorder:
        owner = {"execution": None} if foreign else self._now
        self._add(
            "files",
            LeftFile,
            path=path,
            size=4,
            left=left,
            foreign=foreign,
            phase=None if foreign else phase,
            removed=None if remover is None else "before",
            remover=remover,
            **owner,
        )
        return self

    def dag_mail(self) -> Recorder:
        """A mail of the DAG's own callback, which is no task's."""
        self._add(
            "mails",
            Mail,
            sender="a@example.org",
            to=["b@example.org"],
            subject="dag failed",
            text="",
            execution=99,
            component="DAG processor",
            phase="import or callback",
            at=50.0,
        )
        return self

    def deadline(
        self,
        name: str | None = None,
        *,
        at: float = 7200.0,
        pruned: bool = False,
        component: str = "triggerer",
        callback: str = "alerts.late",
        state: str | None = "success",
        output: str = "",
        violations: list[str] | None = None,
    ) -> Recorder:
        """A deadline; unless it was pruned, what arrives next came of its callback."""
        made = self._add(
            "deadlines",
            DeadlineRecord,
            name=name,
            reference="DagRunQueuedAtDeadline",
            interval=at,
            at=at,
            missed=None if pruned else at + 0.01,
            pruned=at / 2 if pruned else None,
            callback=callback,
            component=component,
            state="scheduled" if pruned else state,
            output=output,
        )
        if not pruned:
            life = self._add(
                "executions",
                Execution,
                component=component,
                work=callback,
                deadline=made.id,
                started=at + 0.02,
                ended=at + 0.03,
                violations=violations or [],
            )
            self._late = {"execution": life.id, "component": component, "at": at + 0.02}
        return self

    def late_call(self, error: str | None = None, *, inside: bool = True) -> Recorder:
        """The call of the last deadline's callback. ``inside``: whether a line of the callback's own raised."""
        self._add(
            "calls",
            CallbackCall,
            execution=self._late["execution"],
            component=self._late["component"],
            task_id=None,
            kind="deadline_callback",
            context=["dag_run", "deadline"],
            index=0,
            name="late",
            file="alerts.py",
            line=3,
            start=self._late["at"],
            returned=error is None,
            error=CallError(
                type=error,
                message="'ti'" if inside else "late() missing 1 required positional argument: 'dag'",
                file="alerts.py" if inside else None,
                line=5 if inside else None,
            )
            if error
            else None,
        )
        return self

    def late_slack(self, text: str) -> Recorder:
        """What the last deadline's callback sent."""
        self._add(
            "slack",
            SlackMessage,
            door="webhook",
            payload={"text": text},
            text=text,
            status=200,
            phase="import or callback",
            **self._late,
        )
        return self

    def evidence(self, outcome: str = "ran", task_ids: list[str] | None = None, **fields: Any) -> Evidence:
        ids = task_ids or list(self.scenario.faults)
        tasks = [
            TaskRecord(
                task_id=task,
                state=self.states.get(task, "success"),
                tries=self.tries.get(task, 0),
                retries=self.scenario.retries or 0,
                counted=task not in self.scenario.faults,
                log_url=f"http://localhost:8080/dags/{self.dag_id}/runs/manual__1/tasks/{task}?try_number="
                f"{self.tries.get(task, 0)}",
            )
            for task in ids
        ]
        return Evidence(
            name=self.name,
            scenario=self.scenario,
            seed=self.seed,
            secrets=self.secrets,
            airflow="3.3.2",
            epoch="2026-11-02T00:00:00+00:00",
            dag_id=self.dag_id,
            run_id="manual__1",
            outcome=outcome,
            state="failed",
            tasks=tasks,
            task_ids=ids,
            **self.parts,
            **fields,
        )
