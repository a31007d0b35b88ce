"""Options that say what a run is like, its faults and all around it: `run` and a notebook's cell share them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from autograder.cli import worldwords
from autograder.cli.faultwords import FaultError, Given, behaviours, combine, parse
from autograder.cli.options import WholeNumber, seed_option

if TYPE_CHECKING:
    from autograder.scenario import Scenario

__all__ = ["FAULTS", "Asked", "asked", "scenario_options"]

Command = TypeVar("Command", bound=Callable[..., Any])

FAULTS = {
    "fail": ("TASK=EXC[:MESSAGE][@TRIES]", "The task raises: a builtin exception, or a dotted path."),
    "succeed": ("TASK[=VALUE][@TRIES]", "The task succeeds at once and returns VALUE (JSON or text)."),
    "hang": ("TASK[@TRIES]", "The task never ends by itself."),
    "kill": ("TASK[=SIGNAL][@TRIES]", "The task's process is killed (SIGKILL), or sent another signal."),
    "lose-worker": ("TASK[@TRIES]", "The task's worker is gone, its supervisor included."),
    "lose-machine": (
        "TASK[@TRIES]",
        "The task's machine is gone; Airflow notices by the heartbeat that it misses.",
    ),
    "exit": ("TASK=CODE[@TRIES]", "The task's process exits at once with this code."),
    "skip": ("TASK[=MESSAGE][@TRIES]", "The task skips itself."),
    "take": (
        "TASK=DURATION[@TRIES]",
        "The task takes this long (90s, 5min, 1h30m; nobody waits) and succeeds.",
    ),
}


@dataclass(frozen=True)
class Asked:
    """A run as it was asked for."""

    scenario: Scenario
    connections: dict[str, str]
    seed: int | None
    wall: int
    dag_id: str | None = None
    """Which DAG of a file with several."""


def scenario_options(command: Command) -> Command:
    """Give a command all of these options, of which ``asked`` makes a run."""
    options = [
        click.option("--dag", "dag_id", metavar="ID", help="Which DAG of the file, where it has several."),
        *(_fault(name, metavar, meaning) for name, (metavar, meaning) in FAULTS.items()),
        _several(
            "after-work", "after_work", "TASK", "The task does its own work first, and then what goes wrong."
        ),
        click.option(
            "--retries",
            type=WholeNumber(0, 50),
            help="Retries of the tasks named, in place of the DAG's own.",
        ),
        click.option("--no-logical-date", is_flag=True, help="The run has no logical date."),
        _several(
            "mark",
            "marks",
            "TASK=STATE@MOMENT",
            "Somebody marks the task failed or success: load=failed@30min.",
        ),
        _several("mark-run", "run_marks", "STATE@MOMENT", "Somebody marks the run failed or success."),
        _several(
            "respond",
            "answers",
            "TASK=OPTION[,OPTION][@DURATION]",
            "A person chooses these options, so long after the task has asked.",
        ),
        _several("fill-in", "filled", "TASK=JSON", "What the person fills in: an object."),
        _several(
            "history",
            "lengths",
            "DURATION[xRUNS]",
            "An earlier, successful run took this long; 50minx10 is ten of them.",
        ),
        _several("pool", "slots", "NAME=SLOTS", "A pool and how many slots it has, default_pool among them."),
        _several("variable", "settings", "NAME=VALUE", "An Airflow Variable."),
        click.option("--conf", metavar="JSON", help="The run's configuration: an object."),
        click.option(
            "--stand-in",
            "stand_ins",
            multiple=True,
            metavar="SERVICE=BEHAVIOUR",
            help="What mail, slack, monitoring or leases do wrong: refuses, never-answers, or a status such as 500.",
        ),
        click.option(
            "--connection",
            "connections",
            multiple=True,
            metavar="ID=KIND",
            callback=_connections,
            help="Another connection to a stand-in.",
        ),
        seed_option(),
        click.option(
            "--wall", type=WholeNumber(1, 3600), default=60, show_default=True, help="Real seconds, at most."
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def asked(options: Mapping[str, Any]) -> Asked:
    """The run that these values of ``scenario_options`` ask for.

    :raises click.UsageError: when something of them cannot be understood, or contradicts another.
    """
    from autograder.scenario import Scenario

    try:
        given = (one for name in FAULTS for one in options[_key(name)])
        faults = combine(given, options["after_work"])
        world: dict[str, Any] = {
            **behaviours(options["stand_ins"]),
            "marks": worldwords.marks(options["marks"], options["run_marks"]),
            "responses": worldwords.responses(options["answers"], options["filled"]),
            "history": worldwords.history(options["lengths"]),
            "pools": worldwords.pools(options["slots"]),
            "variables": worldwords.variables(options["settings"]),
            "conf": worldwords.conf(options["conf"]),
        }
    except FaultError as error:
        raise click.UsageError(str(error)) from None
    date: Literal["set"] | None = None if options["no_logical_date"] else "set"
    scenario = Scenario(faults, others="run", retries=options["retries"], logical_date=date, **world)
    return Asked(scenario, options["connections"], options["seed"], options["wall"], options["dag_id"])


def _several(name: str, key: str, metavar: str, meaning: str) -> Callable[[Command], Command]:
    return click.option(f"--{name}", key, multiple=True, metavar=metavar, help=meaning)


def _fault(name: str, metavar: str, meaning: str) -> Callable[[Command], Command]:
    def read(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> list[Given]:
        try:
            return [parse(name, value) for value in values]
        except FaultError as error:
            raise click.UsageError(str(error), ctx) from None

    return click.option(f"--{name}", _key(name), multiple=True, metavar=metavar, callback=read, help=meaning)


def _key(fault: str) -> str:
    return f"given_{fault.replace('-', '_')}"


def _connections(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    return dict(_connection(text) for text in values)


def _connection(text: str) -> tuple[str, str]:
    from autograder.session import CONNECTIONS

    name, sign, kind = text.partition("=")
    kinds = sorted(set(CONNECTIONS.values()))
    if not name or not sign or kind not in kinds:
        raise click.UsageError(f"--connection wants ID=KIND, KIND one of {', '.join(kinds)}; not {text!r}.")
    return name, kind
