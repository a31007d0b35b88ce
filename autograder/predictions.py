"""Predictions: what somebody said beforehand of a run, and what then happened, side by side.

A quantity is something that can be read off the evidence: ``mails=1``, ``state="failed"``. A free question is only
shown again. Nothing here is graded: to have been wrong, and to see why, is what predictions are for.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.evidence import Evidence
from autograder.records import Record
from autograder.report.words import ending, left_words, state_words, task_name

__all__ = [
    "QUANTITIES",
    "Answer",
    "Compared",
    "Prediction",
    "PredictionError",
    "Quantity",
    "compare",
    "made",
    "store",
]


class PredictionError(ValueError):
    """A prediction that cannot be compared with anything. The text says what to write."""


class Answer(Record):
    """One thing that was said. Without a quantity it is the answer to a free question."""

    question: str
    said: str
    quantity: str | None = None
    value: Any = None


class Prediction(Record):
    """What was said at one moment."""

    made_at: str
    """Real time, ISO 8601."""
    answers: list[Answer]


class Compared(Record):
    """One answer beside what happened."""

    question: str
    said: str
    happened: str = ""
    """Empty for a free question: the reader compares."""
    same: bool | None = None


@dataclass(frozen=True)
class Quantity:
    """Something that evidence has one value of."""

    question: str
    """As it is asked, and as it stands in the card."""
    read: Callable[[Evidence], Any]
    words: Callable[[Any], str] = str
    by_task: Callable[[Evidence, str], Any] | None = None
    """The same of one task, for ``tries={"load": 3}``."""
    kind: type = int
    among: tuple[str, ...] = ()
    """The only words that can be said of it; none: any."""


_STATES = (
    "success",
    "failed",
    "skipped",
    "upstream_failed",
    "up_for_retry",
    "up_for_reschedule",
    "deferred",
    "removed",
)
"""A run ends in one of the first two; a task may be in any when its run has ended."""


def _faulted(evidence: Evidence) -> list[str]:
    """The tasks that a run is about: those with a fault, or all."""
    return list(evidence.scenario.faults) or evidence.task_ids


def _tries(evidence: Evidence, task: str) -> int:
    return max((one.tries for one in evidence.tasks if one.task_id == task), default=0)


def _state(evidence: Evidence, task: str) -> str:
    return (
        ", ".join(state_words(one.state) for one in evidence.tasks if one.task_id == task) or "no such task"
    )


def _ends(evidence: Evidence, *tasks: str) -> list[str]:
    wanted = tasks or _faulted(evidence)
    return [ending(one) for one in evidence.executions if one.task_id in wanted and one.component == "worker"]


def _order(evidence: Evidence, *tasks: str) -> list[str]:
    return [call.kind for call in evidence.calls if not tasks or call.task_id in tasks]


def _calls(*kinds: str) -> tuple[Callable[[Evidence], int], Callable[[Evidence, str], int]]:
    def every(evidence: Evidence) -> int:
        return sum(not kinds or call.kind in kinds for call in evidence.calls)

    def of_task(evidence: Evidence, task: str) -> int:
        return sum((not kinds or call.kind in kinds) and call.task_id == task for call in evidence.calls)

    return every, of_task


def _sent(name: str) -> tuple[Callable[[Evidence], int], Callable[[Evidence, str], int]]:
    def items(evidence: Evidence) -> list[Any]:
        found: list[Any] = getattr(evidence, name)
        return [item for item in found if not getattr(item, "own", False)]

    def of_task(evidence: Evidence, task: str) -> int:
        return sum(item.task_id == task for item in items(evidence))

    return (lambda evidence: len(items(evidence))), of_task


def _counted(
    question: str,
    reads: tuple[Callable[[Evidence], int], Callable[[Evidence, str], int]],
    verb: str,
) -> Quantity:
    return Quantity(question, reads[0], lambda count: f"{count} {verb}", reads[1])


def _in_order(values: list[str]) -> str:
    return ", ".join(values) or "none"


QUANTITIES: dict[str, Quantity] = {
    "state": Quantity(
        "In which state does the run end?",
        lambda e: e.state or "",
        lambda s: f"it ended as {state_words(s)}",
        _state,
        str,
        _STATES,
    ),
    "tries": Quantity(
        "How many tries are started?",
        lambda e: sum(_tries(e, task) for task in _faulted(e)),
        lambda count: f"{count} started",
        _tries,
    ),
    "ends": Quantity("How does each try end?", _ends, _in_order, _ends, list),
    "calls": _counted("How many callback calls are there?", _calls(), "made"),
    "execute_calls": _counted(
        "How often is on_execute_callback called?", _calls("on_execute_callback"), "made"
    ),
    "retry_calls": _counted("How often is on_retry_callback called?", _calls("on_retry_callback"), "made"),
    "failure_calls": _counted(
        "How often is on_failure_callback called?", _calls("on_failure_callback"), "made"
    ),
    "success_calls": _counted(
        "How often is on_success_callback called?", _calls("on_success_callback"), "made"
    ),
    "skipped_calls": _counted(
        "How often is on_skipped_callback called?", _calls("on_skipped_callback"), "made"
    ),
    "dag_calls": _counted(
        "How often is a callback of the DAG itself called?",
        _calls("dag_failure_callback", "dag_success_callback"),
        "made",
    ),
    "deadline_calls": Quantity(
        "How often is the callback of a deadline called?",
        _calls("deadline_callback")[0],
        lambda count: f"{count} made",
    ),
    "missed": Quantity(
        "How many deadlines are missed?",
        lambda e: sum(deadline.missed is not None for deadline in e.deadlines),
        lambda count: f"{count} missed",
    ),
    "order": Quantity("Which callbacks are called, in order?", _order, _in_order, _order, list),
    "component": Quantity(
        "Which component calls the callbacks?",
        lambda e: sorted({call.component for call in e.calls}),
        _in_order,
        None,
        list,
    ),
    "raised": Quantity(
        "How many callback calls raise?",
        lambda e: sum(call.returned is False for call in e.calls),
        lambda count: f"{count} raised",
        lambda e, task: sum(call.returned is False and call.task_id == task for call in e.calls),
    ),
    "mails": _counted("How many mails arrive?", _sent("mails"), "arrived"),
    "slack": _counted("How many Slack messages arrive?", _sent("slack"), "arrived"),
    "metrics": _counted("How many metrics of yours arrive?", _sent("metrics"), "arrived"),
    "posts": _counted("How many posts reach the monitoring?", _sent("posts"), "arrived"),
    "leaked": Quantity(
        "How many leases are not given back?",
        lambda e: sum(lease.leaked for lease in e.leases),
        lambda count: f"{count} not given back",
        lambda e, task: sum(lease.leaked and lease.task_id == task for lease in e.leases),
    ),
    "left": Quantity(
        "How many files are left behind?",
        lambda e: sum(left_words(file) is not None for file in e.files),
        lambda count: f"{count} left behind",
        lambda e, task: sum(left_words(file) is not None and file.task_id == task for file in e.files),
    ),
}
"""By the name that ``predict`` takes."""


def made(question: str | None, answer: object, quantities: Mapping[str, object]) -> Prediction:
    """A prediction, at this moment.

    :raises PredictionError: when a quantity is unknown, or its value cannot be one.
    """
    answers = []
    if question is not None:
        answers.append(Answer(question=str(question), said=_said(answer)))
    for name, value in quantities.items():
        answers.append(_answer(name, value))
    if not answers:
        raise PredictionError(f"predict wants what you expect: {_examples()}.")
    return Prediction(made_at=datetime.now(UTC).isoformat(timespec="microseconds"), answers=answers)


def _answer(name: str, value: object) -> Answer:
    quantity = quantity_named(name)
    if isinstance(value, Mapping):
        if quantity.by_task is None:
            raise PredictionError(f"{name} has no value by task: write {name}={_example(quantity)}.")
        read = {str(task): _value(name, quantity, one) for task, one in value.items()}
        said = ", ".join(f"{task}: {_said(one)}" for task, one in read.items())
        return Answer(question=quantity.question, said=said, quantity=name, value=read)
    read_value = _value(name, quantity, value)
    return Answer(question=quantity.question, said=_said(read_value), quantity=name, value=read_value)


def quantity_named(name: str) -> Quantity:
    """The quantity of this name.

    :raises PredictionError: with a suggestion.
    """
    if name not in QUANTITIES:
        near = difflib.get_close_matches(name, QUANTITIES, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise PredictionError(f"predict knows no {name!r}.{hint} It knows {', '.join(QUANTITIES)}.")
    return QUANTITIES[name]


def _value(name: str, quantity: Quantity, value: object) -> Any:
    if quantity.kind is int:
        if isinstance(value, str) and re.fullmatch(r"\s*\d+\s*", value):
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        raise PredictionError(f"{name} is a number, such as {name}=1; not {value!r}.")
    if quantity.kind is list:
        items = re.split(r"\s*,\s*", value.strip()) if isinstance(value, str) else value
        if isinstance(items, Iterable) and not isinstance(items, Mapping):
            return [str(item) for item in items if str(item)]
        raise PredictionError(
            f"{name} is a list of words, such as {name}={_example(quantity)}; not {value!r}."
        )
    if isinstance(value, str) and value.strip():
        if quantity.among and _plain(value) not in map(_plain, quantity.among):
            raise PredictionError(f"{name} is one of {', '.join(quantity.among)}; not {value!r}.")
        return value.strip()
    raise PredictionError(f'{name} is a word, such as {name}="failed"; not {value!r}.')


def _example(quantity: Quantity) -> str:
    return {int: "1", list: '["…", "…"]', str: '"failed"'}[quantity.kind]


def _examples() -> str:
    return 'predict(mails=1, state="failed"), or predict("Which callback runs last?", "on_failure_callback")'


def _said(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def compare(predictions: Iterable[Prediction], evidence: Evidence | None) -> list[Compared]:
    """Each answer beside what happened; of what was said twice, the last.

    :param evidence: None: there is not one run to hold them against; free questions alone are shown.
    """
    latest = {(one.quantity or one.question): one for each in predictions for one in each.answers}
    return [found for answer in latest.values() if (found := _compared(answer, evidence)) is not None]


def _compared(answer: Answer, evidence: Evidence | None) -> Compared | None:
    if answer.quantity is None:
        return Compared(question=answer.question, said=answer.said)
    if evidence is None or answer.quantity not in QUANTITIES:
        return None
    quantity = QUANTITIES[answer.quantity]
    if isinstance(answer.value, dict) and quantity.by_task is not None:
        was = {task: quantity.by_task(evidence, task) for task in answer.value}
        happened = ", ".join(f"{task_name(task)}: {_said(value)}" for task, value in was.items())
        same = all(_same(value, was[task]) for task, value in answer.value.items())
    else:
        value = quantity.read(evidence)
        happened, same = quantity.words(value), _same(answer.value, value)
    return Compared(question=answer.question, said=answer.said, happened=happened, same=same)


def _same(said: Any, was: Any) -> bool:
    if isinstance(was, list):
        return [_plain(one) for one in said] == [_plain(one) for one in was]
    return bool(_plain(said) == _plain(was)) if isinstance(was, str) else bool(said == was)


def _plain(text: str) -> str:
    """``on_failure_callback``, ``failure`` and ``Failure`` are one."""
    word = re.sub(r"[\s_-]+", " ", str(text)).strip().lower()
    return word.removeprefix("on ").removesuffix(" callback")


def store(prediction: Prediction, folder: Path) -> Path:
    """Keep a prediction, under the moment at which it was made; returns its file."""
    folder.mkdir(parents=True, exist_ok=True)
    name = datetime.fromisoformat(prediction.made_at).strftime("%Y%m%d-%H%M%S-%f")
    path = folder / f"{name}.json"
    part = folder / f".{name}.part"
    part.write_text(prediction.model_dump_json(indent=1) + "\n", encoding="utf-8")
    part.replace(path)
    return path
