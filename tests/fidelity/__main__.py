"""``make fidelity``: the same DAGs and faults in our world and in a real Airflow, and a table of what they said."""

from __future__ import annotations

import sys
import tempfile
import textwrap
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.fidelity.both import Verdict, compare
from tests.fidelity.cases import CASES
from tests.fidelity.page import PAGE, page

__all__ = ["main"]


def main(names: list[str]) -> int:
    if names == ["--page"]:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if unknown := set(names) - {case.name for case in CASES}:
        print(f"There is no {', '.join(sorted(unknown))} in tests/fidelity/cases.py.", file=sys.stderr)
        return 2
    chosen = [case for case in CASES if not names or case.name in names]
    console = Console(width=max(140, Console().width))
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fidelity-") as folder:
        verdicts = compare(chosen, Path(folder), Path(folder, "cache"))
    console.print(table(verdicts))
    bad = [verdict for verdict in verdicts if verdict.differences]
    lines = sum(len(verdict.theirs.lines) for verdict in verdicts)
    console.print(
        f"{len(verdicts)} DAGs in both worlds, of which the real one said {lines} lines in "
        f"{time.monotonic() - started:.0f} seconds; {len(bad)} with differences."
    )
    return 1 if bad else 0


def table(verdicts: list[Verdict]) -> Table:
    shown = Table(title="Our runner and a real Airflow", show_lines=True)
    for name in ("DAG", "shows", "lines", "seconds", "differences"):
        shown.add_column(name, overflow="fold")
    for verdict in verdicts:
        said = verdict.differences or ["none"]
        style = "red" if verdict.differences else "green"
        shown.add_row(
            verdict.case.name,
            f"{verdict.case.fact} ({verdict.case.place})",
            f"{len(verdict.theirs.lines)} / {len(verdict.ours.lines)}",
            f"{verdict.theirs.seconds:.0f} / {verdict.ours.seconds:.0f}",
            "\n".join(textwrap.shorten(one, 400) for one in said),
            style=style,
        )
    return shown


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
