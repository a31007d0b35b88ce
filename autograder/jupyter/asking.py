"""``predict(...)``: what a learner expects, asked before a run and shown beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from types import EllipsisType
from typing import Any

from autograder.course import CourseError, find
from autograder.evidence import Evidence
from autograder.predictions import QUANTITIES, Compared, Prediction, PredictionError, compare, made, store

__all__ = ["Noted", "predict", "use"]

_waiting: list[Prediction] = []
"""Made in this kernel, and not yet shown beside anything."""


class Noted:
    """What ``predict`` says below its cell."""

    def __init__(self, *sentences: str) -> None:
        self._sentences = sentences

    def __repr__(self) -> str:
        return "\n".join(self._sentences)

    def _repr_html_(self) -> str:
        return "<br>".join(map(escape, self._sentences))


def predict(question: str | None = None, answer: object = ..., /, **quantities: object) -> Noted:
    """Say what you expect of the next run, before you run it. Wrong predictions are the useful ones.

    ``predict(mails=1, state="failed")`` is compared with what happens; ``predict("Which callback runs last?", "mine")``
    is shown beside it. An answer left as ``...`` is asked for. ``predict(tries={"load": 3})`` asks about one task.
    """
    try:
        if question is not None and answer is ...:
            answer = _asked(str(question))
        given = {name: _given(name, value) for name, value in quantities.items()}
        prediction = made(question, answer, given)
    except (PredictionError, _Nobody) as error:
        return Noted(str(error))
    _waiting.append(prediction)
    _keep(prediction)
    said = ["Noted, for the next run:"]
    said += [f"{one.question} {one.said}" for one in prediction.answers]
    return Noted(*said)


def use(evidence: Evidence | None) -> tuple[tuple[Compared, ...], str]:
    """What was predicted beside what happened, and when it was said. Each prediction is used once.

    :param evidence: of the run; None: there were several, and only free questions are shown beside them.
    """
    ready = [one for one in _waiting if evidence is not None or _free(one)]
    for one in ready:
        _waiting.remove(one)
    at = datetime.fromisoformat(ready[-1].made_at).astimezone().strftime("%H:%M") if ready else ""
    return tuple(compare(ready, evidence)), at


def _free(prediction: Prediction) -> bool:
    return all(one.quantity is None for one in prediction.answers)


class _Nobody(Exception):
    """There is no one to ask. The text says what to write instead."""


def _given(name: str, value: object) -> object:
    if isinstance(value, EllipsisType):
        quantity = QUANTITIES.get(name)
        return _asked(quantity.question) if quantity else "…"
    if isinstance(value, Mapping):
        return {task: _given(name, one) for task, one in value.items()}
    return value


def _asked(question: str) -> str:
    try:
        said = input(f"{question} ")
    except (EOFError, OSError, RuntimeError, NotImplementedError):
        said = ""
    if not said.strip():
        raise _Nobody(f"{question} No answer yet: write it in place of the dots, and run the cell again.")
    return said.strip()


def _keep(prediction: Prediction) -> Any:
    from autograder.jupyter.place import folder_of_notebook

    try:
        course = find()
        return store(prediction, course.results / "predictions" / folder_of_notebook(course))
    except (CourseError, OSError):
        # It is shown beside the next run all the same.
        return None
