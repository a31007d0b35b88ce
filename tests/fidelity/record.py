"""What is compared: one run's record in a form that both worlds can have, and the differences of two."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from autograder.evidence import Mail, SlackMessage

__all__ = ["Line", "Record", "delivered", "differences", "in_short", "lines_of", "refused"]

Line = dict[str, Any]


@dataclass(frozen=True)
class Record:
    """One run, in the real world or in ours."""

    state: str | None
    """``refused: …``: there is no such run."""
    tasks: dict[str, tuple[str | None, int]]
    """``task[map index]`` → state at the end, tries."""
    lines: list[Line] = field(default_factory=list)
    """What the probes said, in order."""
    deadlines: list[tuple[Any, ...]] = field(default_factory=list)
    """Of each that its run's success has not ended: name, reference, missed or not, where its callback runs, the
    callback's state, the end of its output."""
    mails: list[tuple[Any, ...]] = field(default_factory=list)
    """Of each: component, subject, recipients."""
    slack: list[tuple[Any, ...]] = field(default_factory=list)
    """Of each: component, its text."""
    seconds: float = 0.0
    """How long the run took; never the same in both worlds."""


_NOISE = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"datetime\.datetime\(.*?timezone\.utc\)"), "MOMENT"),
    (re.compile(r" at 0x[0-9a-f]+"), ""),
    (re.compile(r"unusual_prefix_[0-9a-f]{40}_"), ""),
    (re.compile(r"manual__[-+:.\w]+"), "RUN"),
    (re.compile(r"hostname='[^']*'"), "HOST"),
    # Where its trace began: at the request that triggers a run. Nobody requests ours.
    (re.compile(r"context_carrier=(None|\{[^}]*\})"), "TRACE"),
    (re.compile(r"LocalDagBundle\(name=\w+\)"), "BUNDLE"),
)


def delivered(delivery: Mail | SlackMessage) -> tuple[Any, ...]:
    """What is compared of a delivery.

    The local executor runs its callbacks below the scheduler, as it runs tasks: addresses do not tell them apart.
    """
    component = "worker" if delivery.component == "executor" else delivery.component
    if isinstance(delivery, Mail):
        return component, _quiet(delivery.subject), tuple(delivery.to)
    return component, _quiet(delivery.text)


def in_short(output: str | None) -> str:
    """A callback's output: of a traceback, which is given as the text of a list, only the last entry."""
    said, _, frames = (output or "").strip().partition(": [")
    if frames:
        said = f"{said}: {ast.literal_eval('[' + frames)[-1]}"
    return _quiet(said.strip().rpartition("\n")[2])


def _quiet(text: str) -> str:
    for pattern, name in _NOISE:
        text = pattern.sub(name, text)
    return text


def lines_of(text: str, *dag_ids: str) -> list[Line]:
    """The lines of these DAGs."""
    return [line for line in map(json.loads, text.splitlines()) if line["dag"] in dag_ids]


def refused(traceback: str) -> str:
    """The state of a run that there is not, for a DAG that cannot be read or a run that cannot be made."""
    return f"refused: {_quiet(traceback.strip().rpartition(chr(10))[2])}"


def differences(theirs: Record, ours: Record, *, in_order: bool) -> list[str]:
    """Sentences, each of which says where the two differ; none: they agree."""
    found = []
    if theirs.state != ours.state:
        found.append(f"run: really {theirs.state}, here {ours.state}")
    for key in sorted(theirs.tasks.keys() | ours.tasks.keys()):
        really, here = theirs.tasks.get(key), ours.tasks.get(key)
        if really != here:
            found.append(f"{key}: really {really}, here {here}")
    for of in ("deadlines", "mails", "slack"):
        really, here = sorted(getattr(theirs, of), key=str), sorted(getattr(ours, of), key=str)
        found += [f"{of}, only really: {one}" for one in _without(really, here)]
        found += [f"{of}, only here: {one}" for one in _without(here, really)]
    if in_order:
        found += _unequal(
            "order", [_short(line) for line in theirs.lines], [_short(line) for line in ours.lines]
        )
    said, says = _by_task(theirs.lines), _by_task(ours.lines)
    for key in sorted(said.keys() | says.keys(), key=str):
        found += _unequal(key, said.get(key, []), says.get(key, []))
    return found


def _without(some: list[Any], others: list[Any]) -> list[Any]:
    return list((Counter(some) - Counter(others)).elements())


def _unequal(what: str, really: list[Any], here: list[Any]) -> list[str]:
    if really == here:
        return []
    for number, (one, other) in enumerate(zip(really, here, strict=False)):
        if one != other:
            return [f"{what}, line {number + 1}: {_unlike(one, other)}"]
    longer, who = (really, "really") if len(really) > len(here) else (here, "here")
    rest = [
        _short(line) if isinstance(line, dict) else line for line in longer[min(len(really), len(here)) :]
    ]
    return [f"{what}: only {who} {', '.join(rest)}"]


def _unlike(one: Any, other: Any) -> str:
    if not isinstance(one, dict) or _short(one) != _short(other):
        really, here = (_short(line) if isinstance(line, dict) else line for line in (one, other))
        return f"really {really}, here {here}"
    keys = [key for key in one if one[key] != other.get(key)]
    parts = []
    for key in keys:
        if key == "keys":
            really, here = set(one[key]), set(other[key])
            parts.append(f"context: only really {sorted(really - here)}, only here {sorted(here - really)}")
        else:
            parts.append(f"{key}: really {one[key]!r}, here {other.get(key)!r}")
    return f"{_short(one)}: {'; '.join(parts)}"


def _short(line: Line) -> str:
    place = line["task"] or "DAG"
    index = f"[{line['map_index']}]" if line["map_index"] >= 0 else ""
    number = f"#{line['try']}" if line["try"] else ""
    return f"{place}{index}{number} {line['kind']} ({line['component']})"


def _by_task(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines of each try in their order, and those of each of the run's own callbacks.

    A try's callback in the DAG processor may come after the next try has begun, if that does not wait for long.
    """
    found = defaultdict(list)
    for line in lines:
        of_run = line["kind"].startswith(("dag ", "deadline"))
        key = line["kind"] if of_run else f"{line['dag']}.{line['task']}[{line['map_index']}]#{line['try']}"
        found[key].append({name: value for name, value in line.items() if name not in ("run", "dag")})
    return dict(found)
