"""The children of one run: started, served in real time while virtual time stands still, heard, and ended."""

from __future__ import annotations

import math
import signal
import sys
import time
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

from airflow.callbacks.callback_requests import CallbackRequest, DagCallbackRequest
from airflow.executors.workloads import ExecuteCallback, ExecuteTask

from autograder.airflow33 import environ
from autograder.airflow33.supervision import (
    CallbackSupervision,
    DagFileSupervision,
    Refused,
    Supervision,
    TaskSupervision,
    callback_orders,
    connection_answer,
)
from autograder.airflow33.trigger import CANCEL
from autograder.airflow33.triggering import TriggerRow, TriggerSupervision, Unkept
from autograder.control import helpers, outstanding, permits
from autograder.control.child import Child
from autograder.control.clock import NS, Clock
from autograder.control.files import Folder
from autograder.control.handed import Handed
from autograder.control.job import Job
from autograder.control.live import CANCELLED, GRACE, IMPORT, PROCESSOR, Live
from autograder.control.recording import Recording, Who
from autograder.control.room import Room, with_margin
from autograder.control.wall import WallReached
from autograder.control.watch import LimitReached, Watch
from autograder.control.wire import Allowance, Breach, Request
from autograder.control.world import World
from autograder.evidence import Alive, Channel, Component, Frame, Isolation
from autograder.faults import Fault
from autograder.jail.doors import port_of
from autograder.jail.orders import Orders

__all__ = ["Children", "JailBroken"]

Whose = tuple[str | None, int, int | None]
"""Task, map index and try."""
_NOBODY: Whose = (None, -1, None)
Deadline = tuple[int, str]
"""Its place among the run's deadlines, and the path of its callback."""
_MEMORIES, _MEMORY = 4, 2 << 30
"""How many times the run's limit one process may ask for, and bytes that it may always: much is asked for and never
touched."""
_MORE_SECONDS, _MORE_PROCESSES = 5, 64
_FRICTION = 10_000_000
"""Nanoseconds that the start of a process takes, so that no two happen at the very same moment."""


class JailBroken(Exception):
    """A child could do what its layer forbids. Nothing of the learner's has run in it, and nothing may."""


class Children:
    """They are co-routines: exactly one runs at a time, until it sleeps or ends.

    :param room: the run's own folder, with its copy of the learner's files.
    :param wall: the real moment (``time.monotonic``) at which the scenario's time is over.
    :param watch: looks at what they use while they are served.
    :param on_end: hears of the end of every child that was not stopped.
    """

    def __init__(
        self,
        job: Job,
        world: World,
        clock: Clock,
        recording: Recording,
        folder: Folder,
        room: Room,
        wall: float,
        watch: Watch,
        on_end: Callable[[Live], None],
    ) -> None:
        self._job, self._world, self._clock, self._recording = job, world, clock, recording
        self._folder, self._room, self._wall, self._on_end = folder, room, wall, on_end
        self._handed = Handed(room.outside / "dags")
        self._watch, self._log = watch, Allowance(job.limits.log)
        self._started = 0
        self._held: dict[str, bool] = {}
        """What the self-tests asked, and whether the jail held every time."""
        self._last: Live | None = None
        """Who ran last."""
        self.run = ("", "")
        """The DAG and the run that all this is about; others are those that it triggers."""
        self.live: list[Live] = []
        self.heard = 0
        """How many requests and endings there were: where it stands still, so does the database."""
        self.unsupported: str | None = None
        """What a child asked for that this grader does not run yet, by name."""

    # -- their lives ------------------------------------------------------------------------------------------

    def start_task(self, workload: ExecuteTask, fault: Fault | None, filled: dict[str, Any] | None) -> Live:
        """Start an attempt, without serving it yet.

        :param filled: the fault as the jail is to perform it.
        """

        def supervise(child: Child) -> TaskSupervision:
            return TaskSupervision(workload, self._world.client, child.pid)

        whose, work = self._whose(workload.ti)
        live = self._start("task", "worker", whose, supervise, work=work)
        live.fault, live.filled = fault, filled
        assert isinstance(live.supervision, TaskSupervision)
        try:
            live.child.send(live.supervision.start())
        except Refused:
            live.child.kill()
        return live

    def start_dag_file(self, request: CallbackRequest | None = None) -> Live:
        """Start a child of the DAG processor, which imports the file and then runs what is requested, if anything."""
        whose, work = _NOBODY, None
        if isinstance(request, DagCallbackRequest):
            work = None if (request.dag_id, request.run_id) == self.run else request.dag_id
        elif request is not None:
            whose, work = self._whose(request.ti)
        callbacks = [] if request is None else [request]

        def supervise(child: Child) -> DagFileSupervision:
            return DagFileSupervision(self._world.client, child.pid, callbacks)

        live = self._start("dag_file", "DAG processor", whose, supervise, work=work)
        live.stop_at = self._clock.now + PROCESSOR * NS
        live.real_limit = time.monotonic() + IMPORT
        assert isinstance(live.supervision, DagFileSupervision)
        live.child.send(live.supervision.start(self._room.dags, self._job.entry))
        return live

    def start_callback(self, workload: ExecuteCallback, deadline: Deadline | None) -> Live:
        """Start a deadline's callback on the executor, which gives it all the time it takes."""

        def supervise(child: Child) -> CallbackSupervision:
            return CallbackSupervision(workload, self._world.client, child.pid)

        orders = callback_orders(workload)
        work = orders["path"]
        return self._start(
            "callback", "executor", _NOBODY, supervise, work=work, callback=orders, deadline=deadline
        )

    def start_trigger(self, row: TriggerRow, deadline: Deadline | None) -> Live:
        """Start a trigger in the triggerer: a deferred task's, or the one that runs a deadline's callback."""

        def supervise(child: Child) -> TriggerSupervision:
            return TriggerSupervision(row, self._world.client, child.pid)

        whose = _NOBODY if row.task is None else self._whose(row.task)[0]
        live = self._start("trigger", "triggerer", whose, supervise, work=row.classpath, deadline=deadline)
        assert isinstance(live.supervision, TriggerSupervision)
        live.child.send(live.supervision.start())
        return live

    def serve(self, live: Live) -> None:
        """Let it run until it waits or has ended; beyond its real time, end it.

        :raises WallReached: when the scenario's time is over.
        :raises LimitReached: when it has used up another of its limits.
        """
        self._turn_to(live)
        live.resume()
        while True:
            try:
                live.child.run(
                    lambda: min(self._wall, live.real_limit or self._wall), self._clock.now, self._watch.look
                )
                break
            except WallReached:
                if time.monotonic() >= self._wall:
                    raise
                if live.kill_at is None:
                    self._time_is_up(live)
                else:
                    live.child.kill()
                    live.real_limit = None
        if live.child.ended:
            if live.child.used_up is not None:
                # Not buried yet: whose doing it is, an open call says.
                raise LimitReached(live.child.used_up)
            self._bury(live)
            self._watch.look(thorough=True)
            self._on_end(live)
        else:
            # The clock may move now: what was sent without waiting for an answer was sent before.
            self._world.stand_ins.drain()
            live.park()

    @property
    def last(self) -> Live | None:
        """Who ran last, alive or not: if anything is amiss, it is probably his doing."""
        return self._last

    def next_moment(self) -> int | None:
        """The next virtual moment at which something is to be done about one of them."""
        return min((moment for live in self.live if (moment := live.due()) is not None), default=None)

    def wake_due(self) -> None:
        """The clock has moved: let those go on whose moment has come, one after the other."""
        now = self._clock.now
        due = [live for live in self.live if (moment := live.due()) is not None and moment <= now]
        for live in sorted(due, key=lambda live: (live.due() or 0, live.who.id)):
            if live.kill_at is not None and now >= live.kill_at:
                live.child.kill()
            elif live.kill_at is None and live.late(now):
                self._time_is_up(live)
            elif live.child.wake is not None:
                live.child.go_on(now)
            self.serve(live)

    def end(self, live: Live) -> None:
        """Nobody wants this attempt any more: its state was changed from outside."""
        assert isinstance(live.supervision, TaskSupervision)
        live.supervision.terminate()
        self._terminate(live)
        self.serve(live)

    def cancel(self, live: Live) -> None:
        """Nobody waits for this trigger any more: it is told, and may clean up."""
        live.stop_at = self._clock.now + CANCELLED * NS
        live.child.signal(CANCEL)
        self.serve(live)
        if live in self.live:
            live.child.go_on(self._clock.now)
            self.serve(live)

    def stop(self) -> None:
        """End every process of this run."""
        for live in list(self.live):
            self._kill(live)
        self._world.door.sweep()

    def said(self, child: Child, words: list[Any]) -> None:
        """Something about a callback call, on the side channel."""
        live = self._of(child)
        if words[0] == "jailed":
            self._jailed(live, words[1:])
            return
        child.end_chapter()
        self._world.stand_ins.drain()
        if live.who.alive is not None and live.who.alive.anybody:
            # What is gone by now was removed by the call that ends, or by a helper before the one that begins.
            self._folder.look(live.who)
        match words:
            case ["call", dict(told)]:
                self._recording.call_opened(live.who, told)
            case ["returned", _] if not live.who.calls:
                raise Breach("the end of a callback call that never began")
            case ["returned", error]:
                self._recording.call_returned(live.who, error)
            case _:
                raise Breach(f"an unknown word on the side channel: {words[0][:40]}")

    def begins(self, child: Child) -> dict[str, Any] | None:
        """A task's work begins; returns the fault that is to be performed in its place, if there is one.

        :raises Breach: when there is no work to begin.
        """
        live = self._of(child)
        if not isinstance(live.supervision, TaskSupervision):
            raise Breach("begins a task's work, and is no task's")
        if live.who.began is not None or live.terminal:
            raise Breach("begins its work once more")
        live.who.began = self._clock.seconds
        return live.filled

    def settled(self, child: Child, port: int) -> bool:
        """Whether a stand-in of this child is behind the port, and has answered all it is going to answer for now."""
        return self._world.stand_ins.settled(self._of(child).who.address, port)

    def line(self, child: Child, channel: Channel, line: bytes) -> None:
        """A line of log."""
        self._recording.line(self._of(child).who, channel, line)

    def request(self, child: Child, request: Request) -> bytes:
        """A request on Airflow's wire; returns the answer.

        :raises Breach: when the child may not ask this.
        """
        live = self._of(child)
        if not live.jailed:
            raise Breach("a request before its self-test")
        self.heard += 1
        live.who.frames.append(Frame(at=self._clock.seconds, type=request.type[:60]))
        if request.type in permits.NOT_YET:
            self.unsupported = permits.NOT_YET[request.type]
            raise Breach(f"{request.type}: not supported yet")
        permits.check(live, request)
        if request.type == "GetConnection":
            conn_id = str(request.body.get("conn_id"))
            if kind := self._job.connections.get(conn_id):
                fields = self._world.stand_ins.connection(kind, live.who.address)
                live.who.frames[-1] = live.who.frames[-1].model_copy(update={"stand_in": kind})
                return connection_answer(request.id, conn_id, fields)
        try:
            answer = live.supervision.handle(request.id, request.body)
        except Unkept as error:
            raise Breach(f"reports what Airflow cannot store, which ends the triggerer: {error}") from None
        if not answer:
            raise Breach(f"{request.type[:60]} that Airflow does not understand here")
        if isinstance(live.supervision, TaskSupervision) and not live.terminal and live.supervision.reported:
            self._barrier(live, live.supervision.reported)
        return answer

    def isolation(self) -> Isolation | None:
        """How all of them were locked up; None before there was one."""
        if not self._held:
            return None
        layer = self._world.door.layer
        return Isolation(
            layer=layer.letter, active=list(layer.active), missing=layer.missing, self_test=self._held
        )

    # -- how ---------------------------------------------------------------------------------------------------

    def _start(
        self,
        kind: str,
        component: Component,
        whose: Whose,
        supervise: Callable[[Child], Supervision],
        *,
        work: str | None = None,
        callback: dict[str, Any] | None = None,
        deadline: Deadline | None = None,
    ) -> Live:
        task_id, map_index, try_number = whose
        self._started += 1
        self._turn_to(None)
        self._clock.move(self._clock.now + _FRICTION)
        self._folder.mend()
        doors = self._world.door.cell()
        address = self._world.stand_ins.open(
            execution=self._started,
            component=component,
            task_id=task_id,
            map_index=map_index,
            try_number=try_number,
            phase="before" if component == "worker" else "import or callback",
            doors=doors,
        )
        who = Who(
            self._started,
            component,
            address,
            task_id,
            map_index,
            try_number,
            deadline=None if deadline is None else deadline[0],
            work=work if deadline is None else deadline[1],
            started=self._clock.seconds,
            changed=self._handed.changed(),
        )
        scenario, limits = self._job.scenario, self._job.limits
        bundle = environ.bundle_setting(Path(self._room.dags))
        orders = Orders(
            kind=kind,
            folder=self._room.dags,
            cwd=self._room.work,
            tmp=self._room.tmp,
            now=self._clock.now,
            start=self._clock.epoch,
            chance=self._chance(),
            environ=address.environ | {"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": bundle},
            callback=callback or {},
            plugins=None if self._job.plugins is None else self._room.plugins,
            retries={} if scenario.retries is None else dict.fromkeys(scenario.faults, scenario.retries),
            ports=[port_of(door) for door in (doors.smtp, doors.slack, doors.leases, doors.monitoring)],
            canary=self._world.canary(Path(self._job.folder)),
            # The watch is first; these are for what happens between two of its looks.
            memory=max(_MEMORIES * limits.memory, _MEMORY),
            cpu=math.ceil(limits.computing) + _MORE_SECONDS,
            processes=limits.processes + _MORE_PROCESSES,
            file=with_margin(limits.disk),
        )
        child = Child(
            self._world.door, orders, self, self._started, frames=limits.frames, allowance=self._log
        )
        self._watch.follow(child.pid)
        live = Live(child, who, supervise(child))
        self.live.append(live)
        return live

    def _jailed(self, live: Live, said: list[Any]) -> None:
        """What the self-test has found. It speaks before any of the learner's code is read, and once.

        :raises JailBroken: when something is open that this layer closes.
        """
        if live.jailed:
            raise Breach("a second self-test")
        live.jailed = True
        found = {str(name): bool(held) for name, held in dict(said[0]).items()}
        for name, held in found.items():
            self._held[name] = held and self._held.get(name, True)
        if broken := self._world.door.layer.broken(found):
            raise JailBroken(", ".join(broken))

    def _whose(self, attempt: Any) -> tuple[Whose, str | None]:
        """Whose an attempt is. One of another run is none of this one's tasks, and named as what it works on.

        :param attempt: a task instance, or its key.
        """
        if (attempt.dag_id, attempt.run_id) == self.run:
            return (attempt.task_id, attempt.map_index, attempt.try_number), None
        return _NOBODY, f"{attempt.dag_id}.{attempt.task_id}"

    def _chance(self) -> str:
        """Other random numbers in each child, and the same when the scenario is run again."""
        material = f"{self._job.seed}\0{self._job.name}\0{self._started}".encode()
        return blake2b(material, digest_size=8, key=b"chance").hexdigest()

    def _turn_to(self, live: Live | None) -> None:
        """Somebody else runs now: what is new among the files is of whoever ran until now."""
        if live is not None and live.who.phase != "before":
            self._stop_all_but(live)
        if self._last is not live and self._last in self.live:
            self._folder.look(self._last.who)
        self._last = live
        if live is not None and live.still:
            self._world.door.release(live.child.pid)
            live.still = False

    def _stop_all_but(self, live: Live) -> None:
        """What is done now may be a callback's doing. Others say that they sleep, and might do it in its place."""
        for other in self.live:
            if other is not live and not other.still:
                self._world.door.stop(other.child.pid)
                other.still = True

    def _time_is_up(self, live: Live) -> None:
        if isinstance(live.supervision, TaskSupervision):
            self._terminate(live)
        else:
            live.told_to_stop(self._clock.now)
            live.child.kill()  # as Airflow's manager of DAG processors does

    def _terminate(self, live: Live) -> None:
        live.told_to_stop(self._clock.now)
        live.child.signal(signal.SIGTERM)

    def _kill(self, live: Live) -> None:
        live.child.kill()
        until = time.monotonic() + GRACE
        try:
            live.child.run(lambda: until, self._clock.now)
        except WallReached:
            live.child.close()
        self._bury(live)

    def _bury(self, live: Live) -> None:
        self.heard += 1
        self.live.remove(live)
        self._world.stand_ins.drain()
        self._folder.look(live.who)
        self._recording.drop("log bytes", live.child.dropped)
        self._recording.ended(
            live.who, live.child.exit_code, live.child.breaches, stopped=live.kill_at is not None
        )
        self._world.stand_ins.close(live.who.address)

    def _barrier(self, live: Live, state: str) -> None:
        """The child waits for the answer to its terminal message: all that came before is before."""
        self._stop_all_but(live)
        live.child.end_chapter()
        unsent = outstanding.unsent(live.child.pid, live.who.address.ports)
        if not self._world.stand_ins.drain():
            unsent += 1  # a flood keeps the stand-ins from reading what else has come
        self._folder.look(live.who)
        live.report(self._clock.now)
        others = [other.child.pid for other in self.live if other is not live]
        keeper = self._world.door.keeper(live.child.pid)
        within = self._world.door.below if keeper is None else [keeper]
        alive = helpers.alive(live.child.pid, within=within, others=others)
        if alive is None and sys.platform == "linux":
            # Who waits for the answer is there: if it is gone, somebody else has reported this.
            alive = Alive(processes=1)
        if unsent:
            alive = (alive or Alive()).model_copy(update={"unsent": unsent})
        live.who.reported(self._clock.seconds, state, alive)

    def _of(self, child: Child) -> Live:
        for live in self.live:
            if live.who.id == child.execution:
                return live
        raise Breach("an execution that is over")
