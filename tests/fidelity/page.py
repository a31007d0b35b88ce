"""The page docs/reference/differences.md, made of what is compared and what is known."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.fidelity.cases import CASES
from tests.fidelity.examples import EXAMPLES, LEFT_OUT
from tests.fidelity.known import KNOWN

__all__ = ["PAGE", "page"]

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "differences.md"

_HEAD = """\
# How true it is

A check is worth as much as what it runs is true. So the same DAGs and faults are run twice: by the runner that grades,
and by a real Airflow whose api-server, scheduler, DAG processor and triggerer are started for it. Their records are
compared: states and tries, every callback call with its kind, order, component, context keys, `reason` and `exception`,
deadlines and what became of them, mails and Slack messages. Both records come from the same mouth: probes in the DAGs
write a line whenever something happens. Hours in the one world are seconds in the other.

`make fidelity` runs all of it in some minutes and prints a table; `make fidelity ARGS="late deaths"` runs two of them,
and a selection is part of `make test`. `python -m tests.fidelity --page` has made this page, and a test holds it to
that.
"""


def page() -> str:
    """Its text."""
    own = [[f"`{case.name}`", case.fact, f"`{case.place}`"] for case in CASES if case.module is None]
    stay = [[known.what, known.really, known.here, known.reason] for known in KNOWN]
    left = [[f"`{module.rpartition('.')[2]}`", reason] for module, reason in LEFT_OUT.items()]
    count = sum(map(len, EXAMPLES.values()))
    parts = [
        _HEAD,
        "## Differences that stay {#differences}\n",
        _table(["difference", "really", "here", "why it stays"], stay),
        "## What is compared {#compared}\n",
        "Each of these DAGs is a file in `tests/fidelity/dags`.\n",
        _table(["DAG", "what it shows", "where Airflow decides it"], own),
        "## Airflow's example DAGs {#examples}\n",
        f"{count} of the DAGs that come with Airflow and its standard provider run in both worlds, with callbacks "
        "on every task. Of files with several, those are left out that only others start, or whose assets clash with "
        "another example's. These files are left out whole:\n",
        _table(["file", "why: it"], left),
    ]
    return "\n".join(parts)


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
