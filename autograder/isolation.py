"""How well learners' code was locked up, in words; and what that comes to over several scenarios.

The layers themselves are made in ``autograder.jail``. This module only reads what was recorded of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from autograder.evidence import Evidence, Isolation, Layer
from autograder.jail import layers

__all__ = ["LAYERS", "refusal", "refusals", "sentence", "weakest"]

LAYERS: dict[Layer, str] = {
    "A": "Isolated (layer A): the code had files, processes and a network of its own.",
    "B": "Isolated (layer B): the code had files, processes and a network of its own.",
    "C": "Isolated in part (layer C): the kernel kept the code from your files and processes, "
    "not from all of the network.",
    "D": "Not a sandbox (layer D, limits only): the code ran on this machine with your rights. "
    "Grade and run only code that you trust.",
}
"""What each layer means for whoever reads a report."""
_TOLD_OF_C = (layers.USER, layers.TCP, layers.SIGNALS)
"""What layer C may have or not; what it never has, its line above says."""
_REFUSALS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(r"\[Errno 30\]"),
        "AB",
        "In the jail only the current folder and the one that `tempfile` names can be written to.",
    ),
    (
        # Elsewhere a file that is missing is more likely the code's own.
        re.compile(r"\[Errno 2\].*: '/(data|etc|home|media|mnt|opt|root|srv|var|Users)/"),
        "AB",
        "In the jail there are no files but what was handed in and the system's programs.",
    ),
    (
        re.compile(r"\[Errno 28\]"),
        "AB",
        "The disk of a run is as large as its limit `disk`, and it is full.",
    ),
    (
        re.compile(r"can't start new thread|\[Errno 11\] Resource temporarily unavailable"),
        "ABC",
        "A run may have only so many threads and processes at one time: its limit `processes`, and a few more.",
    ),
    (
        re.compile(r"\[Errno (97|101|-3)\]"),
        "AB",
        "The jail has no network but that of the stand-ins: use the connections that are named.",
    ),
    (
        re.compile(r"\[Errno 13?\]"),
        "AB",
        "The jail refuses what no task needs: more rights, memory that is shared without a file, sockets with names, "
        "mounts, other processes.",
    ),
    (
        re.compile(r"\[Errno (1|13|97)\]"),
        "C",
        "Layer C of the jail refuses to write anywhere but in the current folder and the one "
        "that `tempfile` names, a connection to anybody but the stand-ins, a server of one's own, local sockets, "
        "semaphores between processes, a file made executable.",
    ),
)
"""What an exception says when the jail has refused something, in which layers, and what the reader should know."""
_FEW = 3
_UNKNOWN = "How the code was isolated is not recorded: take it as not isolated."


def weakest(found: Iterable[Isolation | None]) -> Isolation | None:
    """What can be said of all of them together: the weakest layer, the parts that were in force everywhere, and
    everything that was missing, or did not hold, anywhere. None: nothing is known of at least one, or there is none."""
    every: list[Isolation] = []
    for one in found:
        if one is None:
            return None
        every.append(one)
    if not every:
        return None
    missing = {part: why for one in every for part, why in one.missing.items()}
    tried = {name: True for one in every for name in one.self_test}
    return Isolation(
        layer=max(one.layer for one in every),
        active=[
            part for part in every[0].active if part not in missing and all(part in e.active for e in every)
        ],
        missing=missing,
        self_test={name: all(one.self_test.get(name, True) for one in every) for name in tried},
    )


def sentence(isolation: Isolation | None) -> str:
    """One line for a report."""
    if isolation is None:
        return _UNKNOWN
    said = [LAYERS[isolation.layer]]
    if isolation.layer != "D":
        told = _TOLD_OF_C if isolation.layer == "C" else tuple(isolation.missing)
        without = [part for part in isolation.missing if part in told]
        open_ = [name for name, held in isolation.self_test.items() if not held]
        said += [f"Without: {', '.join(without)}."] if without else []
        said += [f"Does not hold here: {', '.join(open_)}."] if open_ else []
    return " ".join(said)


def refusal(said: str, isolation: Isolation | None) -> str:
    """What the jail may have to do with an exception of honest code, in a sentence, or nothing.

    :param said: the exception's text, which is a claim: it explains, and decides nothing.
    """
    if isolation is None:
        return ""
    return next(
        (why for found, where, why in _REFUSALS if isolation.layer in where and found.search(said)), ""
    )


def refusals(evidence: Evidence) -> list[str]:
    """The same of all exceptions of a run: each such sentence once, and what was raised."""
    explained: dict[str, dict[str, None]] = {}
    told = evidence.problem.advice if evidence.problem is not None else ""
    for said in _raised(evidence):
        if (why := refusal(said, evidence.isolation)) and why != told:
            explained.setdefault(why, {})[said] = None
    return [
        f"{', '.join(f'`{said}`' for said in [*raised][:_FEW])}: {why}" for why, raised in explained.items()
    ]


def _raised(evidence: Evidence) -> Iterator[str]:
    yield from (call.error.said for call in evidence.calls if call.error is not None)
    for event in evidence.logs:
        yield from (error.said for error in event.errors)
        if event.channel == "stderr":
            # Of another process's exception, this is all that is known.
            yield event.event
