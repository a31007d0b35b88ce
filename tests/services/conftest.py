"""A running set of stand-ins, a clock to turn, and children to open."""

from __future__ import annotations

import smtplib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from autograder.scenario import Scenario
from autograder.services import Address, Collected, Ledger, StandIns


@dataclass
class Rig:
    """Stand-ins in a scenario, as the control side uses them."""

    services: StandIns
    now: float = 10.0
    ledger: Ledger = field(default_factory=lambda: Ledger(0))

    def begin(self, limit: int = 50, **behaviours: Any) -> Rig:
        self.ledger = Ledger(limit)
        self.services.begin(Scenario({}, **behaviours), lambda: self.now, self.ledger)
        return self

    def child(self, execution: int = 1, **about: Any) -> Address:
        known = {
            "component": "worker",
            "task_id": "extract",
            "map_index": -1,
            "try_number": 1,
            "phase": "before",
        }
        return self.services.open(execution=execution, **(known | about))

    def login(self, child: Address) -> smtplib.SMTP:
        fields = self.services.connection("smtp", child)
        client = smtplib.SMTP(fields["host"], fields["port"], timeout=30)
        client.login(fields["login"], fields["password"])
        return client

    def mail(self, child: Address, content: str = "Subject: Failed\r\n\r\nIt failed.") -> None:
        client = self.login(child)
        client.sendmail("airflow@example.com", ["team@example.com"], content)
        client.quit()

    def collect(self) -> Collected:
        return self.services.collect()


@dataclass
class Reply:
    status: int
    body: bytes
    headers: dict[str, str]


@pytest.fixture(scope="session")
def _running() -> Iterator[StandIns]:
    services = StandIns()
    services.start()
    yield services
    services.stop()


@pytest.fixture
def rig(_running: StandIns) -> Rig:
    return Rig(_running).begin()


@pytest.fixture
def http() -> Callable[..., Reply]:
    """One HTTP request, whatever it is answered with."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def send(url: str, body: bytes | None = None, method: str | None = None, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(url, body, named, method=method)
        try:
            with opener.open(request, timeout=5) as response:
                return Reply(response.status, response.read(), dict(response.headers))
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.read(), dict(error.headers))

    return send
