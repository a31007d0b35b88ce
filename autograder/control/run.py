"""One run of one scenario: Airflow's scheduler decides, children live, the clock moves to what is next due."""

from __future__ import annotations

import json
import signal
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from airflow.callbacks.callback_requests import CallbackRequest
from airflow.executors.workloads import ExecuteCallback, ExecuteTask

from autograder import airflow33
from autograder.airflow33 import plugins
from autograder.airflow33.metrics import is_airflows
from autograder.airflow33.scheduling import Scheduling, TaskRow, Unsupported
from autograder.airflow33.supervision import CallbackSupervision, TaskSupervision
from autograder.airflow33.triggering import requested
from autograder.control import dagfile
from autograder.control.children import Children, JailBroken
from autograder.control.clock import NS, Clock, epoch_for
from autograder.control.ending import deadline_records, task_records
from autograder.control.files import Folder
from autograder.control.job import Job
from autograder.control.live import Live
from autograder.control.overrun import culprit, overrun
from autograder.control.people import People
from autograder.control.problems import (
    Unrunnable,
    no_tasks,
    nobody_answers,
    ran_too_long,
    scheduler_failed,
    starved,
    trigger_lost,
)
from autograder.control.recording import Recording
from autograder.control.room import Room, furnish
from autograder.control.scratch import remove
from autograder.control.stuck import Rounds, Stuck, record
from autograder.control.triggerer import Triggerer
from autograder.control.wall import WallReached, at_the_latest
from autograder.control.watch import LimitReached, Watch
from autograder.control.world import World
from autograder.evidence import Evidence, Problem, RunOutcome
from autograder.faults import Fault, LosesMachine, LosesWorker
from autograder.limits import Limit
from autograder.scenario import secret_for
from autograder.services import Ledger

__all__ = ["Run", "execute"]

HORIZON = 14
"""Virtual days after which a run that has not ended is stopped."""
_LATE = 2.0
"""Real seconds after the wall in which a run may still end by itself."""
_PENDING = {"up_for_retry", "up_for_reschedule", "awaiting_input", "running"}
_ENDED = {"success", "failed", "skipped", "upstream_failed", "removed"}


def execute(job: Job, world: World) -> Evidence:
    """Run the scenario and return its evidence, whatever becomes of it."""
    clock = Clock(epoch_for(job.seed))
    root = Path(tempfile.mkdtemp(prefix="run-", dir=world.rooms))
    root.chmod(0o755)
    room = run = None
    try:
        room = furnish(world.door, job.limits, root)
        run = Run(job, world, clock, room)
        return run.evidence()
    finally:
        if run is not None:
            run.stop()
        clock.stop()
        if room is not None:
            room.close()
        remove(root)


@dataclass
class _Timings:
    values: dict[str, float] = field(default_factory=dict)
    last: float = field(default_factory=time.monotonic)

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.values[name] = round(self.values.get(name, 0) + (now - self.last) * 1000, 1)
        self.last = now


class Run:
    """One run. ``rounds`` is the loop; the oracle among the tests puts Airflow's own loop in its place."""

    def __init__(self, job: Job, world: World, clock: Clock, room: Room) -> None:
        self._job, self._world, self._clock = job, world, clock
        self._scenario = job.scenario
        self._wall = time.monotonic() + job.limits.wall
        self._timings = _Timings()
        self._horizon = clock.epoch + HORIZON * 24 * 3600 * NS
        self._requested: list[CallbackRequest] = []
        self._secrets: dict[str, str] = {}
        self._dag = dagfile.Dag()
        self._state: str | None = None
        self._run_ended: float | None = None
        self._rows: list[TaskRow] = []
        self._run_id = self._name_run()
        self._room = room
        room.bring(Path(job.folder), "dags")
        if job.plugins is not None:
            room.bring(Path(job.plugins), "plugins")
        shown = {f"{room.dags}/": "", room.dags: "", room.work: "/work", room.tmp: "/tmp"}
        self._recording = Recording(lambda: clock.seconds, shown)
        self._folder = Folder(room.private, clock.now / NS, room.user)
        ledger, door = Ledger(job.limits.mails), world.door
        self._children = Children(
            job,
            world,
            clock,
            self._recording,
            self._folder,
            room,
            self._wall,
            Watch(
                job.limits,
                room.outside,
                world.scratch,
                below=lambda: door.below,
                own=lambda: door.own,
                spent=lambda: door.spent,
                delivered=lambda: ledger.over,
            ),
            self._on_end,
        )
        plugins.use(Path(job.plugins) if job.plugins else None)
        world.reset()
        world.stand_ins.begin(job.scenario, lambda: clock.seconds, ledger)
        self._scheduling = Scheduling(self._start_task, self._start_callback, self._requested.append)
        self._triggerer = Triggerer(self._children, self._scheduling.deadlines)
        self._people = People(job.scenario, clock, self._scheduling, job.entry, self._horizon)
        self._timings.lap("prepare")

    def _name_run(self) -> str:
        moment = datetime.fromtimestamp(self._clock.epoch / NS, UTC).isoformat()
        name = f"{self._job.seed}\0{self._job.name}"
        return f"manual__{moment}_{blake2b(name.encode(), digest_size=4, key=b'run').hexdigest()}"

    def evidence(self) -> Evidence:
        outcome: RunOutcome = "ran"
        problem: Problem | None = None
        try:
            with at_the_latest(self._wall + _LATE):
                self._begin()
                self._timings.lap("parse")
                self.rounds()
        except Unrunnable as error:
            outcome, problem = error.outcome, error.problem
        except WallReached:
            busy = sorted({f"`{live.who.task_id or self._job.entry}`" for live in self._children.live})
            ended = self._overrun("wall", ", ".join(busy) or "The run")
            outcome, problem = ended.outcome, ended.problem
        except LimitReached as reached:
            ended = self._overrun(reached.limit, reached.what)
            outcome, problem = ended.outcome, ended.problem
        except Unsupported as error:
            outcome = "unsupported"
            problem = Problem(title=f"This grader does not run this part of Airflow yet: {error}.")
        except JailBroken as error:
            outcome = "unsupported"
            problem = Problem(
                title=f"The jail does not hold on this machine, so nothing was run in it. Untrue here: {error}.",
                advice="`autograder doctor` says what this machine offers. Keep course, work folder and submissions "
                "out of /usr and of the interpreter's own folder; or ask for another layer with AUTOGRADER_LAYER.",
            )
        except Stuck as error:
            outcome = "stuck"
            problem = record(error, self._clock, self._state, self._rows, self._children.live, self._due())
        except Exception as error:
            failed = scheduler_failed(error, self._job.entry)
            if failed is None:
                raise
            outcome, problem = failed.outcome, failed.problem
        self._timings.lap("run")
        self.stop()
        return self._record(outcome, problem)

    def _overrun(self, limit: Limit, what: str) -> Unrunnable:
        """What to say of a limit that is used up, as things are at this moment."""
        last, alive = self._children.last, self._children.live
        if limit == "wall" and last not in alive:
            last = None
        others = [live.who.task_id or live.who.work for live in alive if live is not last]
        return overrun(
            limit,
            self._job.limits,
            culprit(last, self._recording.calls, self._job.folder, self._job.entry),
            what=what,
            others=[f"`{name}`" for name in others if name],
        )

    def stop(self) -> None:
        """End every process of this run."""
        self._children.stop()

    def _begin(self) -> None:
        job, clock = self._job, self._clock
        parsed = dagfile.imported(self._children, clock, job.entry)
        self._dag = dag = dagfile.read(parsed, job, self._children, self._room.dags)
        dagfile.create(dag, parsed, job, clock.epoch, self._run_id)
        assert dag.id is not None
        self._scheduling.begin(dag.id, self._run_id)
        self._children.run = (dag.id, self._run_id)
        if not self._scheduling.rows()[1]:
            raise no_tasks(datetime.fromtimestamp(clock.epoch / NS, UTC), job.entry, dag.id, dag.operators)

    # -- the run ----------------------------------------------------------------------------------------------

    def rounds(self) -> None:
        """Round after round of Airflow's scheduler, and what happens between them, until the run is over."""
        rounds = Rounds()
        while True:
            busy = self._scheduling.step()
            busy = self.between_rounds() or busy
            # To the millisecond: a moment that is due again and again moves the clock by a microsecond each time.
            moment = self._clock.now // (NS // 1000)
            rounds.look((moment, self._children.heard, self._state, self._rows, self._scheduling.beside))
            if self.over:
                return
            if not busy or self._settled():
                self.pass_time()

    def between_rounds(self) -> bool:
        """What follows from a round, at the same moment. True when that is something for the next round to see."""
        # What the scheduler has skipped or failed by rule has consequences, which it sees in its next round.
        busy = self._look_at_states()
        if self._children.unsupported:
            raise Unsupported(self._children.unsupported)
        busy = self._end_unwanted() or busy
        busy = self._run_requested_callbacks() or busy
        busy = self._tend_triggers() or busy
        if time.monotonic() > self._wall:
            raise WallReached
        return busy

    @property
    def over(self) -> bool:
        """Whether nothing can happen any more."""
        if self._children.live or self._requested or self._scheduling.hurries or not self._people.done:
            return False
        # The alert comes after a run that failed, unless that is never.
        last = datetime.fromtimestamp(self._horizon / NS, UTC)
        ended = self._state in ("success", "failed") and not self._scheduling.deadlines.waiting(last)
        return ended and not self._scheduling.others_go_on

    def pass_time(self) -> None:
        """Go to the next moment at which something is due, and do what children and people do then.

        :raises Unrunnable: when nothing can become of the run, or too late.
        """
        due = self._due()
        if not self._only_children_wake(due):
            self._jump(due)
        # The triggerer sees what has become of its triggers before the scheduler has begun another task.
        self._tend_triggers()

    def _jump(self, due: int | None) -> None:
        moment = self._next_moment(due)
        if moment > self._horizon:
            waiting = [row.task_id for row in self._rows if row.state in ("running", "deferred")]
            aside = [live.who.work for live in self._children.live if live.who.deadline is not None]
            callbacks = [work.rpartition(".")[2] for work in aside if work]
            raise ran_too_long(HORIZON, [*waiting, *callbacks])
        self._clock.move(moment)
        self._children.wake_due()
        self._people.act(bool(self._asking()))

    def _settled(self) -> bool:
        """Whether nothing can happen before the clock moves: every task has ended, is waiting or is running.

        Another round of the scheduler would find nothing to do, and is not cheap.
        """
        if self._scheduling.hurries:
            return False
        states = {row.state for row in (*self._rows, *self._scheduling.beside)}
        return bool(states & _PENDING) and states <= _PENDING | _ENDED

    def _next_moment(self, due: int | None) -> int:
        moments = [moment for moment in (due, self._children.next_moment()) if moment is not None]
        if not moments:
            if asking := self._asking():
                raise nobody_answers(asking, self._job.entry)
            if lost := self._triggerer.lost():
                raise trigger_lost(lost, self._job.entry)
            if starving := self._scheduling.starving():
                raise starved(starving, self._job.entry)
            states = ", ".join(f"{row.task_id} {row.state}" for row in self._rows)
            raise Stuck(f"nothing is due any more (run {self._state}; {states})")
        return min(moments)

    def _due(self) -> int | None:
        """The next moment at which something happens that comes from none of the children."""
        due = self._scheduling.due()
        moments = [
            None if due is None else self._clock.nanoseconds(due),
            self._people.due(bool(self._asking())),
        ]
        return min((moment for moment in moments if moment is not None), default=None)

    def _asking(self) -> list[str]:
        """The tasks that wait for a person."""
        rows = (*self._rows, *self._scheduling.beside)
        return [row.task_id for row in rows if row.state == "awaiting_input"]

    def _only_children_wake(self, due: int | None) -> bool:
        """Let sleeping children go on as long as none of them talks or ends: the database does not change."""
        children = self._children
        until = self._horizon if due is None else min(due, self._horizon)
        before = children.heard
        for _ in range(10_000):
            moment = children.next_moment()
            if moment is None or moment >= until:
                return False
            self._clock.move(moment)
            children.wake_due()
            if children.heard != before:
                return True
        return True

    def _look_at_states(self) -> bool:
        """Whether anything has changed since the last look."""
        before = self._state, self._rows, self._scheduling.beside
        self._state, self._rows = self._scheduling.rows()
        if self._state != before[0]:
            self._run_ended = self._clock.seconds if self._state in ("success", "failed") else None
        self._recording.states(self._rows)
        return (self._state, self._rows, self._scheduling.beside) != before

    def _end_unwanted(self) -> bool:
        """A task whose state was changed from outside (by a run's timeout, say) is told to stop, as at a heartbeat."""
        rows = (*self._rows, *self._scheduling.beside)
        running = {row.id for row in rows if row.state == "running"}
        unwanted = [
            live
            for live in self._children.live
            if isinstance(live.supervision, TaskSupervision)
            and str(live.supervision.ti_id) not in running
            and not live.terminal
            and live.kill_at is None
        ]
        for live in unwanted:
            self._children.end(live)
        return bool(unwanted)

    def _run_requested_callbacks(self) -> bool:
        requests, self._requested[:] = list(self._requested), []
        for request in requests:
            self._children.serve(self._children.start_dag_file(request))
        return bool(requests)

    def _tend_triggers(self) -> bool:
        """Whether there was a trigger to start or to cancel, or something that one asks of the DAG processor."""
        deferred = any(row.state == "deferred" for row in (*self._rows, *self._scheduling.beside))
        if not (deferred or self._triggerer.works or self._scheduling.deadlines.any):
            return False
        tended = self._triggerer.tend()
        requests = requested()
        self._requested += requests
        return tended or bool(requests)

    def _start_callback(self, workload: ExecuteCallback) -> None:
        deadline = self._scheduling.deadlines.of_callback(workload.callback.id)
        self._children.serve(self._children.start_callback(workload, deadline))

    def _start_task(self, workload: ExecuteTask) -> None:
        ti = workload.ti
        own = (ti.dag_id, ti.run_id) == (self._dag.id, self._run_id)
        fault = self._scenario.fault_for(ti.task_id, ti.try_number) if own else None
        filled = None if fault is None else self._filled(fault, ti.task_id, ti.try_number)
        live = self._children.start_task(workload, fault, filled)
        self._look_at_states()
        self._children.serve(live)

    def _filled(self, fault: Fault, task_id: str, try_number: int) -> dict[str, Any]:
        secret = secret_for(self._job.seed, self._job.name, task_id, try_number)
        self._secrets[f"{task_id}#{try_number}"] = secret
        filled: dict[str, Any] = json.loads(fault.model_dump_json().replace("{secret}", secret))
        return filled

    def _on_end(self, live: Live) -> None:
        exit_code = live.child.exit_code if live.child.exit_code is not None else 1
        # One that asks what nobody answers there would wait for the answer for ever: nothing comes of it.
        if isinstance(live.supervision, CallbackSupervision) and not live.child.breaches:
            self._scheduling.ended(live.supervision.key, exit_code == 0)
        if not isinstance(live.supervision, TaskSupervision):
            return
        lost = exit_code == -signal.SIGKILL and live.kill_at is None
        if lost and isinstance(live.fault, LosesMachine):
            self._scheduling.gone_silent(live.supervision.ti_id)
            return
        # When the worker is lost with its supervisor, nobody reports anything: the executor alone notices.
        unreported = lost and isinstance(live.fault, LosesWorker)
        reported = not unreported and live.supervision.finish(exit_code)
        self._scheduling.ended(live.supervision.key, reported)
        self._look_at_states()

    # -- the record -------------------------------------------------------------------------------------------

    def _record(self, outcome: RunOutcome, problem: Problem | None) -> Evidence:
        collected = self._world.stand_ins.collect()
        recording = self._recording
        deliveries = [*collected.mails, *collected.slack, *collected.metrics, *collected.posts]
        metrics = [m.model_copy(update={"own": is_airflows(m.name)}) for m in collected.metrics]
        recording.drop("files", self._folder.dropped)
        executions = sorted(recording.executions, key=lambda execution: execution.id)
        self._timings.lap("record")
        return Evidence(
            name=self._job.name,
            scenario=self._scenario,
            seed=self._job.seed,
            secrets=self._secrets,
            airflow=airflow33.version(),
            epoch=datetime.fromtimestamp(self._clock.epoch / NS, UTC).isoformat(),
            dag_id=self._dag.id,
            run_id=self._run_id if self._dag.id else None,
            outcome=outcome,
            problem=problem,
            state=self._state,
            run_ended=self._run_ended,
            ended=self._clock.seconds,
            tasks=task_records(
                self._rows,
                self._dag.operators,
                executions,
                self._dag.counted,
                dag_id=self._dag.id,
                run_id=self._run_id,
            ),
            task_ids=list(self._dag.operators),
            declared=self._dag.declared,
            mailing=self._dag.mailing,
            executions=executions,
            transitions=recording.transitions,
            deadlines=deadline_records(self._scheduling.deadlines.rows(), self._clock, recording.shown),
            calls=recording.finished_calls(deliveries),
            logs=recording.logs,
            mails=collected.mails,
            slack=collected.slack,
            metrics=metrics,
            posts=collected.posts,
            leases=collected.leases,
            wrong_keys=collected.wrong_keys,
            files=self._folder.records(),
            dropped=recording.dropped | collected.dropped,
            isolation=self._children.isolation(),
            timings=self._timings.values,
        )
