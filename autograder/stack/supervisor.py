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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

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
    inherited: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Component → file descriptors that it gets."""
    unlisted: frozenset[str] = frozenset()
    """Components that the health answer does not name: that there is an answer says it all."""
    start_seconds: float = 120.0


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

    def run(self) -> int:
        """Start, watch, stop. The exit code: 0 when somebody wanted the end, 1 when a component ended."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._wanted)
        warden = Warden(self.plan.mark)
        try:
            sweep(
                self.plan.mark, SWEEP_SECONDS
            )  # what an earlier supervisor and its warden were not able to end
            while True:
                failed = self._one_life()
                if self._over() or not (failed and self.stay):
                    return int(failed and not self._over())
                while not self.board.again.wait(BEAT):
                    if self._over():
                        return 0
                self.board.again.clear()
        finally:
            self.door.shut()
            warden.close()

    def _one_life(self) -> bool:
        """From the start to the end of one set of components. True: one of them ended by itself."""
        started = time.monotonic()
        self.board.post(
            phase="starting", problem="", lines=(), components=dict.fromkeys(self.plan.commands, "starting")
        )
        self.door.open()
        try:
            self._start()
            while not self._over():
                if ended := self._ended():
                    self._report(ended)
                    return True
                if self.board.status.phase == "starting" and self._healthy():
                    took = time.monotonic() - started
                    self.say(f"Airflow is ready after {took:.1f} seconds.")
                    self.board.post(phase="running")
                elif (
                    self.board.status.phase == "starting"
                    and time.monotonic() - started > self.plan.start_seconds
                ):
                    self._report_slow()
                    return True
                time.sleep(BEAT)
            return False
        finally:
            self._stop()

    def _start(self) -> None:
        self._components = []
        for name, command in self.plan.commands.items():
            component = Component(name, self.plan.logs / f"{name}.log")
            self._components.append(component)
            environment = {**self.plan.environments[name], MARK: self.plan.mark}
            component.start(command, environment, self.plan.inherited.get(name, ()))

    def _stop(self) -> None:
        if self.board.status.phase != "failed":
            self.board.post(phase="stopping")
        # All at once, but the api-server last: the others still have something to tell it.
        others = [one for one in self._components if one.name not in self.plan.unlisted]
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

    def _ended(self) -> Component | None:
        return next((one for one in self._components if one.ending is not None), None)

    def _report(self, component: Component) -> None:
        lines = component.last_words()
        sentence = (
            f"Airflow's {component.name} {component.ending}, so the other components were stopped, too."
        )
        self.board.post(phase="failed", problem=sentence, lines=tuple(lines))
        self.door.open()
        self.say(
            "\n".join([f"{sentence} The last it said ({component.log}):", *(f"  {line}" for line in lines)])
        )

    def _report_slow(self) -> None:
        late = [name for name, said in self.board.status.components.items() if said != "healthy"]
        lines = [line for one in self._components if one.name in late for line in one.last_words()]
        sentence = (
            f"After {self.plan.start_seconds:.0f} seconds Airflow is not healthy, for want of {', '.join(late)}; "
            f"it was stopped. The logs are in {self.plan.logs}."
        )
        self.board.post(phase="failed", problem=sentence, lines=tuple(lines))
        self.say(sentence)

    def _healthy(self) -> bool:
        """Ask Airflow, and post what it says; the door is shut at its first answer."""
        answer = self._ask()
        if answer is None:
            return False
        self.door.shut()
        said = {}
        for name in self.plan.commands:
            known = answer.get(name.replace("-", "_"))
            healthy = name in self.plan.unlisted or (
                isinstance(known, dict) and known.get("status") == "healthy"
            )
            said[name] = "healthy" if healthy else "starting"
        self.board.post(components=said)
        return all(one == "healthy" for one in said.values())

    def _ask(self) -> dict[str, object] | None:
        """Airflow's answer; None while it is the door that answers, or nobody."""
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

    def _over(self) -> bool:
        """Whether somebody wants the end, or who started us is gone."""
        return self._end or os.getppid() != self._parent

    def _wanted(self, number: int, frame: object) -> None:
        self._end = True
