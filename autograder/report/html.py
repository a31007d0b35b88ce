"""A result, or a run, as one self-contained HTML page; or as a card, the fragment that a notebook shows.

Nothing is loaded from anywhere and nothing acts: no scripts, a policy that forbids both, mails in sandboxed
frames. Whatever the templates put out is escaped, and hidden characters in it are shown.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from autograder import __version__, deadlinewords, spans
from autograder.disagreements import disagreements
from autograder.evidence import CallbackCall, Evidence, LogEvent, Problem, SlackMessage
from autograder.report import mail_html, markup, slack_html, svg, words
from autograder.report.beside import Beside
from autograder.report.text import address, lesson_address, lesson_file, plural
from autograder.report.timeline import layout
from autograder.result import CheckResult, Result

__all__ = ["render", "render_card", "render_message", "render_progress", "render_run", "render_run_card"]

LOGS = 300
"""How many log events of a scenario a page holds; the stored evidence has them all."""
FEW = 60
"""The same of a card."""
LONG = 4000
_TEMPLATES = Path(__file__).with_name("templates")
_ALONE = Beside()
_NONE: Mapping[str, str] = {}


def render(
    result: Result,
    evidence: Mapping[str, Evidence],
    sources: Mapping[str, str] = _NONE,
    beside: Beside = _ALONE,
) -> str:
    """A page with the result, and what happened in the scenarios whose evidence is given.

    :param sources: what was graded, by file name: a place in it is shown with its line.
    """
    return _page(f"{result.title}: {_score(result)}", _card(result, evidence, sources, beside))


def render_card(
    result: Result,
    evidence: Mapping[str, Evidence],
    sources: Mapping[str, str] = _NONE,
    beside: Beside = _ALONE,
    *,
    hints: int = 0,
) -> str:
    """The same as a fragment with its own style, to be put into another page.

    It has the scenarios in which something went wrong; all of them would make a notebook heavy.

    :param hints: how many of each check are open from the beginning.
    """
    return _styled(_card(result, evidence, sources, beside, brief=True, hints=hints))


def render_run(evidence: Evidence) -> str:
    """A page with one scenario, not graded."""
    return _page(f"A run of {evidence.dag_id or evidence.name}", _run(evidence))


def render_run_card(evidence: Evidence, beside: Beside = _ALONE) -> str:
    """The same as a fragment with its own style."""
    return _styled(_run(evidence, beside, brief=True))


def render_message(
    title: str,
    sentence: str,
    problem: Problem | None = None,
    beside: Beside = _ALONE,
    *,
    listing: str = "",
) -> str:
    """A card that says why there is no result, with its own style.

    :param problem: the same in pieces: then the sentence is not shown.
    :param listing: lines that are shown as they are.
    """
    return _styled(
        _fill(
            "message.html", title=title, sentence=sentence, problem_=problem, beside=beside, listing=listing
        )
    )


def render_progress(doing: str, done: int, of: int, checks: Sequence[CheckResult] = ()) -> str:
    """What is shown while a check goes on, with its own style.

    :param done: how many scenarios are, of how many; none are known yet when that is 0.
    """
    return _styled(_fill("progress.html", doing=doing, done=done, of=of, checks=checks, line=_line))


class _Scene:
    """A scenario as the templates see it."""

    def __init__(self, evidence: Evidence, anchor: str, *, opened: bool = False, brief: bool = False) -> None:
        logs = FEW if brief else LOGS
        self.evidence, self.anchor, self.open = evidence, anchor, opened
        plan = layout(evidence)
        title = f"Timeline of scenario {evidence.name}"
        self.picture = svg.draw(plan, name=anchor, title=title, apart=brief) if plan.rows else None
        self.lines = words.scenario_lines(evidence.scenario)
        self.disagreements = disagreements(evidence)
        self.counted = [words.task_name(t.task_id, t.map_index) for t in evidence.tasks if t.counted]
        self.mails = [(mail, mail_html.frame(mail.html) if mail.html else None) for mail in evidence.mails]
        self.slack = [(message, slack_html.render(message.payload)) for message in evidence.slack]
        self.metrics, self.airflows = words.metric_groups(evidence.metrics)
        self.left = [(file, said) for file in evidence.files if (said := words.left_words(file))]
        told, self.routine = words.log_groups(evidence.logs)
        self.logs, self.more_logs = told[:logs], max(0, len(told) - logs)
        self._logs = {event.id: event for event in evidence.logs}
        self._sent = {item.id: (kind, name) for kind, name, item in _deliveries(evidence)}

    @property
    def counts(self) -> str:
        """The summary of a folded scenario."""
        evidence = self.evidence
        missed = [deadline for deadline in evidence.deadlines if deadline.missed is not None]
        counted = (
            (missed, "missed deadline"),
            (evidence.calls, "callback"),
            (evidence.mails, "mail"),
            (evidence.slack, "Slack message"),
            (self.metrics, "metric"),
            (evidence.posts, "monitoring post"),
        )
        found = [plural(len(items), name) for items, name in counted if items]
        return " · ".join([words.run_line(evidence).rstrip("."), *found])

    def logged(self, call: CallbackCall) -> list[LogEvent]:
        return [self._logs[i] for i in call.logs[:20] if i in self._logs]

    def sent(self, call: CallbackCall) -> list[tuple[str, str]]:
        """Anchor and name of a call's deliveries."""
        known = ((i, *self._sent[i]) for i in call.deliveries if i in self._sent)
        return [(f"{self.anchor}-{kind}-{i}", name) for i, kind, name in known]

    def anchors(self) -> Iterable[tuple[tuple[str, str, int | None], str]]:
        """Where on the page each item is."""
        evidence = self.evidence
        ids = {
            "call": [call.id for call in evidence.calls],
            "log": [event.id for event in self.logs],
            "lease": [lease.id for lease in evidence.leases],
            "deadline": [deadline.id for deadline in evidence.deadlines],
        }
        for kind, _, item in _deliveries(evidence):
            ids.setdefault(kind, []).append(item.id)
        for kind, numbers in ids.items():
            yield from (((evidence.name, kind, i), f"{self.anchor}-{kind}-{i}") for i in numbers)

    def sender(self, message: SlackMessage) -> str:
        name = message.payload.get("username")
        return name if isinstance(name, str) and name else "Airflow"


def _deliveries(evidence: Evidence) -> Iterable[tuple[str, str, Any]]:
    yield from (("mail", "mail", item) for item in evidence.mails)
    yield from (("slack", "Slack message", item) for item in evidence.slack)
    yield from (("metric", "metric", item) for item in evidence.metrics if not item.own)
    yield from (("post", "monitoring post", item) for item in evidence.posts)


def _styled(body: Markup) -> str:
    return str(Markup("<style>{}</style>{}").format(_style("card.css"), body))


def _card(
    result: Result,
    evidence: Mapping[str, Evidence],
    sources: Mapping[str, str],
    beside: Beside,
    *,
    brief: bool = False,
    hints: int = 0,
) -> Markup:
    prefix = _prefix(result.made_at, result.submission, str(result.seed))
    first = words.first_to_fix(result)
    telling = first.scenarios[:1] if first else []
    wanted = words.telling(result, evidence) if brief else list(evidence)
    scenes = [
        _Scene(one, f"{prefix}-s{number}", opened=name in telling, brief=brief)
        for number, (name, one) in enumerate(evidence.items())
        if name in wanted
    ]
    return _fill(
        "card.html",
        result=result,
        prefix=prefix,
        first=first,
        scenes=scenes,
        apart=[name for name in evidence if name not in wanted],
        missing=[name for name in result.scenarios if name not in evidence],
        places={name: words.item_places(one) for name, one in evidence.items()},
        anchors=dict(pair for scene in scenes for pair in scene.anchors()),
        line=_line,
        beside=beside,
        sources=sources,
        shown=hints,
    )


def _line(check: CheckResult) -> Markup:
    return _fill("line.html", check=check)


def _run(evidence: Evidence, beside: Beside = _ALONE, *, brief: bool = False) -> Markup:
    prefix = _prefix(evidence.name, evidence.run_id or "", str(evidence.seed))
    scene = _Scene(evidence, prefix, brief=brief)
    return _fill("run.html", one=scene, beside=beside)


def _page(title: str, body: Markup) -> str:
    return str(
        _fill(
            "page.html",
            title=title,
            body=body,
            style=_style("card.css"),
            page_style=_style("page.css"),
            generator=f"autograder {__version__}",
        )
    )


def _score(result: Result) -> str:
    return "score withheld" if result.score is None else words.points(result.score, result.max_score)


def _prefix(*parts: str) -> str:
    """For ids: several cards may share a page."""
    return "ag" + hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=4).hexdigest()


def _fill(template: str, **context: Any) -> Markup:
    return Markup(_environment().get_template(template).render(**context))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = markup.environment(_TEMPLATES, longest=LONG)
    environment.globals |= {"words": words, "deadlines": deadlinewords, "plural": plural}
    environment.filters |= {
        "address": address,
        "body": lambda value: (
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        ),
        "lesson_address": lesson_address,
        "lesson_file": lesson_file,
        "moment": spans.moment,
        "state": words.state_words,
        "when": _when,
    }
    return environment


def _when(moment: str) -> str:
    try:
        parsed = datetime.datetime.fromisoformat(moment)
    except ValueError:
        return moment
    zone = " UTC" if parsed.utcoffset() == datetime.timedelta(0) else f" {parsed:%z}".rstrip()
    return f"{parsed.day} {parsed:%B %Y, %H:%M}{zone}"


@lru_cache
def _style(name: str) -> Markup:
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))
