"""All stand-ins of one control process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable
from typing import Any

from autograder.evidence import Component, Phase
from autograder.jail.doors import HOST, Doors, open_doors, port_of
from autograder.scenario import Behaviour, Scenario
from autograder.services._http import HttpDoor
from autograder.services._listener import Listener
from autograder.services._loop import LoopThread
from autograder.services.address import Address
from autograder.services.desk import Desk
from autograder.services.leases import LeaseSite
from autograder.services.ledger import Collected, Ledger
from autograder.services.monitoring import MonitoringSite
from autograder.services.slack import WEBHOOK_PATH, SlackSite
from autograder.services.smtp import mail_door
from autograder.services.statsd import MetricsDoor

__all__ = ["StandIns"]

SETTLE_SECONDS = 1.0
"""How long a flood may keep us from going on. What it sends later is stamped later."""

KINDS = ("smtp", "slack", "slack_api", "monitoring")


class StandIns:
    """Start once; ``begin`` each scenario, ``open`` and ``close`` each child's addresses, ``collect``.

    Called from one thread, served by another. Each child has doors of its own. Behaviours are looked up when somebody
    knocks, so that nothing is built anew for a new scenario; a stand-in that refuses is a closed door beside the open.
    """

    def __init__(self) -> None:
        self._desk = Desk()
        self._loop = LoopThread("stand-ins")
        self._leases = LeaseSite(self._desk)
        self._slack = SlackSite(self._desk)
        self._monitoring = MonitoringSite(self._desk)
        self._living: dict[Address, list[Listener | MetricsDoor]] = {}

    def start(self) -> None:
        """Be ready for children."""
        self._loop.start()

    def stop(self) -> None:
        """End all connections and the thread. Stopping twice, or what never started, does no harm."""
        with contextlib.suppress(RuntimeError):
            self._loop.run(self._forget_children())
        self._loop.stop()

    def begin(self, scenario: Scenario, clock: Callable[[], float], ledger: Ledger) -> None:
        """A new scenario: what was recorded is forgotten, who is connected is thrown out.

        :param clock: gives virtual seconds; called from the stand-ins' thread.
        :param ledger: takes the deliveries; called from the stand-ins' thread.
        """
        self.drain()
        self._loop.run(self._begin(scenario, clock, ledger))

    def open(
        self,
        *,
        execution: int,
        component: Component | None,
        task_id: str | None,
        map_index: int,
        try_number: int | None,
        phase: Phase,
        doors: Doors | None = None,
    ) -> Address:
        """A new child's own addresses. Without a component they are for whoever is none of Airflow's.

        :param doors: where the child can come to; from now on they are ours, to be closed with the address. Without
            them, the child is in our own network and they are made there.
        :raises OSError: when they cannot be made.
        """
        address = Address(
            execution=execution,
            component=component,
            task_id=task_id,
            map_index=map_index,
            try_number=try_number,
            phase=phase,
            doors=doors or open_doors(),
            metrics=self._desk.scenario.metrics.kind != "refuses",
        )
        try:
            self._loop.run(self._admit(address))
        except BaseException:
            address.doors.close()
            raise
        return address

    def connection(self, kind: str, address: Address) -> dict[str, Any]:
        """The fields of an Airflow connection to the stand-in of this kind, for this child only.

        :param kind: smtp, slack (an incoming webhook), slack_api or monitoring.
        :raises ValueError: for any other kind.
        """
        doors, keys, scenario = address.doors, address.keys, self._desk.scenario

        def port(door: socket.socket, behaviour: Behaviour) -> int:
            return port_of(doors.closed_tcp if behaviour.kind == "refuses" else door)

        if kind == "smtp":
            extra = {
                "disable_ssl": True,
                "disable_tls": True,
                "from_email": keys.sender,
                "timeout": 2,
                # Else Airflow's hook asks a server that does not answer six times.
                "retry_limit": 0,
            }
            return _fields("smtp", HOST, port(doors.smtp, scenario.mail), keys.login, keys.smtp, extra=extra)
        if kind == "slack":
            place = f"{HOST}:{port(doors.slack, scenario.slack)}"
            return _fields("slackwebhook", password=f"http://{place}{WEBHOOK_PATH}{keys.slack}")
        if kind == "slack_api":
            place = f"{HOST}:{port(doors.slack, scenario.slack)}"
            return _fields("slack", password=keys.slack_api, extra={"base_url": f"http://{place}/api/"})
        if kind == "monitoring":
            at = port(doors.monitoring, scenario.monitoring)
            return _fields("http", HOST, at, password=keys.monitoring, schema="http")
        raise ValueError(f"There is no stand-in of the kind {kind!r}; there are: {', '.join(KINDS)}.")

    def drain(self) -> bool:
        """Wait until all that was already sent to us has been read and recorded. False: it is too much."""
        return self._loop.settle(SETTLE_SECONDS)

    def settled(self, address: Address, port: int) -> bool:
        """Whether one of this child's stand-ins is behind the port, and all of us have read and answered what was
        sent so far."""
        return port in address.ports and self._loop.settle(SETTLE_SECONDS)

    def close(self, address: Address) -> None:
        """The child has ended: its leases too, and its doors are closed after a last look."""
        self.drain()
        self._loop.run(self._dismiss(address))

    def collect(self) -> Collected:
        """All that has been recorded since ``begin``."""
        self.drain()
        return self._loop.run(self._collect())

    async def _begin(self, scenario: Scenario, clock: Callable[[], float], ledger: Ledger) -> None:
        await self._forget_children()
        self._leases.begin()
        self._desk.begin(scenario, clock, ledger)

    async def _admit(self, address: Address) -> None:
        doors, desk = address.doors, self._desk
        desk.admit(address)

        # A door that the scenario wants closed is beside another, which nobody is told of: it is closed as well.
        def smtp() -> asyncio.BaseProtocol | None:
            return None if desk.scenario.mail.kind == "refuses" else mail_door(desk, address)

        def slack() -> asyncio.BaseProtocol | None:
            return None if desk.scenario.slack.kind == "refuses" else HttpDoor(desk, self._slack, address)

        def monitoring() -> asyncio.BaseProtocol | None:
            refuses = desk.scenario.monitoring.kind == "refuses"
            return None if refuses else HttpDoor(desk, self._monitoring, address)

        self._living[address] = [
            Listener(doors.smtp, smtp),
            Listener(doors.slack, slack),
            Listener(doors.monitoring, monitoring),
            Listener(doors.leases, lambda: HttpDoor(desk, self._leases, address)),
        ]
        if desk.scenario.metrics.kind != "refuses":
            self._living[address].append(MetricsDoor(desk, address))

    async def _dismiss(self, address: Address) -> None:
        for door in self._living.pop(address, ()):
            door.stop()
        self._desk.dismiss(address)
        address.doors.close()

    async def _collect(self) -> Collected:
        return self._desk.ledger.collected(self._leases.records())

    async def _forget_children(self) -> None:
        for address in tuple(self._living):
            await self._dismiss(address)


def _fields(
    conn_type: str,
    host: str | None = None,
    port: int | None = None,
    login: str | None = None,
    password: str | None = None,
    *,
    schema: str | None = None,
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "conn_type": conn_type,
        "host": host,
        "port": port,
        "login": login,
        "password": password,
        "schema": schema,
        # Airflow masks what is there, and warns in the learner's log that "{}" is too short for that.
        "extra": json.dumps(extra) if extra else None,
    }
