"""Starts Airflow's four components, watches them, says what becomes of them, and leaves none behind.

A component that ends takes the others with it: half an Airflow only looks as if it worked. Nothing is started again
unless somebody asks for it.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from autograder.airflow33.components import READY
from autograder.stack.door import HOST, Door
from autograder.stack.processes import MARK, Component, Warden, sweep
from autograder.stack.status import Board

__all__ = ["Plan", "Supervisor"]

BEAT = 0.1
"""Seconds between two looks at everything."""

STOP_SECONDS = 2.0
"""How long the components may take to end by themselves. Airflow would wait for running tasks."""

SWEEP_SECONDS = 1.0


@dataclass(frozen=True)
class Plan:
    """What to start, and how to know that it works."""

    commands: Mapping[str, Sequence[str]]
    environments: Mapping[str, Mapping[str, str]]
    logs: Path
    mark: str
    """Tells this stack's processes from all others; the same at the next start."""
    port: int
    health: str
    """The path that answers with ``{component_name: {"status": "healthy"}}``, a hyphen as an underscore."""
    server: str
    """The component that answers at the port. The variable ``READY`` of its environment names a file descriptor, which
    it writes to when it is about to answer. Its own health is that it answers."""
    listening: int
    """The file descriptor of the port, which the server gets."""
    later: frozenset[str] = frozenset()
    """Components that are started only then, as they ask the server for things themselves."""
    start_seconds: float = 120.0


class _Over(Exception):
    """Somebody wants the end, or who started us is gone."""


class _Failed(Exception):
    """There is no Airflow any more: why, and the last lines of which log."""

    def __init__(self, sentence: str, lines: Sequence[str], log: Path) -> None:
        super().__init__(sentence)
        self.sentence, self.lines, self.log = sentence, lines, log


@dataclass
class Supervisor:
    """One thread's work: ``run`` until somebody wants it to end.

    :param stay: when a component ends, show why at the address until somebody asks for a new start. Otherwise
        ``run`` returns.
    :param say: takes a sentence for whoever reads the terminal.
    """

    plan: Plan
    board: Board
    door: Door
    stay: bool
    say: Callable[[str], None]
    _end: bool = field(default=False, init=False)
    _parent: int = field(default_factory=os.getppid, init=False)
    _components: list[Component] = field(default_factory=list, init=False)
    _since: datetime = field(default_factory=lambda: datetime.now(UTC), init=False)

    def run(self) -> int:
        """Start, watch, stop. The exit code: 0 when somebody wanted the end, 1 when it could not go on."""
        before = {
            number: signal.signal(number, self._wanted)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        warden = Warden(self.plan.mark)
        try:
            # What an earlier supervisor and its warden were not able to end.
            sweep(self.plan.mark, SWEEP_SECONDS)
            while True:
                try:
                    self._one_life()
                except _Failed:
                    if not self.stay:
                        return 1
                    while not self.board.again.wait(BEAT):
                        self._look()
                    self.board.again.clear()
        except _Over:
            return 0
        finally:
            self.door.shut()
            warden.close()
            # Whoever goes on after an error can be ended as before.
            for number, handler in before.items():
                signal.signal(number, handler)

    def _one_life(self) -> NoReturn:
        """From the start of a set of components to its end.

        :raises _Over: when somebody wants the end.
        :raises _Failed: when a component ended by itself, or is not healthy in time; that has been said.
        """
        self._components, self._since = [], datetime.now(UTC)
        self.board.post(
            phase="starting", problem="", lines=(), components=dict.fromkeys(self.plan.commands, "starting")
        )
        self.door.open()
        ready, gate = os.pipe()
        os.set_blocking(ready, False)
        try:
            try:
                self._start(self.plan.commands.keys() - self.plan.later, gate)
            finally:
                os.close(gate)
            self._until_healthy(ready)
            while True:
                self._beat()
        except _Failed as failed:
            self._report(failed)
            raise
        finally:
            os.close(ready)
            self._stop()

    def _until_healthy(self, ready: int) -> None:
        started = time.monotonic()
        served = healthy = False
        while not healthy:
            self._beat()
            if not served and (served := _told(ready)):
                # Whoever knocks from now on waits until the server opens, which it is about to.
                self.door.shut()
                self._start(self.plan.later)
            healthy = served and self._healthy()
            if time.monotonic() - started > self.plan.start_seconds and not healthy:
                raise self._too_slow()
        self.board.post(phase="running")
        self.say(f"Airflow is ready after {time.monotonic() - started:.1f} seconds.")

    def _beat(self) -> None:
        """Wait a moment, and go on if all live."""
        time.sleep(BEAT)
        self._look()
        for component in self._components:
            if component.ending is not None:
                sentence = f"Airflow's {component.name} {component.ending}, so the other components were stopped, too."
                raise _Failed(sentence, component.last_words(), component.log)

    def _look(self) -> None:
        """Whether somebody wants the end, or who started us is gone."""
        if self._end or os.getppid() != self._parent:
            raise _Over

    def _start(self, names: Collection[str], gate: int | None = None) -> None:
        for name, command in self.plan.commands.items():
            if name not in names:
                continue
            component = Component(name, self.plan.logs / f"{name}.log")
            self._components.append(component)
            environment = {**self.plan.environments[name], MARK: self.plan.mark}
            inherited = []
            if name == self.plan.server and gate is not None:
                environment[READY] = str(gate)
                inherited = [self.plan.listening, gate]
            component.start(command, environment, inherited)

    def _stop(self) -> None:
        if self.board.status.phase != "failed":
            self.board.post(phase="stopping")
        # All at once, but the api-server last: the others still have something to tell it.
        others = [one for one in self._components if one.name != self.plan.server]
        until = time.monotonic() + STOP_SECONDS
        for component in others:
            component.terminate()
        for component in others:
            component.wait(until)
        for component in self._components:
            component.terminate()
        for component in self._components:
            component.wait(until)
        sweep(self.plan.mark, SWEEP_SECONDS)
        for component in self._components:
            component.wait(time.monotonic() + SWEEP_SECONDS)

    def _report(self, failed: _Failed) -> None:
        self.board.post(phase="failed", problem=failed.sentence, lines=tuple(failed.lines))
        self.door.open()
        said = [
            f"{failed.sentence} The last it said ({failed.log}):",
            *(f"  {line}" for line in failed.lines),
        ]
        self.say("\n".join(said))

    def _too_slow(self) -> _Failed:
        late = [name for name, said in self.board.status.components.items() if said != "healthy"]
        sentence = (
            f"After {self.plan.start_seconds:.0f} seconds Airflow is not healthy, for want of {', '.join(late)}; "
            "it was stopped."
        )
        lines = [line for one in self._components if one.name in late for line in one.last_words()]
        return _Failed(sentence, lines, self.plan.logs)

    def _healthy(self) -> bool:
        """Ask Airflow, and post what it says."""
        answer = self._ask()
        if answer is None:
            return False
        said = {name: "healthy" if self._is_well(name, answer) else "starting" for name in self.plan.commands}
        self.board.post(components=said)
        return all(one == "healthy" for one in said.values())

    def _is_well(self, name: str, answer: Mapping[str, object]) -> bool:
        if name == self.plan.server:
            return True
        name = name.replace("-", "_")
        known = answer.get(name)
        if not isinstance(known, dict) or known.get("status") != "healthy":
            return False
        # Whoever was killed is called healthy for a while by what it left in the database.
        beat = known.get(f"latest_{name}_heartbeat")
        return beat is None or datetime.fromisoformat(beat) > self._since

    def _ask(self) -> dict[str, object] | None:
        """Airflow's answer; None while there is none."""
        connection = http.client.HTTPConnection(HOST, self.plan.port, timeout=2)
        try:
            connection.request("GET", self.plan.health, headers={"Accept": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()
        return answer if isinstance(answer, dict) and response.status == 200 else None

    def _wanted(self, number: int, frame: object) -> None:
        self._end = True


def _told(ready: int) -> bool:
    """Whether somebody has written to the pipe."""
    try:
        return os.read(ready, 1) != b""
    except BlockingIOError:
        return False
