"""All stand-ins of one control process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
from collections.abc import Callable
from typing import Any

from autograder.evidence import Component, Phase
from autograder.scenario import Behaviour, Scenario
from autograder.services._http import HttpDoor, Site
from autograder.services._loop import LoopThread
from autograder.services.address import Address
from autograder.services.desk import Desk
from autograder.services.leases import LeaseSite
from autograder.services.ledger import Collected, Ledger
from autograder.services.monitoring import MonitoringSite
from autograder.services.slack import WEBHOOK_PATH, SlackSite
from autograder.services.smtp import mail_door
from autograder.services.statsd import BUFFER, MetricsDoor

__all__ = ["StandIns"]

HOST = "127.0.0.1"
BACKLOG = 128

SETTLE_SECONDS = 1.0
"""How long a flood may keep us from going on. What it sends later is stamped later."""

KINDS = ("smtp", "slack", "slack_api", "monitoring")


class StandIns:
    """Start once; ``begin`` each scenario, ``open`` and ``close`` each child's addresses, ``collect``.

    Called from one thread, served by another. Behaviours are looked up when somebody knocks, so that nothing
    is built anew for a new scenario. A stand-in that refuses is another port, on which nobody listens.
    """

    def __init__(self) -> None:
        self._desk = Desk()
        self._loop = LoopThread("stand-ins")
        self._leases = LeaseSite(self._desk)
        self._slack = SlackSite(self._desk)
        self._ports: dict[str, int] = {}
        self._servers: list[asyncio.Server] = []
        self._closed_doors: list[socket.socket] = []
        self._metrics: dict[Address, MetricsDoor] = {}
        self._monitoring: dict[Address, tuple[int, asyncio.Server]] = {}

    def start(self) -> None:
        """Listen on loopback ports of the kernel's choice."""
        self._closed_doors = [_closed_tcp(), _closed_udp()]
        self._loop.start()
        self._loop.run(self._start())

    def stop(self) -> None:
        """End all connections and the thread. Stopping twice, or what never started, does no harm."""
        with contextlib.suppress(RuntimeError):
            self._loop.run(self._stop())
        self._loop.stop()
        for door in self._closed_doors:
            door.close()

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
    ) -> Address:
        """A new child's own addresses. Without a component they are for whoever is none of Airflow's."""
        token = secrets.token_hex(16)
        refused = self._desk.scenario.metrics.kind == "refuses"
        bound = None if refused else _udp()
        port = _port(self._closed_doors[1] if bound is None else bound)
        address = Address(
            execution=execution,
            component=component,
            task_id=task_id,
            map_index=map_index,
            try_number=try_number,
            phase=phase,
            token=token,
            environ={
                "AIRFLOW__METRICS__STATSD_ON": "True",
                "AIRFLOW__METRICS__STATSD_HOST": HOST,
                "AIRFLOW__METRICS__STATSD_PORT": str(port),
                # Without it Airflow's StatsD drops all tags.
                "AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED": "True",
                "COURSEKIT_LEASES": f"http://{HOST}:{self._ports['leases']}/leases/{token}",
            },
        )
        self._loop.run(self._admit(address, bound))
        return address

    def connection(self, kind: str, address: Address) -> dict[str, Any]:
        """The fields of an Airflow connection to the stand-in of this kind, for this child only.

        :param kind: smtp, slack (an incoming webhook), slack_api or monitoring.
        :raises ValueError: for any other kind.
        """
        if kind == "smtp":
            port = self._door("smtp", self._desk.scenario.mail)
            extra = {
                "disable_ssl": True,
                "disable_tls": True,
                "from_email": "airflow@example.com",
                "timeout": 2,
                # Else Airflow's hook asks a server that does not answer six times.
                "retry_limit": 0,
            }
            return _fields("smtp", HOST, port, address.login, address.token, extra=extra)
        if kind == "slack":
            port = self._door("slack", self._desk.scenario.slack)
            return _fields("slackwebhook", password=f"http://{HOST}:{port}{WEBHOOK_PATH}{address.token}")
        if kind == "slack_api":
            port = self._door("slack", self._desk.scenario.slack)
            extra = {"base_url": f"http://{HOST}:{port}/api/"}
            return _fields("slack", password=f"xoxb-{address.token}", extra=extra)
        if kind == "monitoring":
            refused = self._desk.scenario.monitoring.kind == "refuses"
            port = _port(self._closed_doors[0]) if refused else self._loop.run(self._monitoring_port(address))
            return _fields("http", HOST, port, password=address.token, schema="http")
        raise ValueError(f"There is no stand-in of the kind {kind!r}; there are: {', '.join(KINDS)}.")

    def drain(self) -> None:
        """Wait until all that was already sent to us has been read and recorded."""
        self._loop.settle(SETTLE_SECONDS)

    def settled(self, port: int) -> bool:
        """Whether one of us listens there, and all of us have read and answered what was sent so far."""
        monitoring = (taken for taken, _ in tuple(self._monitoring.values()))
        return port in (*self._ports.values(), *monitoring) and self._loop.settle(SETTLE_SECONDS)

    def close(self, address: Address) -> None:
        """The child has ended: its leases too, and its ports are closed after a last look."""
        self.drain()
        self._loop.run(self._dismiss(address))

    def collect(self) -> Collected:
        """All that has been recorded since ``begin``."""
        self.drain()
        return self._loop.run(self._collect())

    def _door(self, name: str, behaviour: Behaviour) -> int:
        return _port(self._closed_doors[0]) if behaviour.kind == "refuses" else self._ports[name]

    async def _start(self) -> None:
        loop = asyncio.get_running_loop()
        for name, door in (
            ("smtp", lambda: mail_door(self._desk)),
            ("slack", lambda: HttpDoor(self._desk, self._slack)),
            ("leases", lambda: HttpDoor(self._desk, self._leases)),
        ):
            server = await loop.create_server(door, HOST, 0, backlog=BACKLOG)
            self._servers.append(server)
            self._ports[name] = _port(server.sockets[0])

    async def _stop(self) -> None:
        self._forget_children()
        for server in self._servers:
            server.close()

    async def _begin(self, scenario: Scenario, clock: Callable[[], float], ledger: Ledger) -> None:
        self._forget_children()
        self._leases.begin()
        self._desk.begin(scenario, clock, ledger)

    async def _admit(self, address: Address, bound: socket.socket | None) -> None:
        self._desk.admit(address)
        if bound is not None:
            door = self._metrics[address] = MetricsDoor(self._desk, address, bound)
            asyncio.get_running_loop().add_reader(bound, door.read)

    async def _monitoring_port(self, address: Address) -> int:
        if address not in self._monitoring:
            site: Site = MonitoringSite(self._desk, address)
            loop = asyncio.get_running_loop()
            server = await loop.create_server(lambda: HttpDoor(self._desk, site), HOST, 0, backlog=BACKLOG)
            self._monitoring[address] = (_port(server.sockets[0]), server)
        return self._monitoring[address][0]

    async def _dismiss(self, address: Address) -> None:
        self._desk.dismiss(address)
        if address in self._metrics:
            door = self._metrics.pop(address)
            asyncio.get_running_loop().remove_reader(door.socket)
            door.read_all()
            door.socket.close()
        if address in self._monitoring:
            self._monitoring.pop(address)[1].close()

    async def _collect(self) -> Collected:
        return self._desk.ledger.collected(self._leases.records())

    def _forget_children(self) -> None:
        loop = asyncio.get_running_loop()
        for door in self._metrics.values():
            loop.remove_reader(door.socket)
            door.socket.close()
        for _, server in self._monitoring.values():
            server.close()
        self._metrics, self._monitoring = {}, {}
        self._desk.clear_out()


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


def _port(bound: socket.socket) -> int:
    port: int = bound.getsockname()[1]
    return port


def _udp() -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setblocking(False)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    bound.bind((HOST, 0))
    return bound


def _closed_tcp() -> socket.socket:
    """A port that is taken, but on which nobody listens: connections are refused."""
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.bind((HOST, 0))
    return door


def _closed_udp() -> socket.socket:
    """A port taken by a socket that is connected to itself: what others send is refused."""
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind((HOST, 0))
    door.connect(door.getsockname())
    return door
