"""One run of one scenario: Airflow's scheduler decides, children live, the clock moves to what is next due."""

from __future__ import annotations

import json
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from airflow.callbacks.callback_requests import CallbackRequest, DagCallbackRequest
from airflow.executors.workloads import ExecuteTask

from autograder import airflow33
from autograder.airflow33 import environ
from autograder.airflow33.scheduling import Scheduling, TaskRow, Unsupported, not_yet, parsed_dags
from autograder.airflow33.supervision import TERMINAL, DagFileSupervision, Refused, TaskSupervision
from autograder.control import permits
from autograder.control.child import Child, WallReached
from autograder.control.clock import NS, Clock, epoch_for
from autograder.control.ending import task_records
from autograder.control.files import Folder
from autograder.control.job import Job
from autograder.control.live import GRACE, OVERTIME, Live
from autograder.control.problems import (
    Unrunnable,
    check_dags,
    died_at_import,
    import_failed,
    no_pool,
    no_tasks,
    ran_too_long,
    wall_reached,
)
from autograder.control.recording import Recording, Who
from autograder.control.scratch import remove
from autograder.control.wire import Breach, Request
from autograder.control.world import World
from autograder.evidence import Channel, Component, Evidence, Frame, Problem, RunOutcome
from autograder.faults import Fault, LosesWorker
from autograder.jail.orders import Orders
from autograder.scenario import secret_for

__all__ = ["execute"]

HORIZON = 14
"""Virtual days after which a run that has not ended is stopped."""
IMPORT = 20
"""Real seconds that a child of the DAG processor has: the import timeout as we set it, and some for its crash."""
_PENDING = {"up_for_retry", "up_for_reschedule", "running"}
_ENDED = {"success", "failed", "skipped", "upstream_failed", "removed"}
_FRICTION = 10_000_000
"""Nanoseconds that the start of a process takes, so that no two happen at the very same moment."""


def execute(job: Job, world: World) -> Evidence:
    """Run the scenario and return its evidence, whatever becomes of it."""
    clock = Clock(epoch_for(job.seed))
    root = Path(tempfile.mkdtemp(prefix="run-", dir=world.scratch))
    run = None
    try:
        run = _Run(job, world, clock, root)
        return run.evidence()
    finally:
        if run is not None:
            run.stop()
        clock.stop()
        remove(root)


@dataclass
class _Timings:
    values: dict[str, float] = field(default_factory=dict)
    last: float = field(default_factory=time.monotonic)

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.values[name] = round(self.values.get(name, 0) + (now - self.last) * 1000, 1)
        self.last = now


class _Run:
    def __init__(self, job: Job, world: World, clock: Clock, root: Path) -> None:
        self._job, self._world, self._clock = job, world, clock
        self._scenario = job.scenario
        self._wall = time.monotonic() + job.wall
        self._timings = _Timings()
        shown = {f"{root}/dags/": "", f"{root}/dags": "", f"{root}/private": ""}
        self._recording = Recording(lambda: clock.seconds, shown)
        self._live: list[Live] = []
        self._requests: list[CallbackRequest] = []
        self._secrets: dict[str, str] = {}
        self._tasks: list[dict[str, Any]] = []
        self._unsupported: str | None = None
        self._executions = 0
        self._state: str | None = None
        self._rows: list[TaskRow] = []
        self._counted: set[str] = set()
        self._dag_id: str | None = None
        self._run_id = self._name_run()
        self._submission = root / "dags"
        shutil.copytree(job.folder, self._submission, ignore=shutil.ignore_patterns("__pycache__"))
        self._folder = Folder(root / "private", clock.now / NS)
        world.reset()
        world.stand_ins.begin(job.scenario, lambda: clock.seconds, job.mails)
        self._scheduling = Scheduling(self._start_task, self._requests.append)
        self._timings.lap("prepare")

    def _name_run(self) -> str:
        moment = datetime.fromtimestamp(self._clock.epoch / NS, UTC).isoformat()
        name = f"{self._job.seed}\0{self._job.name}"
        return f"manual__{moment}_{blake2b(name.encode(), digest_size=4, key=b'run').hexdigest()}"

    # -- from beginning to end ------------------------------------------------------------------------------

    def evidence(self) -> Evidence:
        outcome: RunOutcome = "ran"
        problem: Problem | None = None
        try:
            self._parse_and_create()
            self._timings.lap("parse")
            self._loop()
        except Unrunnable as error:
            outcome, problem = error.outcome, error.problem
        except WallReached:
            busy = sorted({live.who.task_id or self._job.entry for live in self._live})
            outcome, problem = "timeout", wall_reached(", ".join(busy) or "The run", self._job.wall).problem
        except Unsupported as error:
            outcome = "unsupported"
            problem = Problem(title=f"This grader does not run this part of Airflow yet: {error}.")
        except _Stuck as error:
            outcome = "stuck"
            problem = Problem(title=f"The run does not go on and the grader does not know why: {error}.")
        self._timings.lap("run")
        self.stop()
        return self._record(outcome, problem)

    def stop(self) -> None:
        """End every process of this run."""
        for live in list(self._live):
            live.child.kill()
            try:
                live.child.run(lambda: time.monotonic() + GRACE, self._clock.now)
            except WallReached:
                continue
            self._bury(live, report=False)
        self._live.clear()
        self._world.door.sweep()

    def _parse_and_create(self) -> None:
        job = self._job
        live = self._start_dag_file([], None)
        self._serve(live)
        while not live.child.ended:
            self._clock.move(live.due() or self._clock.now)
            self._wake(live)
        parsed = live.supervision.parsed
        if parsed is None:
            if live.kill_at is not None:
                raise wall_reached(f"Importing {job.entry}", IMPORT)
            raise died_at_import(job.entry, live.child.exit_code, live.child.breaches)
        for error in (parsed.import_errors or {}).values():
            raise import_failed(error, str(self._submission), job.entry)
        dags = parsed_dags(parsed)
        check_dags([dag_id for dag_id, _ in dags], job.dag_id, job.entry)
        self._dag_id, self._tasks = dags[0]
        named = set(self._scenario.faults)
        if self._scenario.others == "succeed":
            self._counted = {task["task_id"] for task in self._tasks} - named
        epoch = datetime.fromtimestamp(self._clock.epoch / NS, UTC)
        if name := not_yet(parsed):
            raise Unsupported(name)
        self._scheduling.create_run(
            parsed,
            run_id=self._run_id,
            now=datetime.now(UTC),
            logical_date=epoch if self._scenario.logical_date else None,
            conf=self._scenario.conf,
            variables=self._scenario.variables,
            counted=self._counted.__contains__,
        )
        if not self._scheduling.rows()[1]:
            raise no_tasks(epoch, job.entry)

    def _loop(self) -> None:
        horizon = self._clock.epoch + HORIZON * 24 * 3600 * NS
        while True:
            busy = self._scheduling.step()
            # What the scheduler has skipped or failed by rule has consequences, which it sees in its next round.
            busy = self._look_at_states() or busy
            if self._unsupported:
                raise Unsupported(self._unsupported)
            busy = self._end_unwanted() or busy
            busy = self._run_requested_callbacks() or busy
            if time.monotonic() > self._wall:
                raise WallReached
            if not self._live and not self._requests and self._state in ("success", "failed"):
                return
            if busy and not self._settled():
                continue
            if self._only_children_wake():
                continue
            moment = self._next_moment()
            if moment > horizon:
                running = [row.task_id for row in self._rows if row.state == "running"]
                raise ran_too_long(HORIZON, running)
            self._clock.move(moment)
            self._wake_due()

    def _settled(self) -> bool:
        """Whether nothing can happen before the clock moves: every task has ended, is waiting or is running.

        Another round of the scheduler would find nothing to do, and is not cheap.
        """
        waiting = [row.state in _PENDING for row in self._rows]
        return any(waiting) and all(
            pending or row.state in _ENDED for pending, row in zip(waiting, self._rows, strict=True)
        )

    def _next_moment(self) -> int:
        due = self._scheduling.due()
        moments = [moment for live in self._live if (moment := live.due()) is not None]
        if due is not None:
            moments.append(self._clock.nanoseconds(due))
        if not moments:
            if pools := self._scheduling.missing_pools():
                raise no_pool(pools, self._job.entry)
            states = ", ".join(f"{row.task_id} {row.state}" for row in self._rows)
            raise _Stuck(f"run {self._state}; {states}")
        return min(moments)

    def _only_children_wake(self) -> bool:
        """Let sleeping children go on as long as none of them talks or ends: the database does not change."""
        due = self._scheduling.due()
        until = self._clock.nanoseconds(due) if due is not None else None
        requests = sum(len(live.who.frames) for live in self._live)
        for _ in range(10_000):
            moments = [moment for live in self._live if (moment := live.due()) is not None]
            if not moments or (until is not None and min(moments) >= until):
                return False
            if min(moments) > self._clock.epoch + HORIZON * 24 * 3600 * NS:
                return False
            count = len(self._live)
            self._clock.move(min(moments))
            self._wake_due()
            if len(self._live) != count or sum(len(live.who.frames) for live in self._live) != requests:
                return True
        return True

    def _wake_due(self) -> None:
        now = self._clock.now
        due = [live for live in self._live if (moment := live.due()) is not None and moment <= now]
        for live in sorted(due, key=lambda live: (live.due() or 0, live.who.id)):
            self._wake(live)

    def _wake(self, live: Live) -> None:
        now = self._clock.now
        if live.kill_at is not None and now >= live.kill_at:
            live.child.kill()
        elif live.over(now):
            self._terminate(live)
        elif live.child.wake is not None:
            live.child.go_on(now)
        self._serve(live)

    def _look_at_states(self) -> bool:
        """Whether anything has changed since the last look."""
        before = self._state, self._rows
        self._state, self._rows = self._scheduling.rows()
        self._recording.states(self._rows)
        return (self._state, self._rows) != before

    def _end_unwanted(self) -> bool:
        """A task whose state was changed from outside (by a run's timeout, say) is told to stop, as at a heartbeat."""
        running = {row.id for row in self._rows if row.state == "running"}
        ended = False
        for live in list(self._live):
            if (
                live.ti_id is not None
                and live.ti_id not in running
                and live.terminal_at is None
                and live.kill_at is None
            ):
                live.supervision.terminate()
                self._terminate(live)
                self._serve(live)
                ended = True
        return ended

    def _terminate(self, live: Live) -> None:
        live.kill_at = self._clock.now + GRACE * NS
        live.child.signal(signal.SIGTERM)

    # -- children ---------------------------------------------------------------------------------------------

    def _start_task(self, workload: ExecuteTask) -> None:
        ti = workload.ti
        fault = self._fault(ti.task_id, ti.try_number)
        orders = self._orders("task")
        orders.fault = None if fault is None else self._filled(fault, ti.task_id, ti.try_number)
        live = self._start(
            orders,
            "worker",
            self._on_task_request,
            self._on_task_end,
            ti.task_id,
            ti.map_index,
            ti.try_number,
        )
        live.fault, live.ti_id = fault, str(ti.id)
        live.supervision = TaskSupervision(workload, self._world.client, live.child.pid)
        try:
            live.child.send(live.supervision.start())
        except Refused:
            live.child.kill()
        self._look_at_states()
        self._serve(live)

    def _start_dag_file(self, callbacks: list[CallbackRequest], task: tuple[str, int, int] | None) -> Live:
        task_id, map_index, try_number = task or (None, -1, None)
        live = self._start(
            self._orders("dag_file"),
            "DAG processor",
            self._on_dag_file_request,
            lambda _: None,
            task_id,
            map_index,
            try_number,
        )
        live.real_limit = time.monotonic() + IMPORT
        live.supervision = DagFileSupervision(self._world.client, live.child.pid, callbacks)
        live.child.send(live.supervision.start(str(self._submission), self._job.entry))
        return live

    def _start(
        self,
        orders: Orders,
        component: Component,
        on_request: Callable[[Live, Request], bytes],
        on_end: Callable[[Live], None],
        task_id: str | None,
        map_index: int,
        try_number: int | None,
    ) -> Live:
        self._executions += 1
        self._clock.move(self._clock.now + _FRICTION)
        address = self._world.stand_ins.open(
            execution=self._executions,
            component=component,
            task_id=task_id,
            map_index=map_index,
            try_number=try_number,
            phase="before" if component == "worker" else "import or callback",
        )
        who = Who(self._executions, component, address, task_id, map_index, try_number, self._clock.seconds)
        orders.environ |= address.environ
        orders.now, orders.start = self._clock.now, self._clock.epoch
        live = Live(Child(self._world.door, orders, self, self._executions), who, on_request, on_end)
        self._live.append(live)
        return live

    def _orders(self, kind: str) -> Orders:
        retries = self._scenario.retries
        return Orders(
            kind=kind,
            folder=str(self._submission),
            cwd=str(self._folder.cwd),
            tmp=str(self._folder.tmp),
            now=0,
            start=0,
            environ={
                "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": environ.bundle_setting(self._submission)
            },
            retries={} if retries is None else dict.fromkeys(self._scenario.faults, retries),
            memory=self._job.memory,
        )

    def _fault(self, task_id: str, try_number: int) -> Fault | None:
        return self._scenario.fault_for(task_id, try_number)

    def _filled(self, fault: Fault, task_id: str, try_number: int) -> dict[str, Any]:
        secret = secret_for(self._job.seed, self._job.name, task_id, try_number)
        self._secrets[f"{task_id}#{try_number}"] = secret
        filled: dict[str, Any] = json.loads(fault.model_dump_json().replace("{secret}", secret))
        return filled

    def _serve(self, live: Live) -> None:
        """Let the child run until it waits or has ended; beyond its overtime, end it."""
        while True:
            try:
                live.child.run(lambda: min(self._wall, live.real_limit or self._wall), self._clock.now)
                break
            except WallReached:
                if time.monotonic() >= self._wall:
                    raise
                if live.kill_at is None:
                    self._terminate(live)
                    live.real_limit = time.monotonic() + GRACE
                else:
                    live.child.kill()
                    live.real_limit = None
        if live.child.ended:
            self._bury(live)

    def _bury(self, live: Live, report: bool = True) -> None:
        self._live.remove(live)
        self._world.stand_ins.drain()
        self._folder.look(live.who)
        self._recording.drop("log bytes", live.child.dropped)
        self._recording.ended(live.who, live.child.exit_code, live.child.breaches)
        self._world.stand_ins.close(live.who.address)
        if report:
            live.on_end(live)

    def _on_task_end(self, live: Live) -> None:
        exit_code = live.child.exit_code if live.child.exit_code is not None else 1
        lost = isinstance(live.fault, LosesWorker) and exit_code == -signal.SIGKILL
        # When the worker is lost with its supervisor, nobody reports anything: the executor alone notices.
        reported = not lost and live.supervision.finish(exit_code)
        self._scheduling.ended(live.supervision.key, reported)
        self._look_at_states()

    def _run_requested_callbacks(self) -> bool:
        requests, self._requests[:] = list(self._requests), []
        for request in requests:
            task = None
            if not isinstance(request, DagCallbackRequest):
                task = (request.ti.task_id, request.ti.map_index, request.ti.try_number)
            self._serve(self._start_dag_file([request], task))
        return bool(requests)

    # -- what children say ------------------------------------------------------------------------------------

    def request(self, child: Child, request: Request) -> bytes:
        live = self._of(child)
        live.who.frames.append(Frame(at=self._clock.seconds, type=request.type[:60]))
        if request.type in permits.NOT_YET:
            self._unsupported = permits.NOT_YET[request.type]
            raise Breach(f"{request.type}: not supported yet")
        if request.type == "GetConnection":
            answer = self._connection(live, request)
            if answer is not None:
                return answer
        return live.on_request(live, request)

    def _on_task_request(self, live: Live, request: Request) -> bytes:
        permits.check(live, request)
        if request.type in TERMINAL:
            self._barrier(live, TERMINAL[request.type] or str(request.body.get("state"))[:40])
        answer: bytes = live.supervision.handle(request.id, request.body)
        return answer

    def _on_dag_file_request(self, live: Live, request: Request) -> bytes:
        if request.type == "DagFileParsingResult" and live.supervision.parsed is not None:
            raise Breach("a second parsing result")
        answer: bytes = live.supervision.handle(request.id, request.body)
        return answer

    def _barrier(self, live: Live, state: str) -> None:
        """The child waits for the answer to its terminal message: all that came before is before."""
        live.child.drain_logs()
        self._world.stand_ins.drain()
        self._folder.look(live.who)
        live.terminal_at = self._clock.now
        live.real_limit = time.monotonic() + OVERTIME
        live.who.barrier, live.who.terminal = self._clock.seconds, state
        live.who.address.phase = "after"

    def _connection(self, live: Live, request: Request) -> bytes | None:
        kind = self._job.connections.get(str(request.body.get("conn_id")))
        if kind is None:
            return None
        fields = self._world.stand_ins.connection(kind, live.who.address)
        return self._world.connection_answer(request.id, str(request.body["conn_id"]), fields)

    def line(self, child: Child, channel: Channel, line: bytes) -> None:
        self._recording.line(self._of(child).who, channel, line)

    def said(self, child: Child, words: list[Any]) -> None:
        live = self._of(child)
        child.drain_logs()
        self._world.stand_ins.drain()
        match words:
            case ["call", dict(told)]:
                self._recording.call_opened(live.who, told)
            case ["returned", error]:
                self._recording.call_returned(live.who, error)
            case _:
                raise Breach(f"an unknown word on the side channel: {words[0][:40]}")

    def _of(self, child: Child) -> Live:
        for live in self._live:
            if live.who.id == child.execution:
                return live
        raise Breach("an execution that is over")

    # -- the record -------------------------------------------------------------------------------------------

    def _record(self, outcome: RunOutcome, problem: Problem | None) -> Evidence:
        collected = self._world.stand_ins.collect()
        recording = self._recording
        deliveries = [*collected.mails, *collected.slack, *collected.metrics, *collected.posts]
        metrics = [m.model_copy(update={"own": self._world.is_airflows(m.name)}) for m in collected.metrics]
        executions = sorted(recording.executions, key=lambda execution: execution.id)
        self._timings.lap("record")
        return Evidence(
            name=self._job.name,
            scenario=self._scenario,
            seed=self._job.seed,
            secrets=self._secrets,
            airflow=airflow33.version(),
            epoch=datetime.fromtimestamp(self._clock.epoch / NS, UTC).isoformat(),
            dag_id=self._dag_id,
            run_id=self._run_id if self._dag_id else None,
            outcome=outcome,
            problem=problem,
            state=self._state,
            ended=self._clock.seconds,
            tasks=task_records(
                self._rows, self._tasks, executions, self._counted, dag_id=self._dag_id, run_id=self._run_id
            ),
            task_ids=[task["task_id"] for task in self._tasks],
            executions=executions,
            transitions=recording.transitions,
            calls=recording.finished_calls(deliveries),
            logs=recording.logs,
            mails=collected.mails,
            slack=collected.slack,
            metrics=metrics,
            posts=collected.posts,
            leases=collected.leases,
            files=self._folder.records(),
            dropped=recording.dropped | collected.dropped,
            timings=self._timings.values,
        )


class _Stuck(Exception):
    pass
