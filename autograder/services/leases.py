"""The lease server: who has taken what, and given it back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from autograder.evidence import LeaseRecord, Phase
from autograder.scenario import Behaviour
from autograder.services._http import Answer, Request
from autograder.services.address import Address, Stamp
from autograder.services.bodies import parse_json
from autograder.services.desk import Desk

__all__ = ["LeaseSite"]

KIND_LIMIT = 100


@dataclass(slots=True)
class _Lease:
    number: int
    key: str
    kind: str
    address: Address
    opened: float
    first: bool
    """Whether it is the first its execution opened."""
    closed: float | None = None
    closed_phase: Phase | None = None
    refused: int = 0


class LeaseSite:
    """``POST /leases/TOKEN {"kind": …}`` opens, ``DELETE /leases/TOKEN/ID`` closes, whichever child asks: each at
    its own door, with its own token.

    Opening always works. The scenario decides about closing: with ``refuses()`` each execution's first lease
    is refused once, all else works; with ``answers(status)`` none can be closed; with ``never_answers()`` no
    closing is answered.
    A lease ends with the process that opened it: from then on it cannot be closed.
    """

    kind = "leases"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._leases: dict[str, _Lease] = {}
        self._taken = 0

    @property
    def behaviour(self) -> Behaviour:
        return self._desk.scenario.leases

    def begin(self) -> None:
        self._leases, self._taken = {}, 0

    def records(self) -> list[LeaseRecord]:
        return [
            LeaseRecord(
                id=lease.number,
                kind=lease.kind,
                execution=lease.address.execution,
                task_id=lease.address.task_id,
                map_index=lease.address.map_index,
                try_number=lease.address.try_number,
                opened=lease.opened,
                closed=lease.closed,
                closed_phase=lease.closed_phase,
                refused=lease.refused,
                leaked=lease.closed is None,
            )
            for lease in self._leases.values()
        ]

    def answer(self, request: Request) -> Answer | None:
        address = request.address
        root, _, rest = request.path.removeprefix("/").partition("/")
        token, _, key = rest.partition("/")
        if root != "leases" or not self._desk.opens(address, "leases", [token], request.stamp):
            return Answer.json(403, {"error": "This address is nobody's."})
        if request.method == "POST" and not key:
            return self._open(request, address)
        if request.method == "DELETE" and key:
            return self._close(key, request.stamp)
        return Answer.json(404, {"error": "POST opens a lease, DELETE with its id closes it."})

    def _open(self, request: Request, address: Address) -> Answer:
        try:
            wish = parse_json(request.body)
        except ValueError:
            wish = None
        kind = wish.get("kind") if isinstance(wish, dict) else None
        if not isinstance(kind, str) or not 0 < len(kind) <= KIND_LIMIT:
            return Answer.json(400, {"error": f"A lease wants a kind: text of 1 to {KIND_LIMIT} characters."})
        if len(self._leases) >= self._desk.ledger.limit and self._desk.ledger.forgets:
            del self._leases[next(iter(self._leases))]
        if len(self._leases) >= self._desk.ledger.limit:
            self._desk.ledger.drop(self.kind)
            self._desk.ledger.over[self.kind] = self._desk.ledger.limit
            return Answer.json(429, {"error": f"At most {self._desk.ledger.limit} leases can be opened."})
        self._taken += 1
        number = self._taken
        first = not any(lease.address is address for lease in self._leases.values())
        lease = _Lease(number, f"{number}-{secrets.token_hex(6)}", kind, address, request.stamp.at, first)
        self._leases[lease.key] = lease
        return Answer.json(201, {"id": lease.key})

    def _close(self, key: str, stamp: Stamp) -> Answer | None:
        lease = self._leases.get(key)
        if lease is None:
            return Answer.json(404, {"error": f"There is no lease {key}."})
        if lease.closed is not None:
            return Answer.json(200, {"id": key})
        if lease.address.gone:
            return Answer.json(410, {"error": f"Lease {key} ended with the process that opened it."})
        if self.behaviour.kind == "never_answers":
            return None
        if self.behaviour.kind == "answers" and self.behaviour.status >= 400:
            lease.refused += 1
            return Answer.json(self.behaviour.status, {"error": f"Lease {key} was not closed."})
        if self.behaviour.kind == "refuses" and lease.first and not lease.refused:
            lease.refused += 1
            return Answer.json(409, {"error": f"Lease {key} cannot be closed: it is in use."})
        lease.closed = stamp.at
        # Whoever closes it: one task's callback gives nothing back after another's outcome.
        lease.closed_phase, _ = stamp.of(lease.address)
        return Answer.json(200, {"id": key})
