"""What learners' code says of itself, and what it sends: graded by the course's own checks, and shown.

The facts of each scenario are those of an answer without callbacks: tries that began and ended, and nothing more. On
top of them comes whatever a fuzzer claims. It makes no check break, and none that rests on facts pass.
"""

from __future__ import annotations

import io
import types
import typing
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from rich.console import Console

from autograder import catalog, grading
from autograder.catalog import Exercise
from autograder.evidence import CallbackCall, CallError, Evidence, LogEvent, Mail, Metric, Post, SlackMessage
from autograder.records import Record
from autograder.report import html, run_terminal, terminal
from autograder.result import Result
from autograder.scenario import secret_for
from tests.checks.made import Recorder
from tests.fuzz.junk import json_values
from tests.report.pages import Page

__all__ = [
    "COURSE",
    "SLUGS",
    "claimed",
    "exercise",
    "graded",
    "nothing_gained",
    "plain",
    "said",
    "sent",
    "show",
]

COURSE = Path(__file__).resolve().parents[2]
SLUGS = sorted(path.parent.name for path in (COURSE / "exercises").glob("*/exercise.toml"))
_SEED = 20261120000001
_ENDS = {"raises": "failed", "succeeds": "success", "skips": "skipped"}
Heap = dict[str, list[Any]]
"""Items by the field of Evidence that they go to."""


@cache
def exercise(slug: str) -> Exercise:
    return catalog.load(COURSE).find(slug)


@cache
def plain(slug: str) -> dict[str, Evidence]:
    """Of every scenario, the facts of an answer that does what it is made to do and tells nobody."""
    found = {}
    for name, scenario in exercise(slug).scenarios.items():
        recorder = Recorder(name, scenario, seed=_SEED, dag_id=exercise(slug).dag_id or "dag")
        for task, faults in scenario.faults.items():
            last = len(faults) if isinstance(faults, list) else (scenario.retries or 0) + 1
            for number in range(1, last + 1):
                fault = scenario.fault_for(task, number)
                state = _ENDS.get(fault.kind, "failed") if fault is not None else "success"
                recorder.attempt(
                    task, number, "up_for_retry" if state == "failed" and number < last else state
                )
                if state != "failed":
                    break
        found[name] = recorder.evidence()
    return found


def graded(slug: str, evidence: dict[str, Evidence]) -> Result:
    """What today's checks say of it, all of them."""
    chosen = grading.choose(exercise(slug), None)
    board = grading.judge(exercise(slug), chosen, (pair for pair in evidence.items()))
    return grading._result(
        exercise(slug),
        board,
        chosen,
        part=None,
        seed=_SEED,
        submission="dag.py",
        made_at="2026-11-20T06:00:00+00:00",
        problem=None,
        timings={},
        notes=[],
    )


def claimed(evidence: dict[str, Evidence], heap: Heap) -> dict[str, Evidence]:
    """The evidence with this in every scenario, as of executions and calls that are there."""
    return {name: _with(one, heap) for name, one in evidence.items()}


def _with(evidence: Evidence, heap: Heap) -> Evidence:
    executions = evidence.executions
    if not executions:
        return evidence
    calls = [
        call.model_copy(update={"id": number, **_place(executions, call.execution)})
        for number, call in enumerate(heap.get("calls", []))
    ]
    items: Heap = {"calls": calls}
    for kind, given in heap.items():
        if kind != "calls":
            items[kind] = [
                item.model_copy(
                    update={
                        "id": number,
                        "call": calls[item.id % len(calls)].id if calls and item.id % 3 else None,
                        **_place(executions, item.execution or 0),
                        **_worded(item, evidence),
                    }
                )
                for number, item in enumerate(map(_on_the_worker, given))
            ]
    return Evidence.model_validate_json(evidence.model_copy(update=items).model_dump_json())


def _place(executions: list[Any], number: int) -> dict[str, Any]:
    """The fields by which an item names its execution."""
    one = executions[number % len(executions)]
    names = ("component", "task_id", "map_index", "try_number")
    return {"execution": one.id, **{name: getattr(one, name) for name in names}}


SECRET = "{secret}"
"""What stands, in a text, for what the scenario's own fault says: the learner's code is told it."""


def _on_the_worker(item: Any) -> Any:
    """What arrives in which phase is a fact, and all executions here are the worker's: they have no such phase."""
    impossible = item.phase == "import or callback"
    return item.model_copy(update={"phase": "callback or helper"}) if impossible else item


def _worded(item: Any, evidence: Evidence) -> dict[str, Any]:
    name = {"LogEvent": "event", "Mail": "text", "SlackMessage": "text"}.get(type(item).__name__)
    if name is None or SECRET not in getattr(item, name):
        return {}
    if item.phase == "after" and not isinstance(item, LogEvent):
        return {}  # a message about the fault, after the outcome, is what an answer sends
    place = _place(evidence.executions, item.execution or 0)
    secret = secret_for(evidence.seed, evidence.name, str(place["task_id"]), place["try_number"] or 1)
    return {name: getattr(item, name).replace(SECRET, secret)}


# -- what is claimed ----------------------------------------------------------------------------------------------

_TASK = [f"on_{event}_callback" for event in ("execute", "failure", "success", "retry", "skipped")]
_KINDS = [*_TASK, "dag_failure_callback", "dag_success_callback", "deadline_callback", "sla_miss_callback"]
_WORDS = st.one_of(
    st.sampled_from(["", "disk full " + SECRET, "callback", "failed", "\n", "<script>", "99", "\x1b[2J"]),
    st.just("a").map(lambda sign: sign * 3000),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12),
)
_NAMED: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.one_of(st.sampled_from(_KINDS), _WORDS),
    "id": st.integers(0, 5),
    "execution": st.integers(0, 9),
    "call": st.none(),
    "deliveries": st.just([]),
    "logs": st.just([]),
    "deadline": st.none(),
    "fields": st.dictionaries(_WORDS, json_values, max_size=3),
    "payload": st.one_of(
        st.dictionaries(
            st.sampled_from(["text", "blocks", "attachments", "username"]), json_values, max_size=3
        ),
        st.lists(st.dictionaries(st.sampled_from(["type", "text", "elements", "fields"]), json_values)).map(
            lambda blocks: {"blocks": blocks}
        ),
    ),
    "body": json_values,
    "index": st.integers(-1, 3),
    "line": st.one_of(st.none(), st.integers(-1, 10**9)),
    "file": st.sampled_from([None, "dag.py", "../x", ""]),
    "status": st.sampled_from([0, 200, 250, 403, 550]),
}


def _of_type(annotation: Any) -> st.SearchStrategy[Any]:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*map(_of_type, inner))
    if origin is typing.Literal:
        return st.sampled_from(inner)
    if origin is list:
        return st.lists(_of_type(inner[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(_of_type(inner[0]), _of_type(inner[1]), max_size=2)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: _WORDS,
        int: st.integers(-(2**31), 2**31),
        float: st.floats(0, 1e6),
        bool: st.booleans(),
        type(None): st.none(),
        Any: json_values,
    }
    return simple[annotation]


def _any(kind: type[Record], **named: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Records of this kind, in whose fields there is anything that may be there."""
    known = _NAMED | named
    fields = {
        name: known[name] if name in known else _of_type(field.annotation)
        for name, field in kind.model_fields.items()
    }
    return st.builds(kind, **fields)


def said() -> st.SearchStrategy[Heap]:
    """Claims: callback calls and lines of log."""
    errors = st.one_of(st.none(), _any(CallError))
    calls = st.lists(_any(CallbackCall, error=errors), max_size=5)
    return st.fixed_dictionaries({"calls": calls, "logs": st.lists(_any(LogEvent), max_size=5)})


def sent() -> st.SearchStrategy[Heap]:
    """Claims, and deliveries of any content."""
    kinds = {"mails": Mail, "slack": SlackMessage, "metrics": Metric, "posts": Post}
    more = {name: st.lists(_any(kind), max_size=2) for name, kind in kinds.items()}
    return st.builds(lambda one, other: one | other, said(), st.fixed_dictionaries(more))


def nothing_gained(given: tuple[str, Heap]) -> None:
    """For an exercise: no check breaks, none that rests on facts passes, and all of it can be shown."""
    slug, heap = given
    evidence = claimed(plain(slug), heap)
    result = graded(slug, evidence)
    for check in result.checks:
        assert check.outcome != "ungradable", f"{check.id}: {check.message} {check.observed}"
        assert not (check.outcome == "passed" and check.strength == "fact"), f"{check.id} passes"
    show(result, {name: evidence[name] for name in sorted(evidence)[:2]})


# -- how it is shown ----------------------------------------------------------------------------------------------


def show(result: Result, evidence: dict[str, Evidence]) -> None:
    """Every view of it can be made, and nothing in it acts."""
    page = html.render(result, evidence)
    assert Page(page).dangers() == []
    console = Console(file=io.StringIO(), width=80)
    terminal.show(result, evidence=evidence, hints=1, console=console)
    for one in list(evidence.values())[:1]:
        assert Page(html.render_run(one)).dangers() == []
        run_terminal.show_run(one, console)
