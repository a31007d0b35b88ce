"""Faults as written on the command line: ``TASK=…``, with ``@TRIES`` at the end for some tries only."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.faults import Fault
    from autograder.scenario import Behaviour

__all__ = ["FaultError", "Given", "behaviours", "combine", "parse"]

_TRIES = re.compile(r"@(\d+)(?:-(\d+))?$")
_TASK = re.compile(r"[\w.-]+$")
_MOST_TRIES = 100
_SERVICES = ("mail", "slack", "monitoring", "leases")
_STATUS = re.compile(r"[1-5]\d\d")


class FaultError(ValueError):
    """A fault, or something else of a run, that cannot be understood; the text says how to write it."""


@dataclass(frozen=True)
class Given:
    """One fault as given. ``tries`` None: at every try."""

    task: str
    fault: Fault
    tries: tuple[int, int] | None = None


def parse(option: str, text: str) -> Given:
    """Read one option: ``parse("fail", "load=OSError:disk full@2")``.

    :raises FaultError: with the form that is understood.
    """
    form, make = _FORMS[option]
    rest, tries = _split_tries(option, text)
    task, sign, value = rest.partition("=")
    if not _TASK.match(task):
        raise FaultError(f"--{option} wants {form}, not {text!r}.")
    if sign and not value and option != "succeed":
        raise FaultError(f"--{option} wants {form}: nothing follows the `=` in {text!r}.")
    try:
        return Given(task, make(value if sign else None), tries)
    except _Form:
        raise FaultError(f"--{option} wants {form}, not {text!r}.") from None
    except ValueError as error:
        raise FaultError(f"--{option} {text}: {_first_line(error)}.") from None


def combine(given: Iterable[Given], after_work: Iterable[str] = ()) -> dict[str, Any]:
    """The faults by task, as a scenario wants them: one for every try, or a list with one per try.

    :param after_work: the tasks that do their own work first.
    :raises FaultError: when a try of a task would get two, or none follows a task's own work.
    """
    late = set(after_work)
    by_task: dict[str, list[Given]] = {}
    for one in given:
        fault = one.fault.model_copy(update={"after_work": True}) if one.task in late else one.fault
        by_task.setdefault(one.task, []).append(replace(one, fault=fault))
    for task in sorted(late - set(by_task)):
        raise FaultError(f"--after-work {task}: no option says what goes wrong with {task} after its work.")
    return {task: _sequence(task, faults) for task, faults in by_task.items()}


def behaviours(given: Iterable[str]) -> dict[str, Behaviour]:
    """How stand-ins behave, by service: ``behaviours(["slack=never-answers", "mail=refuses", "monitoring=500"])``.

    :raises FaultError: with the form that is understood.
    """
    from autograder.scenario import answers, never_answers, refuses

    by_service: dict[str, Behaviour] = {}
    for text in given:
        service, _, how = text.partition("=")
        if service not in _SERVICES or not (how in ("refuses", "never-answers") or _STATUS.fullmatch(how)):
            raise FaultError(
                f"--stand-in wants SERVICE=refuses, SERVICE=never-answers or SERVICE=STATUS (such as 500), "
                f"SERVICE one of {', '.join(_SERVICES)}; not {text!r}."
            )
        if service in by_service:
            raise FaultError(f"--stand-in says twice how {service} behaves.")
        made = {"refuses": refuses, "never-answers": never_answers}.get(how)
        by_service[service] = made() if made else answers(int(how))
    return by_service


def _sequence(task: str, given: list[Given]) -> Any:
    if len(given) == 1 and given[0].tries is None:
        return given[0].fault
    by_try: dict[int, Fault] = {}
    for one in given:
        if one.tries is None:
            raise FaultError(
                f"Task {task!r} is given two faults for the same try; say which tries: @1, @2-3."
            )
        for number in range(one.tries[0], one.tries[1] + 1):
            if number in by_try:
                raise FaultError(f"Task {task!r} is given two faults for try {number}.")
            by_try[number] = one.fault
    return [by_try.get(number) for number in range(1, max(by_try) + 1)]


def _split_tries(option: str, text: str) -> tuple[str, tuple[int, int] | None]:
    found = _TRIES.search(text)
    if not found:
        return text, None
    first, last = (1, int(found[1])) if found[2] is None else (int(found[1]), int(found[2]))
    if not 1 <= first <= last <= _MOST_TRIES:
        raise FaultError(
            f"--{option} {text}: {found[0]!r} is no range of tries; @2 is the first two, @2-2 only the second."
        )
    return text[: found.start()], (first, last)


class _Form(Exception):
    """The option's value is absent, or present, against its form."""


def _needed(value: str | None) -> str:
    if value is None:
        raise _Form
    return value


def _unwanted(value: str | None) -> None:
    if value is not None:
        raise _Form


def _raises(value: str | None) -> Fault:
    from autograder.faults import raises

    name, _, message = _needed(value).partition(":")
    return raises(name.strip(), message.strip())


def _succeeds(value: str | None) -> Fault:
    from autograder.faults import succeeds

    if value is None:
        return succeeds()
    try:
        return succeeds(json.loads(value))
    except json.JSONDecodeError:
        return succeeds(value)


def _hangs(value: str | None) -> Fault:
    from autograder.faults import hangs

    _unwanted(value)
    return hangs()


def _dies(value: str | None) -> Fault:
    from autograder.faults import dies_by

    return dies_by(value or "SIGKILL")


def _loses_worker(value: str | None) -> Fault:
    from autograder.faults import loses_worker

    _unwanted(value)
    return loses_worker()


def _loses_machine(value: str | None) -> Fault:
    from autograder.faults import loses_machine

    _unwanted(value)
    return loses_machine()


def _exits(value: str | None) -> Fault:
    from autograder.faults import exits

    code = _needed(value)
    if not code.isdecimal() or int(code) > 255:
        raise ValueError("an exit code is a number from 0 to 255")
    return exits(int(code))


def _skips(value: str | None) -> Fault:
    from autograder.faults import skips

    return skips(value or "")


def _takes(value: str | None) -> Fault:
    from autograder.faults import takes

    return takes(_needed(value))


def _first_line(error: ValueError) -> str:
    return str(error).splitlines()[0].rstrip(".")


_FORMS: dict[str, tuple[str, Callable[[str | None], Fault]]] = {
    "fail": ("TASK=EXCEPTION[:MESSAGE][@TRIES]", _raises),
    "succeed": ("TASK[=VALUE][@TRIES]", _succeeds),
    "hang": ("TASK[@TRIES]", _hangs),
    "kill": ("TASK[=SIGNAL][@TRIES]", _dies),
    "lose-worker": ("TASK[@TRIES]", _loses_worker),
    "lose-machine": ("TASK[@TRIES]", _loses_machine),
    "exit": ("TASK=CODE[@TRIES]", _exits),
    "skip": ("TASK[=MESSAGE][@TRIES]", _skips),
    "take": ("TASK=DURATION[@TRIES]", _takes),
}
