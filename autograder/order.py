"""In which order scenarios run, so that the first verdicts come early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.checks.spec import CheckSpec
from autograder.scenario import Scenario

__all__ = ["in_order", "with_needs"]


def with_needs(chosen: Sequence[CheckSpec], all_checks: Sequence[CheckSpec]) -> list[CheckSpec]:
    """The chosen checks and all that they need, in the order in which they are declared."""
    known = {spec.id: spec for spec in all_checks}
    wanted: set[str] = set()
    waiting = [spec.id for spec in chosen]
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += known[name].needs
    return [spec for spec in all_checks if spec.id in wanted]


def in_order(checks: Sequence[CheckSpec], scenarios: Mapping[str, Scenario]) -> list[str]:
    """Each scenario that the checks read, once: next is always what lets some check be asked soonest.

    :param checks: those to be asked, and all that they need, which are asked before them.
    """
    reads: dict[str, list[str]] = {}
    for spec in checks:
        # A check is declared after those that it needs, so what they read is known.
        before = [name for need in spec.needs for name in reads[need]]
        reads[spec.id] = list(dict.fromkeys([*before, *spec.scenarios]))
    costs = {name: _cost(scenarios[name]) for names in reads.values() for name in names}
    order: list[str] = []
    waiting = list(reads.values())
    while waiting:
        first = min(waiting, key=lambda names: sum(costs[name] for name in names if name not in order))
        order += [name for name in first if name not in order]
        waiting = [names for names in waiting if not {*names} <= {*order}]
    return order


def _cost(scenario: Scenario) -> float:
    """A guess: attempts."""
    return sum(
        len(fault) if isinstance(fault, list) else (scenario.retries or 0) + 1
        for fault in scenario.faults.values()
    )
