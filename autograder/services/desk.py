"""The front desk all stand-ins share: who is who, how the scenario wants callers treated, who is inside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from autograder.evidence import StandIn, WrongKey
from autograder.scenario import Scenario
from autograder.services.address import Address, Stamp
from autograder.services.ledger import Ledger

__all__ = ["CONNECTION_LIMIT", "IDLE_SECONDS", "ROOM_LIMIT", "Desk"]

CONNECTION_LIMIT = 64
"""Connections of one child."""

ROOM_LIMIT = 512
"""Connections of all children: control has more to hold than these."""

IDLE_SECONDS = 30.0
"""Who takes longer for a request, or between two, is sent away."""


class Desk:
    """Belongs to the loop's thread; others read its scenario."""

    def __init__(self) -> None:
        self.ledger = Ledger(0)
        self.scenario = Scenario({})
        self._clock: Callable[[], float] = float
        self._by_key: dict[str, Address] = {}
        self._inside: dict[Address, set[asyncio.BaseTransport]] = {}
        """The living, and who is connected to their doors."""

    def begin(self, scenario: Scenario, clock: Callable[[], float], ledger: Ledger) -> None:
        self.scenario, self._clock, self.ledger = scenario, clock, ledger
        self._by_key = {}

    def admit(self, address: Address) -> None:
        """A new child: from now on its keys are known."""
        self._by_key |= dict.fromkeys(address.keys.all, address)
        self._inside[address] = set()
        self.ledger.expect()

    def dismiss(self, address: Address) -> None:
        """The child has ended, and with it all its connections."""
        address.gone = True
        for transport in self._inside.pop(address, ()):
            assert isinstance(transport, asyncio.WriteTransport)
            transport.abort()

    def opens(self, address: Address, stand_in: StandIn, shown: Iterable[str], stamp: Stamp) -> bool:
        """Whether one of these is the child's own key to this stand-in. Any other that is shown goes on record."""
        shown = [key for key in shown if key]
        if address.keys.of(stand_in) in shown:
            return True
        if shown:
            owner = self.owner(shown)
            self.ledger.keep(
                WrongKey,
                stamp,
                address,
                sum(map(len, shown)),
                stand_in=stand_in,
                owner=None if owner is None else owner.execution,
            )
        return False

    def owner(self, shown: Iterable[str]) -> Address | None:
        """The first child of this scenario one of whose keys this is, whatever it opens."""
        return next((self._by_key[key] for key in shown if key in self._by_key), None)

    def stamp(self) -> Stamp:
        return Stamp(self._clock(), {address: (address.phase, address.call) for address in self._inside})

    def enter(self, address: Address, transport: asyncio.BaseTransport) -> bool:
        """Whether one more connection to this child's doors is allowed."""
        inside = self._inside.get(address)
        if inside is None or len(inside) >= CONNECTION_LIMIT:
            return False
        if sum(map(len, self._inside.values())) >= ROOM_LIMIT:
            return False
        inside.add(transport)
        return True

    def leave(self, address: Address, transport: asyncio.BaseTransport) -> None:
        self._inside.get(address, set()).discard(transport)
