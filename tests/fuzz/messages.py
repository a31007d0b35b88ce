"""What a child may send, well-formed, nearly so or not at all: strategies for ``hypothesis``."""

from __future__ import annotations

import typing
from typing import Any

from airflow.dag_processing.processor import ToManager
from airflow.jobs.triggerer_job_runner import ToTriggerSupervisor
from airflow.sdk.execution_time.callback_supervisor import CallbackToSupervisor
from airflow.sdk.execution_time.comms import ToSupervisor
from hypothesis import strategies as st

from tests.fuzz.door import ENDS, FOLDER, OWN, Script, framed, request, side
from tests.fuzz.junk import json_values, replaced, texts

__all__ = ["callbacks", "parsers", "tasks", "triggers"]

_NOBODY = "00000000-0000-4000-8000-000000000000"
_DATES = [
    "2026-11-20T06:00:00Z",
    "2026-11-20T07:30:00+02:00",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    None,
]
_NUMBERS = [0, 1, -1, 2**31, 2**63 - 1, -(2**63), 1e300, float("inf"), float("nan"), None]
_LIKELY: dict[str, list[Any]] = {
    "dag_id": [OWN["dag_id"], OWN["dag_id"], OWN["dag_id"], "another"],
    "run_id": [OWN["run_id"], OWN["run_id"], OWN["run_id"], "manual__never"],
    "task_id": [OWN["task_id"], OWN["task_id"], OWN["task_id"], "second", "third"],
    "ti_id": [OWN["id"], OWN["id"], OWN["id"], _NOBODY, None],
    "map_index": [OWN["map_index"], -1, 0, 7, None],
    "conn_id": ["smtp_default", "slack_default", "unknown"],
    "tasks": [["second"], ["third", ["second", 0]], ["first"], []],
    "task_outlets": [
        [],
        [{"name": "made", "uri": "x://made/", "type": "Asset"}],
        [{"name": "n", "type": "AssetAlias"}],
    ],
    "outlet_events": [[], [{"dest_asset_key": {"name": "made", "uri": "x://made/"}, "extra": {}}]],
    "classpath": [
        "airflow.providers.standard.triggers.temporal.TimeDeltaTrigger",
        "os.system",
        "dag.Mine",
        "",
    ],
    "trigger_kwargs": [{}, {"delta": 60}, {"__type": "dict", "__var": {}}, "gAAAA"],
    "next_method": ["execute_complete", "__init__", ""],
    "next_kwargs": [{}, {"a": [1]}, {"__classname__": "os.system", "__data__": ["true"]}],
    "trigger_timeout": [None, 60.0, 1e15, -5.0, "P1D"],
    "options": [["yes", "no"], [], ["yes", "yes"]],
    "defaults": [["yes"], ["other"], None],
    "rendered_map_index": [None, "first of all", "x" * 1000],
    "retry_delay_seconds": [None, 0.0, 90.5, -1.0, 1e12, 1e300, float("inf"), float("nan")],
    "key": ["return_value", "k", "a/b c", "50%", ""],
    "fileloc": ["dag.py", "/etc/passwd"],
    "serialized_dags": [[]],
    "import_errors": [None, {}, {"dag.py": "Traceback\n  File \"dag.py\", line 3\nKeyError: 'x'"}, {"": ""}],
    "warnings": [None, [], [{"message": "old"}]],
    "events": [None, [[1, {"event_class": "TriggerEvent", "payload": 1}]], [[2, None]]],
    "failures": [None, [[1, ["Traceback", "KeyError"]]], [[1, None]]],
    "finished": [None, [1], [2]],
}
"""Values that fit, or nearly, by the name of the field."""


def _types(union: Any) -> list[type[Any]]:
    return list(typing.get_args(typing.get_args(union)[0]))


def _likely(name: str, field: Any) -> list[Any]:
    annotation = str(field.annotation)
    if name in _LIKELY:
        return _LIKELY[name]
    if typing.get_origin(field.annotation) is typing.Literal:
        return [getattr(value, "value", value) for value in typing.get_args(field.annotation)]
    if "datetime" in annotation.lower():
        return _DATES
    if "bool" in annotation:
        return [True, False, None]
    if "int" in annotation or "float" in annotation:
        return _NUMBERS
    return ["text", "", None, [], {}, {"a": [1, 2.5, None]}]


def _fitting(name: str, field: Any) -> list[Any]:
    """Likely values without the one that is refused at once."""
    likely = _likely(name, field)
    return likely if "None" in str(field.annotation) else [value for value in likely if value is not None]


@st.composite
def _bodies(draw: st.DrawFn, kinds: list[type[Any]]) -> Any:
    """A message of one of these kinds; one in ten has something in it that does not belong there."""
    kind = draw(st.sampled_from(kinds))
    body = {name: draw(st.sampled_from(_fitting(name, field))) for name, field in kind.model_fields.items()}
    body["type"] = kind.__name__
    return draw(replaced(body)) if draw(st.integers(0, 9)) == 0 else body


_WORDS = st.one_of(
    st.just(
        ["call", {"kind": "on_failure_callback", "index": 0, "name": "tell", "file": "dag.py", "line": 4}]
    ),
    st.just(["returned", None]),
    st.builds(
        lambda told: ["call", told],
        st.dictionaries(st.sampled_from(["kind", "index", "line", "context"]), json_values),
    ),
    st.builds(
        lambda told: ["returned", told],
        st.dictionaries(st.sampled_from(["type", "message", "line"]), json_values),
    ),
    st.builds(lambda until: ["sleep", until], st.integers(-(10**25), 10**25)),
    st.builds(lambda port: ["settle", port], st.integers(-1, 1 << 17)),
    st.sampled_from([["interrupted"], ["handled"], ["gave up"], ["unheard of"]]),
    json_values,
)
_LINES = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda event: b'{"level": "info", "event": ' + event + b"}\n",
        st.sampled_from([b"1", b'"x"', b"{}", b"null"]),
    ),
    st.builds(lambda a, b: b"%d %d {}\n" % (a, b), st.integers(0, 10**9), st.integers(0, 10**9)),
    json_values.map(lambda value: (repr(value)).encode("utf-8", "replace") + b"\n"),
)


def _says(kinds: list[type[Any]]) -> st.SearchStrategy[list[tuple[str, Any]]]:
    bodies = _bodies(kinds)
    one = st.one_of(
        bodies.map(request),
        bodies.map(request),
        st.tuples(st.just("requests"), st.one_of(json_values, st.binary(max_size=60))),
        st.builds(lambda body: ("requests", framed(body)), st.binary(max_size=60)),
        st.builds(lambda words: side(*words) if isinstance(words, list) else side(words), _WORDS),
        st.tuples(st.just("side"), st.binary(max_size=40)),
        st.tuples(st.sampled_from(["stdout", "stderr", "log"]), _LINES),
    )
    return st.lists(one, max_size=6)


_ENDS = st.sampled_from(ENDS)


def tasks() -> st.SearchStrategy[Script]:
    """A task's child: some of what a task may say, and often a terminal message at last."""
    kinds = _types(ToSupervisor)
    last = [kind for kind in kinds if kind.__name__ in ("SucceedTask", "TaskState", "RetryTask", "DeferTask")]
    ending = st.one_of(st.just([]), _bodies(last).map(lambda body: [request(body)]))
    more = st.lists(st.tuples(st.just("log"), _LINES), max_size=2)
    return st.builds(lambda a, b, c, end: Script([*a, *b, *c], end), _says(kinds), ending, more, _ENDS)


_tracebacks = st.lists(
    st.one_of(
        texts,
        st.sampled_from(["\n" * 30_000, "Traceback (most recent call last):", "  ", "Cycle detected"]),
        st.sampled_from(["3", "9" * 5000, "²"]).map(
            lambda line: f'  File "{FOLDER}/dag.py", line {line}, in x'
        ),
    ),
    max_size=4,
).map("\n".join)


@st.composite
def parsers(draw: st.DrawFn, dag: Any) -> Script:
    """The child that parses the file: it says that this serialized DAG is in it, or something of the kind."""
    said = draw(st.one_of(st.just(dag), st.just(dag), replaced(dag), replaced(dag).flatmap(replaced)))
    told = draw(st.integers(0, 9)) == 0
    errors = draw(st.dictionaries(texts, _tracebacks, max_size=2)) if told else None
    result = {
        "type": "DagFileParsingResult",
        "fileloc": "dag.py",
        "serialized_dags": [{"data": said, "last_loaded": None}],
        "import_errors": errors,
    }
    before = draw(_says(_types(ToManager))) if draw(st.integers(0, 9)) == 0 else []
    return Script([*before, request(result)], draw(_ENDS))


def callbacks() -> st.SearchStrategy[Script]:
    """A child of the DAG processor that runs callbacks, or one of the executor."""
    kinds = [*_types(ToManager), *_types(CallbackToSupervisor)]
    return st.builds(Script, _says(kinds), _ENDS)


def triggers() -> st.SearchStrategy[Script]:
    return st.builds(Script, _says(_types(ToTriggerSupervisor)), _ENDS)
