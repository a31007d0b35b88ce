"""A child's own addresses, and the stamp a delivery gets when its first byte is read."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from autograder.evidence import Component, Phase, StandIn
from autograder.jail.doors import HOST, Doors, port_of

__all__ = ["Address", "Keys", "Stamp"]


def _key() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Keys:
    """What a child shows at each of its stand-ins. Each is of chance alone, so that none tells of another: the one for
    leases is known from the child's first moment, all others only to whoever asks for the connection."""

    smtp: str = field(default_factory=_key)
    """The password."""
    login: str = field(default_factory=lambda: f"child-{secrets.token_hex(8)}")
    sender: str = field(default_factory=lambda: f"airflow-{secrets.token_hex(6)}@example.com")
    """Who its mails are from, as its connection has it."""
    slack: str = field(default_factory=_key)
    """The last part of the webhook's path."""
    slack_api: str = field(default_factory=lambda: f"xoxb-{_key()}")
    monitoring: str = field(default_factory=_key)
    leases: str = field(default_factory=_key)

    @property
    def all(self) -> tuple[str, ...]:
        """All that open something."""
        return (self.smtp, self.slack, self.slack_api, self.monitoring, self.leases)

    def of(self, stand_in: StandIn) -> str:
        """What opens this stand-in."""
        key: str = getattr(self, stand_in)
        return key


class Address:
    """One child's entry in the address book. ``phase`` and ``call`` change as the child goes on.

    :param doors: where its stand-ins wait for it, and for nobody else.
    :param metrics: whether metrics are taken.
    """

    def __init__(
        self,
        *,
        execution: int,
        component: Component | None,
        task_id: str | None,
        map_index: int,
        try_number: int | None,
        phase: Phase,
        doors: Doors,
        metrics: bool = True,
    ) -> None:
        self.execution = execution
        self.component = component
        self.task_id = task_id
        self.map_index = map_index
        self.try_number = try_number
        self.phase: Phase = phase
        self.call: int | None = None
        self.doors = doors
        self.keys = Keys()
        self.ports = {port_of(door) for door in (doors.smtp, doors.slack, doors.leases, doors.monitoring)}
        """Of those of its stand-ins that answer."""
        port = port_of(doors.metrics if metrics else doors.closed_udp)
        self.environ = {
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_HOST": HOST,
            "AIRFLOW__METRICS__STATSD_PORT": str(port),
            # Without it Airflow's StatsD drops all tags.
            "AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED": "True",
            "COURSEKIT_LEASES": f"http://{HOST}:{port_of(doors.leases)}/leases/{self.keys.leases}",
        }
        """What it is to have in its environment."""
        self.gone = False
        """True: the child has ended."""

    def __repr__(self) -> str:
        whose = f"execution {self.execution}, {self.component}, {self.task_id or 'no task'}"
        return f"<Address of {whose}, {self.phase}>"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment: the virtual time, and what each living child was doing, one of whom delivers something."""

    at: float
    seen: Mapping[Address, tuple[Phase, int | None]]

    def of(self, address: Address) -> tuple[Phase, int | None]:
        """The child's phase and callback call at that moment."""
        return self.seen.get(address, (address.phase, address.call))
