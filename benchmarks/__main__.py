"""``make bench``: every claim about speed, as a ratio within this run, beside what we aim for."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.checks import first_verdict, rechecks
from benchmarks.four_attempts import dag_test, dags_test, warm
from benchmarks.from_clone import beginning, plain_install
from benchmarks.hours import hours
from benchmarks.jail import beside_limits_only, in_a_row
from benchmarks.rounds import our_rounds_and_airflows_loop
from benchmarks.sizes import sizes

TIMES = 10


def main() -> None:
    console = Console()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        cache = folder / "cache"
        with console.status("airflow dags test"):
            command = min((dags_test(folder / f"command-{n}", cache) for n in range(2)), key=lambda c: c.wall)
        with console.status("dag.test(), warm"):
            function = dag_test(folder / "function", cache, TIMES)
        with console.status("our run, warm"):
            ours = warm(folder / "ours", cache, TIMES)
        with console.status("hours of virtual time"):
            virtual = hours(folder / "hours", cache, TIMES)
        with console.status("our rounds, and Airflow's loop"):
            rounds, loop = our_rounds_and_airflows_loop(folder / "rounds", cache, TIMES)
        with console.status("the jail"):
            apart = beside_limits_only(folder / "jail", cache, TIMES)
        with console.status("three hundred attempts in a row"):
            row = in_a_row(folder / "row", cache)
        with console.status("cold first verdict"):
            work = folder / "work"
            first_verdict(work)  # makes the database's template and the byte-code, once for a clone
            verdict = min(first_verdict(work) for _ in range(3))
        with console.status("re-checks, warm"):
            checks = rechecks(work, cache)
        with console.status("memory"):
            memory = sizes(folder / "sizes", cache)
        with console.status("pip install apache-airflow jupyterlab"):
            installed = plain_install()
        with console.status("from a clone to the first green check"):
            begun = beginning()

    table = Table("four attempts (one success, three failing tries)", "wall s", "CPU s")
    for what, cost in (
        ("airflow dags test", command),
        ("dag.test(), warm", function),
        ("this grader, warm", ours),
    ):
        table.add_row(what, f"{cost.wall:.3f}", f"{cost.cpu:.3f}")
    console.print(table)

    table = Table("claim", "ratio", "aim")
    table.add_row("CPU, this grader warm / airflow dags test", f"1/{command.cpu / ours.cpu:.0f}", "1/40")
    table.add_row("wall, this grader warm / dag.test() warm", f"{ours.wall / function.wall:.2f}", "1")
    table.add_row("CPU, this grader warm / dag.test() warm", f"{ours.cpu / function.cpu:.2f}", "1")
    for what, three, none in (
        ("wall", virtual.hours.wall, virtual.none.wall),
        ("CPU", virtual.hours.cpu, virtual.none.cpu),
    ):
        claim = f"{what}, three hours of retries and a deadline of two / the same without delays"
        table.add_row(claim, f"{three / none:.2f}", "1.1")
    table.add_row("CPU, our rounds / Airflow's own loop, its records", f"{rounds.cpu / loop.cpu:.2f}", "1")
    table.add_row("wall, first verdict cold / airflow dags test", f"{verdict / command.wall:.2f}", "0.25")
    console.print(table)

    jailed, limited = apart.jailed, apart.limited
    table = Table("an attempt, parsing and scheduling included", "wall ms", "CPU ms")
    table.add_row(f"layer {apart.layer}", f"{jailed.wall:.1f}", f"{jailed.cpu:.1f}")
    table.add_row("layer D, no sandbox", f"{limited.wall:.1f}", f"{limited.cpu:.1f}")
    table.add_row(
        "what the jail adds (aim: 10)", _more(jailed.wall, limited.wall), _more(jailed.cpu, limited.cpu)
    )
    console.print(table)

    table = Table("three hundred attempts in a row", "first fifty", "last fifty")
    for what, first, last in (
        ("wall ms of one", row.first.wall, row.last.wall),
        ("CPU ms of one", row.first.cpu, row.last.cpu),
    ):
        table.add_row(what, f"{first:.1f}", f"{last:.1f} (x {last / first:.2f})")
    for what in ("descriptors", "processes", "namespaces", "mounts", "private"):
        name = "private MB" if what == "private" else what
        table.add_row(name, str(getattr(row.before, what)), str(getattr(row.after, what)))
    console.print(table)

    table = Table("warm re-check", "s", "scenarios", "aim")
    for check in checks:
        aim = "3" if check.what == "02, whole" else "1"
        table.add_row(check.what, f"{check.seconds:.2f}", str(check.scenarios), aim)
    console.print(table)
    console.print(f"first verdict, cold: {verdict:.2f} s (airflow dags test: {command.wall:.2f} s)")

    table = Table("from a clone, in the browser", "s", "/ pip install apache-airflow jupyterlab")
    for what, seconds in (
        ("the terminal says where the course is", begun.address),
        ("the first page is seen", begun.page),
        ("exercise 01 has all its points", begun.green),
        ("pip install apache-airflow jupyterlab", installed),
    ):
        table.add_row(what, f"{seconds:.1f}", f"{seconds / installed:.2f}")
    console.print(table)

    table = Table("memory", "resident MB", "private MB")
    for what, size in memory.items():
        table.add_row(what, str(size["rss"]), str(size["private"]))
    console.print(table)


def _more(one: float, other: float) -> str:
    return f"{one - other:+.1f} (x {one / other:.2f})"


if __name__ == "__main__":
    main()
