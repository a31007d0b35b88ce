"""The ledger: the deliveries of one scenario as evidence, within limits."""

from __future__ import annotations

from typing import Any

from autograder.evidence import LeaseRecord, Mail, Metric, Post, SlackMessage, WrongKey
from autograder.records import Record
from autograder.services.address import Address, Stamp

__all__ = ["SIZE_LIMIT", "Collected", "Ledger"]

SIZE_LIMIT = 1 << 20
"""Bytes of one mail or request."""

WEIGHT_LIMIT = 16 << 20
"""Bytes of all that is kept of a scenario: the evidence must stay readable."""

ROOM = {"metrics": 40}
"""Airflow itself sends a dozen metrics per try; the learner's must not be lost among them."""

ROOM_OF_A_CHILD = {"metrics": 20}
"""So many more may come for each child: of hundreds of honest tries, Airflow's own go beyond any fixed number."""

KINDS: dict[type[Record], str] = {
    Mail: "mails",
    SlackMessage: "slack",
    Metric: "metrics",
    Post: "posts",
    WrongKey: "wrong_keys",
}


class Collected(Record):
    """All that arrived in a scenario, in order of arrival."""

    mails: list[Mail] = []
    slack: list[SlackMessage] = []
    metrics: list[Metric] = []
    posts: list[Post] = []
    leases: list[LeaseRecord] = []
    wrong_keys: list[WrongKey] = []
    dropped: dict[str, int] = {}
    """What was not kept, by kind: too many, too large, or (metrics) not understood."""


class Ledger:
    """Keeps deliveries. An id is used once among all kinds: a callback call lists its deliveries by id.

    :param limit: how many deliveries of each kind are kept.
    """

    forgets = False
    """Whether what is old makes room for what is new; otherwise what is too much is dropped."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._children = 0
        self.over: dict[str, int] = {}
        """The kinds of which too many came → the limit they went over. ``bytes``: that of all kinds together."""
        self._kept: dict[str, list[Any]] = {kind: [] for kind in KINDS.values()}
        self._dropped: dict[str, int] = {}
        self._last_id = 0
        self._weight = 0

    def expect(self) -> None:
        """One more child begins: what Airflow sends by itself in it needs room, too."""
        self._children += 1

    def keep(
        self, record: type[Record], stamp: Stamp, address: Address | None, weight: int, **fields: Any
    ) -> None:
        """Keep one delivery; with ``address`` None it came to nobody's address."""
        kind = KINDS[record]
        if not self.has_room(kind, weight):
            self.drop(kind)
            return
        self._last_id += 1
        fields |= {"id": self._last_id, "at": stamp.at}
        if address is None:
            fields |= {"execution": None, "phase": "import or callback"}
        else:
            phase, call = stamp.of(address)
            fields |= {
                "execution": address.execution,
                "component": address.component,
                "task_id": address.task_id,
                "map_index": address.map_index,
                "try_number": address.try_number,
                "phase": phase,
                "call": call,
            }
        self.add(kind, record(**fields), weight)

    def has_room(self, kind: str, weight: int) -> bool:
        """Whether one more delivery of this many bytes is kept."""
        limit = self.limit * ROOM.get(kind, 1) + self._children * ROOM_OF_A_CHILD.get(kind, 0)
        if len(self._kept[kind]) >= limit:
            self.over[kind] = limit
            return False
        if self._weight + weight > WEIGHT_LIMIT:
            self.over["bytes"] = WEIGHT_LIMIT
            return False
        return True

    def add(self, kind: str, record: Record, weight: int) -> None:
        """Put a delivery with the others of its kind."""
        self._weight += weight
        self._kept[kind].append(record)

    def drop(self, kind: str) -> None:
        """Count a delivery that is not kept."""
        self._dropped[kind] = self._dropped.get(kind, 0) + 1

    def collected(self, leases: list[LeaseRecord]) -> Collected:
        kept = {kind: list(records) for kind, records in self._kept.items()}
        return Collected(**kept, leases=leases, dropped=dict(self._dropped))
