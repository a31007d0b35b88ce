"""Faults: how a task's work is made to go wrong, or right, on purpose.

A fault is a value. It names exceptions as text and is resolved only in the jail, so whoever declares one
needs no Airflow. Its ``message`` and ``returning`` may contain ``{secret}``, a text that is new with every
grading seed, scenario, task and try.
"""

from __future__ import annotations

import builtins
import difflib
import re
import signal as signals
from typing import Annotated, Any, Literal

from pydantic import Field

from autograder.records import Record

__all__ = [
    "Dies",
    "Exits",
    "Fault",
    "Hangs",
    "LosesMachine",
    "LosesWorker",
    "Raises",
    "Skips",
    "Succeeds",
    "Takes",
    "dies_by",
    "exits",
    "hangs",
    "loses_machine",
    "loses_worker",
    "raises",
    "seconds",
    "skips",
    "succeeds",
    "takes",
]


class _Fault(Record):
    after_work: bool = False
    """Whether the task's own work runs first, so that there is something to clean up."""


class Raises(_Fault):
    kind: Literal["raises"] = "raises"
    exception: str
    """A builtin's name, or a dotted path that the jail imports."""
    message: str = ""


class Succeeds(_Fault):
    kind: Literal["succeeds"] = "succeeds"
    returning: Any = None


class Hangs(_Fault):
    """The work never ends by itself: an ``execution_timeout`` or the wall limit ends it."""

    kind: Literal["hangs"] = "hangs"


class Dies(_Fault):
    kind: Literal["dies"] = "dies"
    signal: str


class LosesWorker(_Fault):
    """The worker is gone, supervisor included: nothing of the task is left to run callbacks. The executor notices."""

    kind: Literal["loses_worker"] = "loses_worker"


class LosesMachine(_Fault):
    """The machine is gone, and the executor does not notice: Airflow does, when no heartbeat came for 300 s."""

    kind: Literal["loses_machine"] = "loses_machine"


class Exits(_Fault):
    """The process ends at once with this code, as ``os._exit`` does."""

    kind: Literal["exits"] = "exits"
    code: int = Field(ge=0, le=255)


class Skips(_Fault):
    kind: Literal["skips"] = "skips"
    message: str = ""


class Takes(_Fault):
    """The work takes this many (virtual) seconds and then succeeds."""

    kind: Literal["takes"] = "takes"
    seconds: float = Field(ge=0)


Fault = Annotated[
    Raises | Succeeds | Hangs | Dies | LosesWorker | LosesMachine | Exits | Skips | Takes,
    Field(discriminator="kind"),
]

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_LONGEST = 36_525 * 86_400.0


def seconds(duration: float | str) -> float:
    """Seconds of a number, or of a text such as ``"90s"``, ``"5min"``, ``"2h"``, ``"1h30m"``.

    :raises ValueError: for anything else, with the forms that are understood, and for more than a century.
    """
    if isinstance(duration, (int, float)):
        return _bounded(float(duration), duration)
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*(ms|min|[smhd])?", duration.strip())
    if not parts or re.sub(r"(\d+(?:\.\d+)?)\s*(ms|min|[smhd])?\s*", "", duration.strip()):
        raise ValueError(f"{duration!r} is not a duration; write 90, '90s', '5min' or '1h30m'")
    return _bounded(sum(float(number) * _UNITS[unit or "s"] for number, unit in parts), duration)


def _bounded(total: float, given: float | str) -> float:
    if not abs(total) <= _LONGEST:
        raise ValueError(f"{str(given)[:20]!r} is longer than a century, for which there are no dates")
    return total


def raises(exception: type[BaseException] | str, message: str = "", *, after_work: bool = False) -> Raises:
    """The task's work raises. ``exception``: a builtin class, or the dotted path of any other.

    :raises ValueError: when the text is neither a builtin exception's name nor a dotted path.
    """
    if isinstance(exception, type):
        name = exception.__qualname__
        if exception.__module__ != "builtins":
            name = f"{exception.__module__}.{name}"
    else:
        name = exception
    known = getattr(builtins, name, None)
    if "." not in name and not (isinstance(known, type) and issubclass(known, BaseException)):
        raise ValueError(
            f"{name!r} is neither a builtin exception nor a dotted path such as "
            f"airflow.sdk.exceptions.AirflowFailException{_meant(name)}"
        )
    return Raises(exception=name, message=message, after_work=after_work)


def _meant(name: str) -> str:
    known = [
        one
        for one, kind in vars(builtins).items()
        if isinstance(kind, type) and issubclass(kind, BaseException)
    ]
    near = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def succeeds(returning: Any = None) -> Succeeds:
    """The work is done at once and returns this (JSON) value."""
    return Succeeds(returning=returning)


def hangs(*, after_work: bool = False) -> Hangs:
    """The work never ends by itself."""
    return Hangs(after_work=after_work)


_END_NOTHING = {
    *("SIGCHLD", "SIGCLD", "SIGCONT", "SIGURG", "SIGWINCH"),
    *("SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU"),
    *("SIGPIPE", "SIGXFSZ"),
}
"""Signals that are ignored, that only halt a process, and that Python ignores."""


def dies_by(signal: str, *, after_work: bool = False) -> Dies:
    """The task's process is sent a signal: ``"SIGKILL"`` ends it, ``"SIGTERM"`` calls ``on_kill`` and no more.

    :raises ValueError: for a name that is no signal's, and for a signal that ends nothing.
    """
    if signal not in signals.Signals.__members__:
        raise ValueError(f"{signal!r} is not a signal; SIGKILL and SIGTERM are")
    if signal in _END_NOTHING:
        raise ValueError(f"{signal} ends no process; SIGKILL does")
    return Dies(signal=signal, after_work=after_work)


def loses_worker(*, after_work: bool = False) -> LosesWorker:
    """The worker dies with the supervisor: Airflow runs callbacks in the DAG processor, without ``exception``."""
    return LosesWorker(after_work=after_work)


def loses_machine(*, after_work: bool = False) -> LosesMachine:
    """The machine is gone and nobody says so: after 300 s without a heartbeat Airflow runs the callbacks twice."""
    return LosesMachine(after_work=after_work)


def exits(code: int, *, after_work: bool = False) -> Exits:
    """The process ends at once with this code."""
    return Exits(code=code, after_work=after_work)


def skips(message: str = "", *, after_work: bool = False) -> Skips:
    """The work raises Airflow's skip exception."""
    return Skips(message=message, after_work=after_work)


def takes(duration: float | str, *, after_work: bool = False) -> Takes:
    """The work takes this long (virtual) and then succeeds."""
    return Takes(seconds=seconds(duration), after_work=after_work)
