"""The evidence of the course's own solutions, with other words in the learner's mouth.

What arrived, when, and from whom stays as it was; what it says is changed: texts, payloads, names, bodies, log lines
and callback calls. No check breaks, and all of it can be shown.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from autograder import evidence as evidences
from autograder import grading, submission
from autograder.control import Pool
from autograder.evidence import Evidence
from tests.fuzz.claims import COURSE, exercise, graded, show
from tests.fuzz.junk import json_values, texts

__all__ = ["changed", "nothing_breaks", "solved"]

_SAID = {
    "mails": ("subject", "text", "html", "headers", "sender", "to"),
    "slack": ("payload", "text"),
    "metrics": ("name", "tags", "raw"),
    "posts": ("method", "path", "body"),
    "logs": ("event", "fields", "level", "logger"),
    "calls": ("name", "file", "line", "context", "reason", "index", "kind", "error"),
}
"""What of every item comes from the learner's code, by the field of Evidence that it is in."""

Changes = list[tuple[str, int, int, Any]]


@cache
def solved(slug: str, folder: Path) -> dict[str, Evidence]:
    """The evidence of the exercise's solution; run now, unless it is in the folder already.

    :param folder: where it is kept, a subfolder for each state of the exercise.
    """
    kept = folder / f"{slug}-{exercise(slug).digest[:12]}"
    if not kept.is_dir():
        found = submission.find(COURSE / "solutions" / slug, exercise(slug), folder)
        store = folder / "results"
        with Pool(2, cache=folder / "cache") as pool:
            result = grading.check(exercise(slug), found, runner=pool, store=store)
        assert result.score == result.max_score, [check.message for check in result.checks]
        made = next((store / slug).glob("*/evidence"))
        made.rename(kept)
    # The callback log beside a scenario's evidence is another view of it.
    return {path.stem: evidences.load(path) for path in sorted(kept.glob("*.json"))}


def changed() -> st.SearchStrategy[Changes]:
    """Some changes: in which kind of item, in which of them, in which field, and to what."""
    value = st.one_of(json_values, texts, st.none())
    return st.lists(
        st.tuples(st.sampled_from(sorted(_SAID)), st.integers(0, 200), st.integers(0, 7), value),
        min_size=1,
        max_size=6,
    )


def _with(evidence: Evidence, changes: Changes) -> Evidence:
    document = json.loads(evidence.model_dump_json())
    for kind, item, field, value in changes:
        items, names = document[kind], _SAID[kind]
        if not items:
            continue
        before = items[item % len(items)][names[field % len(names)]]
        items[item % len(items)][names[field % len(names)]] = value
        try:
            Evidence.model_validate_json(json.dumps(document))
        except ValueError:
            # Control would not have stored it: something of the same type in its place.
            items[item % len(items)][names[field % len(names)]] = _like(before, value)
    return Evidence.model_validate_json(json.dumps(document))


def _like(before: Any, value: Any) -> Any:
    if isinstance(before, str):
        return json.dumps(value)
    if isinstance(before, list):
        return [json.dumps(value)]
    return before


def nothing_breaks(given: tuple[str, Changes], folder: Path) -> None:
    """For an exercise: whatever the solution had said, each check has an answer, and the report can be made."""
    slug, changes = given
    before = solved(slug, folder)
    after = {name: _with(one, changes) for name, one in before.items()}
    result = graded(slug, after)
    for check in result.checks:
        assert check.outcome != "ungradable", f"{check.id}: {check.message} {check.observed}"
    show(result, {name: after[name] for name in sorted(after)[:2]})
