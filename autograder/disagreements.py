"""Where facts and claims of one scenario disagree: what was seen from outside, against what was said from inside.

It decides nothing. It says, in sentences, what a person should look at, and which recorded callback calls cannot have
been: checks leave those out. Silent on every honest run; where something cannot be told, nothing is said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from autograder.evidence import (
    CallbackCall,
    Evidence,
    Execution,
    Mail,
    Metric,
    Post,
    SlackMessage,
    StandIn,
)

__all__ = ["OUTCOMES", "disagreements", "refuted"]

OUTCOMES = {"SucceedTask", "RetryTask", "DeferTask", "RescheduleTask", "AwaitInputTask", "TaskState"}
"""Types of requests that report an outcome; the server may refuse it, and callbacks run all the same."""

_PROCESSOR = "DAG processor"
_ENDS = {
    "on_success_callback": "success",
    "on_failure_callback": "failed",
    "on_retry_callback": "up_for_retry",
    "on_skipped_callback": "skipped",
}
"""Kind of callback → the outcome after which Airflow calls it."""
_KINDS = {
    "worker": {"on_execute_callback", *_ENDS},
    _PROCESSOR: {
        "on_failure_callback",
        "on_retry_callback",
        "dag_failure_callback",
        "dag_success_callback",
    },
    "triggerer": {"deadline_callback"},
    "executor": {"deadline_callback"},
}
_DOORS: dict[StandIn, str] = {
    "smtp": "The mail server",
    "slack": "Slack",
    "slack_api": "Slack",
    "monitoring": "The monitoring endpoint",
    "leases": "The lease server",
}
_MISTAKES = ("that Airflow does not understand here", "reports what Airflow cannot store")
"""Breaches that honest callbacks commit where they do not run on the worker: there Airflow lets them ask for less."""
_SPENT = re.compile(r"more than .+ of log|more than \d+ frames")
"""Breaches that use up a limit of the run. Where that ended it, its problem says so, and nothing else is wrong."""
_MOST = 20
"""Sentences; who has so many things wrong need not read more."""

_Sent = Mail | SlackMessage | Metric | Post
_NAMES: dict[type[_Sent], tuple[str, str]] = {
    Mail: ("mail", "mails"),
    SlackMessage: ("Slack message", "Slack messages"),
    Metric: ("metric", "metrics"),
    Post: ("request to the monitoring endpoint", "requests to the monitoring endpoint"),
}


def disagreements(evidence: Evidence) -> list[str]:
    """Sentences a person would say, those about the same thing together; none if all fits together."""
    return list(dict.fromkeys(_found(evidence)))[:_MOST]


def refuted(evidence: Evidence) -> dict[int, str]:
    """The callback calls that were reported and cannot have been, by their ids: why not, in a sentence."""
    lives = {life.id: life for life in evidence.executions}
    return {
        call.id: why
        for call in evidence.calls
        if (life := lives.get(call.execution)) is not None and (why := _refutation(evidence, life, call))
    }


def _found(evidence: Evidence) -> Iterator[str]:
    if evidence.outcome != "unsupported":  # then the breach is ours
        for life in evidence.executions:
            yield from _broken(evidence, life)
    yield from _changed(evidence)
    for life in evidence.executions:
        yield from _counted_otherwise(evidence, life)
    yield from _told(refuted(evidence).values())
    yield from _at_import(evidence)
    yield from _told(_borrowed(evidence))
    for life in evidence.executions:
        yield from _unasked(evidence, life)
        yield from _helped(evidence, life)
        yield from _beside_calls(evidence, life)


def _told(sentences: Iterable[str]) -> Iterator[str]:
    for sentence, times in Counter(sentences).items():
        yield sentence if times == 1 else f"{sentence} ({times} times)"


# -- single rules -----------------------------------------------------------------------------------------------------


def _broken(evidence: Evidence, life: Execution) -> Iterator[str]:
    for breach in life.violations:
        if evidence.outcome == "error" and _SPENT.fullmatch(breach):
            continue
        if life.component != "worker" and any(mistake in breach for mistake in _MISTAKES):
            continue
        yield f"{_capital(_who(life))} broke the rules of the conversation with Airflow, and was ended: {breach}."


def _changed(evidence: Evidence) -> Iterator[str]:
    """Said at the first execution that found code changed, and again only when other files of it have.

    Where the folder can be written to, honest tasks leave their reports beside the DAG.
    """
    last: list[str] = []
    for life in evidence.executions:
        changed = [path for path in life.changed if path.endswith(".py")]
        if changed != last and changed:
            were = "was not what was" if len(changed) == 1 else "were not what was"
            yield f"{_listing(changed)} {were} handed in when {_who(life)} began."
        last = changed


def _counted_otherwise(evidence: Evidence, life: Execution) -> Iterator[str]:
    """Airflow counts the end of every try just before it reports the outcome."""
    if life.component != "worker" or life.terminal is None or life.violations:
        return
    if evidence.scenario.metrics.kind != "works" or evidence.dropped.get("metrics"):
        return
    own = [metric for metric in evidence.metrics if metric.own and metric.execution == life.id]
    names = {metric.name for metric in own}
    if "airflow.ti.start" not in names:
        return  # what counts nothing tells nothing
    ends = sorted({metric.tags.get("state", "") for metric in own if metric.name == "airflow.ti.finish"})
    who, said = _capital(_who(life)), f"`{life.terminal}`"
    if "" in ends:
        return
    if not ends:
        yield f"{who} reported {said}, but Airflow's own metrics have no end of it."
    elif ends != [life.terminal]:
        counted = _listing([f"`{end}`" for end in ends])
        yield f"{who} reported {said}, but Airflow's own metrics counted {counted}."
    elif life.terminal == "success" and "airflow.ti_failures" in names:
        yield f"{who} reported {said}, but Airflow's own metrics counted a failure."


def _refutation(evidence: Evidence, life: Execution, call: CallbackCall) -> str:
    """Why this call cannot have been, or nothing."""
    kind, where = call.kind, _who(life)
    if kind not in _KINDS[life.component]:
        known = any(kind in kinds for kinds in _KINDS.values())
        return f"{_capital(where)} told of a call of {f'`{kind}`' if known else 'a callback'} that is not run there."
    if life.component == "worker":
        if why := _out_of_turn(life, call):
            return f"{_capital(where)} told of a call of `{kind}` {why}."
    elif life.component == _PROCESSOR:
        if life.imports:
            return (
                f"A call of `{kind}` was told of while the DAG's file was imported, where Airflow calls none."
            )
        if life.work is None and kind.startswith("dag_") is not (life.task_id is None):
            return f"{_capital(where)} told of a call of `{kind}` that is not run there."
    else:
        return ""
    declared = None if evidence.declared is None or life.work is not None else evidence.declared
    owner = "" if kind.startswith("dag_") else life.task_id
    if declared is not None and owner in declared and kind not in declared[owner]:
        has = f"`{owner}` has" if owner else "the DAG has"
        return f"{_capital(where)} told of a call of `{kind}`, but {has} none, says the parsed DAG."
    return ""


def _out_of_turn(life: Execution, call: CallbackCall) -> str:
    """What is wrong with the moment of a worker's call, or nothing."""
    if call.phase is None:
        return ""
    outcome = _ENDS.get(call.kind)
    if outcome is None:
        return "" if call.phase == "before" else "after its outcome was reported"
    if life.terminal is None:
        # The server may have refused the report; then Airflow goes on as if it had not.
        reported = any(frame.type in OUTCOMES for frame in life.frames)
        return "" if reported else "but reported no outcome"
    if call.phase == "before":
        return "before its outcome was reported"
    return "" if life.terminal == outcome else f"but reported `{life.terminal}`"


def _at_import(evidence: Evidence) -> Iterator[str]:
    for life in evidence.executions:
        if life.imports and (found := _sent(evidence, life)):
            yield f"While the DAG's file was imported, before there was a run, {_arrived(found)}."


def _unasked(evidence: Evidence, life: Execution) -> Iterator[str]:
    """Nobody knows a stand-in's address, or a login for it, who has not asked for the connection."""
    if evidence.declared is None:
        return  # what was asked for may not be recorded
    strange = [
        item
        for item in _sent(evidence, life)
        if (kind := _stand_in(item)) is not None
        and not any(frame.stand_in == kind and frame.at <= item.at for frame in life.frames)
    ]
    if strange:
        yield f"{_capital(_arrived(strange))} from {_who(life)}, which had not asked for the connection."


def _borrowed(evidence: Evidence) -> Iterator[str]:
    """A key is given to one child only; whoever shows another's has been told it, or has found it somewhere."""
    lives = {life.id: life for life in evidence.executions}
    for shown in evidence.wrong_keys:
        at, owner = lives.get(shown.execution or 0), lives.get(shown.owner or 0)
        if at is not None and owner is not None:
            yield f"{_DOORS[shown.stand_in]} was shown a key of {_who(owner)} in {_who(at)}."


def _helped(evidence: Evidence, life: Execution) -> Iterator[str]:
    strange = [item for item in _sent(evidence, life) if item.phase == "callback or helper"]
    if life.alive is None or not strange:
        return
    threads, processes, unsent = life.alive.threads, life.alive.processes, life.alive.unsent
    alive = [_count(threads, "thread", "threads")] if threads else []
    alive += [_count(processes, "process", "processes")] if processes else []
    alive += [_count(unsent, "unfinished delivery", "unfinished deliveries")] if unsent else []
    be = "was" if threads + processes + unsent == 1 else "were"
    yield (
        f"When {_who(life)} reported its outcome, {_listing(alive)} of its work {be} still alive. Later "
        f"{_arrived(strange)} while no callback ran: nobody can tell from whom, so it counts as no callback's."
    )


def _beside_calls(evidence: Evidence, life: Execution) -> Iterator[str]:
    """What comes from a child of the DAG processor outside of the callbacks that it runs is the import's. After a try's
    outcome only callbacks run, and Airflow's own mails are sent, where the task has an address for them.
    """
    beside = [item for item in _sent(evidence, life) if item.call is None]
    if life.component == _PROCESSOR:
        called = any(call.execution == life.id for call in evidence.calls)
        # Modules count what they like when they are imported.
        strange: list[_Sent] = [item for item in beside if called and not isinstance(item, Metric)]
    else:
        airflows = evidence.mailing is None or life.task_id is None or life.task_id in evidence.mailing
        strange = [
            item for item in beside if item.phase == "after" and not (airflows and isinstance(item, Mail))
        ]
        yield from _cleaned_up(evidence, life)
    if strange:
        after = "" if life.component == _PROCESSOR else " after its outcome was reported"
        yield f"In {_who(life)}, {_arrived(strange)}{after} while no callback ran."


def _cleaned_up(evidence: Evidence, life: Execution) -> Iterator[str]:
    """Who has no callback has nobody who gives a lease back or removes a file after the outcome."""
    if any(call.execution == life.id and call.phase != "before" for call in evidence.calls):
        return
    closed = [one for one in evidence.leases if one.execution == life.id and one.closed_phase == "after"]
    removed = [one for one in evidence.files if one.remover == life.id and one.removed == "after"]
    for found, one, many, done in (
        (len(closed), "lease", "leases", "given back"),
        (len(removed), "file", "files", "removed"),
    ):
        if found:
            were = f"{_count(found, one, many)} {'was' if found == 1 else 'were'} {done}"
            yield f"In {_who(life)}, {were} after its outcome was reported, and no callback ran."


# -- words and helpers ------------------------------------------------------------------------------------------------


def _sent(evidence: Evidence, life: Execution) -> list[_Sent]:
    """What the learner's code sent; Airflow's own metrics come whenever they come."""
    metrics = (metric for metric in evidence.metrics if not metric.own)
    every: list[_Sent] = [*evidence.mails, *evidence.slack, *metrics, *evidence.posts]
    return [item for item in every if item.execution == life.id]


def _stand_in(item: _Sent) -> str | None:
    """The kind of connection that leads there; None: none is needed."""
    match item:
        case Mail():
            return "smtp"
        case SlackMessage():
            return "slack" if item.door == "webhook" else "slack_api"
        case Post():
            return "monitoring"
        case _:
            return None


def _who(life: Execution) -> str:
    if life.task_id is not None:
        index = "" if life.map_index < 0 else f"[{life.map_index}]"
        name = f"`{life.task_id}{index}`"
        tried = name if life.try_number is None else f"try {life.try_number} of {name}"
        return tried if life.component == "worker" else f"the {life.component}'s part in {tried}"
    if life.work is not None:
        return f"the {life.component}'s work on `{life.work}`"
    return f"the {life.component}"


def _arrived(items: Sequence[_Sent]) -> str:
    """``1 mail and 2 Slack messages arrived``."""
    counts = Counter(type(item) for item in items)
    return f"{_listing([_count(counts[kind], *names) for kind, names in _NAMES.items() if counts[kind]])} arrived"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _listing(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
