"""What happens around a run's tasks, as written on the command line: marks, answers, history, pools, settings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from autograder.cli.faultwords import FaultError

if TYPE_CHECKING:
    from autograder.scenario import Mark, Response

__all__ = ["conf", "history", "marks", "pools", "responses", "variables"]

_TASK = re.compile(r"[\w.-]+")
_MANY = re.compile(r"(.*?)x(\d+)")
_MOST_RUNS = 1000
_MOST_SLOTS = 10_000


def marks(of_tasks: Iterable[str], of_the_run: Iterable[str]) -> list[Mark]:
    """States set from outside: ``marks(["load=failed@30min"], ["success@2h"])``.

    :raises FaultError: with the form that is understood.
    """
    return [
        *(_mark("--mark", "TASK=failed@MOMENT or TASK=success@MOMENT", text) for text in of_tasks),
        *(_mark("--mark-run", "failed@MOMENT or success@MOMENT", text) for text in of_the_run),
    ]


def responses(given: Iterable[str], filled: Iterable[str]) -> dict[str, Response]:
    """What people answer, by task: ``responses(["ask=Approve@10min"], ['ask={"why": "it is late"}'])``.

    :raises FaultError: with the form that is understood, or when a task is answered twice or only filled in.
    """
    from autograder.scenario import responds

    params = _filled(filled)
    found: dict[str, Response] = {}
    for text in given:
        task, sign, rest = text.partition("=")
        options, at, after = rest.partition("@")
        chosen = [option.strip() for option in options.split(",")]
        if not sign or not _TASK.fullmatch(task) or not all(chosen) or (at and not after):
            raise FaultError(f"--respond wants TASK=OPTION[,OPTION][@DURATION], not {text!r}.")
        if task in found:
            raise FaultError(f"--respond answers twice for {task}: several options go into one, with commas.")
        try:
            found[task] = responds(*chosen, after=after or 0, params=params.pop(task, None))
        except ValueError as error:
            raise FaultError(f"--respond {text}: {error}.") from None
    for task in params:
        raise FaultError(f"--fill-in {task}: nobody answers for {task}; say what is chosen with --respond.")
    return found


def history(given: Iterable[str]) -> list[float]:
    """How long earlier runs took, in seconds: ``history(["50min", "1hx9"])``.

    :raises FaultError: with the form that is understood.
    """
    from autograder.faults import seconds

    lengths: list[float] = []
    for text in given:
        many = _MANY.fullmatch(text)
        length, times = (many[1], int(many[2])) if many else (text, 1)
        if not 1 <= times <= _MOST_RUNS:
            raise FaultError(f"--history {text}: from 1 to {_MOST_RUNS} runs can be supplied.")
        try:
            lengths += [seconds(length)] * times
        except ValueError as error:
            raise FaultError(f"--history {text}: {error}, or 50minx10 for ten runs.") from None
    return lengths


def pools(given: Iterable[str]) -> dict[str, int]:
    """Slots by pool: ``pools(["reports=1"])``.

    :raises FaultError: with the form that is understood.
    """
    found: dict[str, int] = {}
    for name, slots in _pairs("--pool", "NAME=SLOTS", given):
        if not slots.isdecimal() or int(slots) > _MOST_SLOTS:
            raise FaultError(f"--pool wants NAME=SLOTS, SLOTS from 0 to {_MOST_SLOTS}; not '{name}={slots}'.")
        found[name] = int(slots)
    return found


def variables(given: Iterable[str]) -> dict[str, str]:
    """Airflow's Variables: ``variables(["late_after=7200"])``.

    :raises FaultError: with the form that is understood.
    """
    return dict(_pairs("--variable", "NAME=VALUE", given))


def conf(given: str | None) -> dict[str, Any]:
    """The run's configuration.

    :raises FaultError: when it is not an object in JSON.
    """
    return {} if given is None else _object("--conf", given)


def _mark(option: str, form: str, text: str) -> Mark:
    from autograder.scenario import marked

    said, at, moment = text.rpartition("@")
    task, sign, state = said.rpartition("=")
    known = bool(_TASK.fullmatch(task)) if option == "--mark" else not sign
    if not at or not known or state not in ("failed", "success"):
        raise FaultError(
            f"{option} wants {form}, such as {'load=' if '=' in form else ''}failed@30min; not {text!r}."
        )
    try:
        return marked("failed" if state == "failed" else "success", at=moment, task=task or None)
    except ValueError as error:
        raise FaultError(f"{option} {text}: {error}.") from None


def _filled(given: Iterable[str]) -> dict[str, dict[str, Any]]:
    return {
        task: _object(f"--fill-in {task}", text)
        for task, text in _pairs("--fill-in", 'TASK={"NAME": VALUE}', given)
    }


def _pairs(option: str, form: str, given: Iterable[str]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not name or not sign:
            raise FaultError(f"{option} wants {form}, not {text!r}.")
        if name in found:
            raise FaultError(f"{option} is given twice for {name}.")
        found[name] = value
    return list(found.items())


def _object(what: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise FaultError(
            f"{what} wants an object in JSON, not {text!r}: {error.msg}, column {error.colno}."
        ) from None
    if not isinstance(value, dict):
        raise FaultError(f"{what} wants an object in JSON, such as '{{\"limit\": 5}}'; not {text!r}.")
    return value
