"""The front desk all stand-ins share: who is who, how the scenario wants callers treated, who is inside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from autograder.scenario import Scenario
from autograder.services.address import Address, Stamp
from autograder.services.ledger import Ledger

__all__ = ["CONNECTION_LIMIT", "IDLE_SECONDS", "Desk"]

CONNECTION_LIMIT = 64

IDLE_SECONDS = 30.0
"""Who takes longer for a request, or between two, is sent away."""


class Desk:
    """Belongs to the loop's thread; others read its scenario."""

    def __init__(self) -> None:
        self.ledger = Ledger(0)
        self.scenario = Scenario({})
        self._clock: Callable[[], float] = float
        self._by_token: dict[str, Address] = {}
        self._living: tuple[Address, ...] = ()
        self._inside: set[asyncio.BaseTransport] = set()

    def begin(self, scenario: Scenario, clock: Callable[[], float], ledger: Ledger) -> None:
        self.scenario, self._clock, self.ledger = scenario, clock, ledger
        self._by_token, self._living = {}, ()

    def admit(self, address: Address) -> None:
        """A new child: from now on its token is known."""
        self._by_token[address.token] = address
        self._living = (*self._living, address)

    def dismiss(self, address: Address) -> None:
        """The child has ended. What its orphans still send is still its own."""
        address.gone = True
        self._living = tuple(other for other in self._living if other is not address)

    def find(self, token: str) -> Address | None:
        return self._by_token.get(token)

    def stamp(self) -> Stamp:
        return Stamp(self._clock(), {address: (address.phase, address.call) for address in self._living})

    def enter(self, transport: asyncio.BaseTransport) -> bool:
        """Whether one more connection is allowed."""
        if len(self._inside) >= CONNECTION_LIMIT:
            return False
        self._inside.add(transport)
        return True

    def leave(self, transport: asyncio.BaseTransport) -> None:
        self._inside.discard(transport)

    def clear_out(self) -> None:
        """End all connections at once."""
        for transport in tuple(self._inside):
            assert isinstance(transport, asyncio.WriteTransport)
            transport.abort()
