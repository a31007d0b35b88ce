"""A child's own addresses, and the stamp a delivery gets when its first byte is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autograder.evidence import Component, Phase

__all__ = ["Address", "Stamp"]


class Address:
    """One child's entry in the address book. ``phase`` and ``call`` change as the child goes on."""

    def __init__(
        self,
        *,
        execution: int,
        component: Component | None,
        task_id: str | None,
        map_index: int,
        try_number: int | None,
        phase: Phase,
        token: str,
        environ: dict[str, str],
    ) -> None:
        self.execution = execution
        self.component = component
        self.task_id = task_id
        self.map_index = map_index
        self.try_number = try_number
        self.phase: Phase = phase
        self.call: int | None = None
        self.token = token
        self.login = f"execution-{execution}"
        self.environ = environ
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
