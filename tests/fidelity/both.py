"""Both worlds at once, and what comes of comparing them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from autograder.control import Pool
from autograder.evidence import Evidence
from tests.fidelity import ours
from tests.fidelity.cases import Case
from tests.fidelity.real import real_airflow
from tests.fidelity.record import Record, differences

__all__ = ["Verdict", "compare"]

SECONDS = 1500.0
"""How long all real runs together may take."""


@dataclass(frozen=True)
class Verdict:
    case: Case
    theirs: Record
    ours: Record
    evidence: Evidence
    differences: list[str]


def compare(cases: list[Case], folder: Path, cache: Path) -> list[Verdict]:
    """Run every case in both worlds, the two side by side.

    :raises RuntimeError: when the real one does not start or does not end.
    """
    with ThreadPoolExecutor(1) as beside, real_airflow(cases, folder / "real", cache) as real:
        running = beside.submit(real.run, cases, SECONDS)
        # Probes write to one file in both worlds, which no jail would let them.
        with Pool(1, cache=cache, layer="D") as pool:
            done = {
                case.name: (record, evidence)
                for case, record, evidence in ours.run(cases, pool, folder / "ours")
            }
        theirs = running.result()
    verdicts = []
    for case in cases:
        record, evidence = done[case.name]
        found = differences(theirs[case.name], record, in_order=case.in_order)
        verdicts.append(Verdict(case, theirs[case.name], record, evidence, found))
    return verdicts
