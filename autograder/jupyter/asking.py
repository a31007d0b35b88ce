"""``predict(...)``: what a learner expects, asked before a run and shown beside it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from html import escape

from autograder.course import CourseError, find
from autograder.evidence import Evidence
from autograder.jupyter.output import Output
from autograder.jupyter.place import folder_of_notebook
from autograder.predictions import Compared, Prediction, PredictionError, compare, made, quantity_named, store

__all__ = ["predict", "use"]

_TIMES = 3
"""How often one question is asked when what is said cannot be an answer to it."""
_waiting: list[Prediction] = []
"""Made in this kernel, and not yet shown beside anything."""


def predict(question: str | None = None, answer: object = ..., /, **quantities: object) -> None:
    """Say what you expect of the next run, before you run it. Wrong predictions are the useful ones.

    ``predict(mails=1, state="failed")`` is compared with what happens; ``predict("Which callback runs last?", "mine")``
    is shown beside it. An answer left as ``...`` is asked for. ``predict(tries={"load": 3})`` asks about one task.
    """
    unanswered: list[str] = []
    try:
        if question is not None and answer is ...:
            answer = _asked(str(question), None, unanswered)
        given = {name: _given(name, value, unanswered) for name, value in quantities.items()}
        if unanswered and answer in (None, ...) and not any(value is not None for value in given.values()):
            _say(*unanswered, "No answer yet: write it in place of the dots, and run the cell again.")
            return
        prediction = made(
            None if answer is None else question,
            answer,
            {name: value for name, value in given.items() if value is not None},
        )
    except PredictionError as error:
        _say(str(error))
        return
    _waiting.append(prediction)
    _keep(prediction)
    _say(
        "Noted, for the next run:",
        *(f"{one.question} {one.said}" for one in prediction.answers),
        *(f"{one} No answer yet." for one in unanswered),
    )


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


def _given(name: str, value: object, unanswered: list[str]) -> object:
    """The value, asked for if it is left open; None: there is no answer."""
    if value is ...:
        return _asked(quantity_named(name).question, name, unanswered)
    if isinstance(value, Mapping):
        by_task = {}
        for task, one in value.items():
            said = one
            if one is ...:
                said = _asked(f"{task}: {quantity_named(name).question}", name, unanswered)
            if said is not None:
                by_task[task] = said
        return by_task or None
    return value


def _asked(question: str, name: str | None, unanswered: list[str]) -> str | None:
    """What somebody at the keyboard says, if it can be an answer; None if there is nobody, or they do not know."""
    for _ in range(_TIMES):
        try:
            said = input(f"{question} ").strip()
        except (EOFError, OSError, RuntimeError, NotImplementedError):
            break
        if not said:
            break
        try:
            if name is not None:
                made(None, None, {name: said})
        except PredictionError as error:
            print(error)
        else:
            return said
    unanswered.append(question)
    return None


def _say(*sentences: str) -> None:
    Output({"text/html": "<br>".join(map(escape, sentences)), "text/plain": "\n".join(sentences)})


def _keep(prediction: Prediction) -> None:
    # Where it cannot be kept, it is shown beside the next run all the same.
    with suppress(CourseError, OSError):
        course = find()
        store(prediction, course.results / "predictions" / folder_of_notebook(course))
