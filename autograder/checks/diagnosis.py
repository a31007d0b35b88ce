"""Why something did not arrive, or not as often as it should: sentences and evidence for a failed check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder import deadlinewords, isolation
from autograder.checks import structured, words
from autograder.checks.collected import Items
from autograder.checks.deadlines import DeadlineView
from autograder.checks.deliveries import MailView, MetricView, PostView, SlackView
from autograder.checks.failure import CheckFailed
from autograder.checks.items import CallView, Item, LogView
from autograder.evidence import CallbackCall, Evidence, LogEvent
from autograder.result import EvidenceLine
from autograder.spans import after_start, duration

__all__ = ["failed", "observed", "wrong_number"]

_VIEWS: dict[str, Callable[[Any, Evidence], Item[Any]]] = {
    "mails": MailView,
    "slack": SlackView,
    "metrics": MetricView,
    "posts": PostView,
}
_FEW = 3


def observed(items: Items[Any]) -> str:
    """What there is, in words: ``two mails: after try 1 (`up_for_retry`), after try 2 (`failed`)``."""
    found = items.items
    total = words.count(len(found), items.kind)
    return f"{total}: {', '.join(item.when for item in found)}" if found else total


def failed(message: str, *, expected: str, observed: str, items: tuple[Item[Any], ...] = ()) -> CheckFailed:
    """A failure about these items: they are shown, and the first place they came from is to blame."""
    where = next((item.where for item in items if item.where), None)
    return CheckFailed(
        message, expected=expected, observed=observed, lines=tuple(item.line for item in items), where=where
    )


def wrong_number(items: Items[Any], adverb: str, wanted: int) -> CheckFailed:
    """There are not ``exactly`` or ``at least`` so many; says what else happened if there are too few."""
    number = len(items.items)
    amount = words.count(wanted, items.kind)
    expected = f"{adverb} {amount}{items.phrase}" if wanted else f"{amount}{items.phrase}"
    sentence = words.there_is(number, items.kind, items.phrase, items.scope)
    if number < wanted:
        return _too_few(items, f"{sentence}.", expected)
    sentence += f"; {expected} would be right." if wanted else "."
    return failed(sentence, expected=expected, observed=observed(items), items=items.items)


def _too_few(items: Items[Any], sentence: str, expected: str) -> CheckFailed:
    scope = items.scope
    calls = [call for call in scope.evidence.calls if scope.holds(call)]
    raised = [call for call in calls if call.returned is False]
    stuck = [call for call in calls if call.returned is None]
    lines = [item.line for item in items.items]
    lines += [CallView(call, scope.evidence).line for call in calls]
    lines += _said(items)
    where = None
    if raised:
        sentence += f" {_blame(raised[0], scope.evidence)}"
        where = CallView(raised[0], scope.evidence).where
    elif stuck:
        sentence += f" Your `{stuck[0].name}` never came back."
        where = CallView(stuck[0], scope.evidence).where
    elif not calls and scope.task_id is not None and items.kind != "calls":
        sentence += f" No callback of {scope} was called."
    elif items.kind == "logs" and any(_is_nearly_json(line) for line in _written(items)):
        sentence += " What a callback wrote is a dict as Python prints it; a program wants JSON."
    for deadline in [] if raised else _complaining(items):
        sentence += f" {deadline.complaint}"
        lines.append(deadline.line)
        where = where or deadline.where
    if elsewhere := _elsewhere(items):
        sentence += f" {elsewhere}"
    if others := _others(items):
        number, came = words.count(len(others), items.kind), words.verb(items.kind, len(others))
        moments = "; ".join(_moment(one) for one in others[:_FEW])
        sentence += f" {words.capital(number)} {came} at another moment or from elsewhere: {moments}."
        lines += [one.line for one in others[:_FEW]]
    if ended := _ended(items):
        sentence += f" {ended}"
    return CheckFailed(sentence, expected=expected, observed=observed(items), lines=tuple(lines), where=where)


def _others(items: Items[Any]) -> list[Item[Any]]:
    """What the run has of the same kind, and what was asked of it leaves out."""
    scope, view = items.scope, _VIEWS.get(items.kind)
    if scope.task_id is not None or view is None or not items.narrowed:
        return []
    kept = {item.record.id for item in items.items}
    found = (one for one in getattr(scope.evidence, items.kind) if not getattr(one, "own", False))
    return [view(one, scope.evidence) for one in found if scope.holds(one) and one.id not in kept]


def _moment(item: Item[Any]) -> str:
    """``2 h after the run began, on the executor``."""
    return ", ".join(filter(None, (after_start(item.at), words.AT.get(item.component or ""))))


def _ended(items: Items[Any]) -> str:
    """How and when the run ended: who looks for what it should have brought about wonders whether it did."""
    run = items.scope.evidence
    if items.scope.task_id is not None or items.kind not in _VIEWS or run.run_ended is None:
        return ""
    return f"The run ended as `{run.state}` {duration(run.run_ended)} after it began."


def _complaining(items: Items[Any]) -> list[DeadlineView]:
    """Deadlines whose callbacks did not do their work, and would have brought it about."""
    scope = items.scope
    if scope.task_id is not None or items.kind == "deadlines":
        return []
    own = [scope.deadline] if scope.deadline is not None else scope.evidence.deadlines
    views = [DeadlineView(one, scope.evidence) for one in own]
    return [view for view in views if view.complaint]


def _said(items: Items[Any]) -> list[EvidenceLine]:
    """What callbacks logged in its place: the last lines if a line is missing, else the last errors."""
    said = _written(items)
    if items.kind != "logs":
        said = [line for line in said if line.level in {"error", "critical"}]
    return [LogView(line, items.scope.evidence).line for line in said[-3:]]


def _written(items: Items[Any]) -> list[LogEvent]:
    """The lines that callbacks wrote."""
    scope = items.scope
    return [line for line in scope.evidence.logs if scope.holds(line) and line.call is not None]


def _is_nearly_json(line: LogEvent) -> bool:
    return structured.parse(line) is None and structured.is_python_dict(line.event)


def _blame(call: CallbackCall, run: Evidence) -> str:
    error = call.error
    said = error.said.rstrip(".") if error else "an exception"
    inside = error is not None and error.file is not None
    at = words.place(error.file, error.line) if error and inside else words.place(call.file, call.line)
    blamed = f"Your `{call.name}` raised {said}{f' ({at})' if at else ''}."
    if call.kind == "deadline_callback" and not inside and error and "positional argument" in error.message:
        return f"{blamed} A deadline's callback is given `context`, if it takes it, and what `kwargs` names."
    if call.kind == "deadline_callback" and call.context and error and error.type == "KeyError":
        return f"{blamed} Its context has only {words.listing([f'`{key}`' for key in call.context])}."
    return f"{blamed} {isolation.refusal(said, run.isolation)}".rstrip()


def _elsewhere(items: Items[Any]) -> str:
    """The same kind of thing that came from outside of the task: a DAG-level callback, mostly."""
    if items.scope.task_id is None or items.kind not in {"mails", "slack", "metrics", "posts", "calls"}:
        return ""
    strays = [
        record
        for record in getattr(items.scope.evidence, items.kind)
        if record.task_id is None and not getattr(record, "own", False)
    ]
    if not strays:
        return ""
    number = words.count(len(strays), items.kind)
    deadline = words.deadline_of(items.scope.evidence, strays[0].execution)
    sender = f"the callback of {deadlinewords.name(deadline)}" if deadline else "the DAG itself"
    component = strays[0].component or "an unknown sender"
    return f"{words.capital(number)} came from {sender} ({component}), which is not {items.scope}'s."
