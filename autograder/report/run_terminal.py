"""A scenario in the terminal, without grading: what happened, in the order in which it happened."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain

from rich.console import Console, ConsoleRenderable
from rich.text import Text

from autograder import deadlinewords
from autograder.disagreements import disagreements
from autograder.evidence import (
    CallbackCall,
    DeadlineRecord,
    Evidence,
    Mail,
    Metric,
    Post,
    Problem,
    SlackMessage,
)
from autograder.report import words
from autograder.report.axis import Jump
from autograder.report.beside import Beside
from autograder.report.moments import Moment
from autograder.report.screen import Screen
from autograder.report.text import clip, plural
from autograder.report.timeline import Bar, Mark, layout
from autograder.report.words import (
    call_ending,
    dropped,
    given_words,
    lease_words,
    left_words,
    log_details,
    log_groups,
    metric_groups,
    place,
    run_isolation,
    run_line,
    scenario_lines,
    state_words,
    task_name,
)
from autograder.spans import duration, moment

__all__ = ["beside_view", "disagreed_view", "problem_view", "show_run"]

_ALONE = Beside()
_LONGEST = ("States", "Logs")
LOGS = 200
"""How many log events are printed; the stored evidence has them all."""
LONG = 4000
_TONES = {"success": "green", "failed": "red", "retry": "yellow", "skipped": "cyan", "other": ""}


def show_run(
    evidence: Evidence,
    console: Console,
    *,
    full_traceback: bool = False,
    beside: Beside = _ALONE,
    brief: bool = False,
) -> None:
    """Print everything that happened in a scenario.

    :param brief: without what takes most room, states and logs.
    """
    screen = Screen.of(console)
    title = f"{evidence.dag_id or 'no DAG'} · {evidence.run_id or evidence.name}"
    pieces = [screen.rule(title), screen.text(run_line(evidence), "bold")]
    pieces += [screen.text(one, "dim") for one in scenario_lines(evidence.scenario)]
    if evidence.problem is not None:
        pieces.append(problem_view(screen, evidence.problem, full_traceback))
    if said := disagreements(evidence):
        pieces.append(disagreed_view(screen, said))
    pieces += beside_view(screen, beside)
    sections = (
        ("Timeline", _timeline(screen, evidence)),
        ("Deadlines", (_deadline(screen, one, evidence) for one in evidence.deadlines)),
        ("Callback log", (_call(screen, call, evidence) for call in evidence.calls)),
        ("Inbox", (_mail(screen, mail) for mail in evidence.mails)),
        ("Slack", (_slack(screen, message) for message in evidence.slack)),
        ("Metrics", _metrics(screen, evidence)),
        ("Monitoring", (_post(screen, post) for post in evidence.posts)),
        ("Leases", _leases(screen, evidence)),
        ("Left behind", _left(screen, evidence)),
        ("States", _states(screen, evidence)),
        ("Logs", _logs(screen, evidence)),
    )
    for piece in pieces:
        screen.put(console, piece)
    nothing = []
    for name, content in sections:
        if brief and name in _LONGEST:
            continue
        shown = list(content)
        if not shown:
            if name != "Deadlines":  # most DAGs have none
                nothing.append(name)
            continue
        console.print()
        screen.put(console, screen.rule(name))
        for piece in shown:
            screen.put(console, piece)
    console.print()
    if nothing:
        screen.put(console, screen.ours(f"Nothing under: {', '.join(nothing)}.", "dim"))
    if lost := dropped(evidence):
        screen.put(console, screen.ours(lost, "bold"))
    screen.put(console, screen.ours(f"Airflow {evidence.airflow}, seed {evidence.seed}", "dim"))
    screen.put(console, screen.ours(run_isolation(evidence), "dim"))


def beside_view(screen: Screen, beside: Beside) -> Iterator[ConsoleRenderable]:
    """What was done with the file, and what was predicted beside what happened."""
    for note in beside.notes:
        yield screen.inside(screen.text(f"Note: {note}"), indent=0)
    if beside.predicted:
        at = f" at {beside.predicted_at}" if beside.predicted_at else ""
        yield screen.text("")
        yield screen.ours(f"What you predicted{at}", "bold")
    for one in beside.predicted:
        happened = f"; {one.happened}" if one.happened else ""
        yield screen.text(f"{one.question} You said {one.said}{happened}.")


def disagreed_view(screen: Screen, sentences: list[str], head: str = "") -> ConsoleRenderable:
    """Where facts and claims of a scenario disagree."""
    first = words.DISAGREE if not head else f"{words.DISAGREE[0].lower()}{words.DISAGREE[1:]}"
    told = (screen.inside(screen.text(one), indent=2) for one in sentences)
    return screen.inside(screen.text(f"{head}{first}.", "bold red"), *told, indent=0)


def problem_view(screen: Screen, problem: Problem, full_traceback: bool) -> ConsoleRenderable:
    """Why something could not be run: the sentence, the place, the learner's frames, what to do."""
    parts: list[ConsoleRenderable] = [screen.text(problem.title, "bold red")]
    rows: list[tuple[str, ConsoleRenderable]] = []
    if problem.file:
        where = f"{problem.file}:{problem.line}" if problem.line is not None else problem.file
        rows.append(("Yours", screen.text(where)))
    if problem.advice:
        rows.append(("Next", screen.text(problem.advice)))
    parts.append(screen.named(rows, 0))
    if full_traceback and problem.full_traceback:
        parts.append(screen.text(problem.full_traceback))
    elif problem.detail:
        parts.append(screen.text(problem.detail))
        if problem.full_traceback:
            parts.append(screen.ours("The whole traceback: --traceback full", "dim"))
    return screen.inside(*parts, indent=2)


def _timeline(screen: Screen, evidence: Evidence) -> Iterator[ConsoleRenderable]:
    plan = layout(evidence)
    bars = [(bar, row.component, row.label) for row in plan.rows for bar in row.bars]
    idle = [jump for jump in plan.jumps if not any(b.start <= jump.start < b.end for b, _, _ in bars)]
    moments = list(plan.moments)
    marks: dict[int | None, list[Mark]] = {}
    for mark in chain.from_iterable(row.marks for row in plan.rows):
        marks.setdefault(mark.execution, []).append(mark)
    for bar, component, label in sorted(bars, key=lambda one: (one[0].start, one[0].execution)):
        while moments and (moments[0].at, moments[0].kind == "end") <= (bar.start, False):
            yield from _jumped(screen, idle, moments[0].at)
            yield _moment(screen, moments.pop(0))
        yield from _jumped(screen, idle, bar.start)
        yield from _bar(screen, bar, component, label)
        yield from (_mark(screen, mark) for mark in marks.pop(bar.execution, []))
    for moment_ in moments:
        yield from _jumped(screen, idle, moment_.at)
        yield _moment(screen, moment_)
    for mark in chain.from_iterable(marks.values()):
        yield _mark(screen, mark)
    for row in plan.rows:
        if row.note:
            yield screen.text(f"{row.label}: {row.note}", "dim")
    counted = [task_name(task.task_id, task.map_index) for task in evidence.tasks if task.counted]
    if counted:
        yield screen.text(f"Counted as succeeded, not run: {', '.join(counted)}", "dim")
    if plan.more:
        yield screen.ours(f"{plural(plan.more, 'row')} more in the stored evidence", "dim")


def _jumped(screen: Screen, idle: list[Jump], until: float) -> Iterator[ConsoleRenderable]:
    while idle and idle[0].end <= until:
        yield screen.ours(f"· · · {idle.pop(0).label} · · ·", "bold dim")


def _moment(screen: Screen, one: Moment) -> ConsoleRenderable:
    style = {"failed": "bold red", "success": "bold green"}.get(one.tone, "bold")
    return Text.assemble(
        screen.text(f"{moment(one.at)}  ", "dim"),
        screen.text(one.label, style),
        overflow="fold",
    )


def _bar(screen: Screen, bar: Bar, component: str, label: str) -> Iterator[ConsoleRenderable]:
    who = component if component == label else f"{label} ({component})"
    lasted = f", {duration(bar.end - bar.start)}" if bar.end > bar.start else ""
    content = Text.assemble(
        screen.text(f"{moment(bar.start)}  ", "dim"),
        screen.text(f"{who}  "),
        screen.text(bar.label, f"bold {_TONES[bar.tone]}".strip()),
        screen.text(lasted, "dim"),
        overflow="fold",
    )
    yield content


def _mark(screen: Screen, mark: Mark) -> ConsoleRenderable:
    style = {"failed": "red", "other": "" if mark.kind != "call" else "yellow"}.get(mark.tone, "")
    return screen.inside(screen.text(mark.label, style), indent=6)


def _belongs(screen: Screen, item: Mail | SlackMessage | Metric | Post) -> Text:
    where = place(item.task_id, item.map_index, item.try_number, item.component, item.phase)
    nobody = "to an address that was nobody's, " if item.execution is None else ""
    return screen.text(f"{moment(item.at)}, {nobody}{where}", "dim")


def _call(screen: Screen, call: CallbackCall, evidence: Evidence) -> ConsoleRenderable:
    style = "" if call.returned else "red"
    who = place(call.task_id, call.map_index, call.try_number, call.component)
    rows: list[tuple[str, ConsoleRenderable]] = []
    if call.file:
        rows.append(("Yours", screen.text(f"{call.file}:{call.line}" if call.line else call.file)))
    if call.reason:
        rows.append(("Reason", screen.text(call.reason)))
    if given := given_words(call):
        rows.append(("Given", screen.text(given, "dim")))
    if call.error:
        rows.append(("Raised", screen.text(call.error.said, "red")))
        if call.error.detail:
            rows.append(("", screen.text(call.error.detail)))
    events = {event.id: event for event in evidence.logs}
    rows += [("Logged", screen.text(clip(events[i].event, LONG))) for i in call.logs if i in events]
    if call.deliveries:
        rows.append(("Sent", screen.ours(plural(len(call.deliveries), "delivery", "deliveries"))))
    return screen.inside(
        screen.text(f"{call.kind}[{call.index}] {call.name}: {call_ending(call)}", style),
        screen.text(f"{moment(call.start)}, {who}", "dim"),
        screen.named(rows, 2),
        indent=0,
    )


def _deadline(screen: Screen, one: DeadlineRecord, evidence: Evidence) -> ConsoleRenderable:
    where = f" ({one.component})" if one.component else ""
    path = deadlinewords.callback_path(one.callback)
    rows = [("Callback", screen.text(f"{path}{where}: {deadlinewords.callback_became(one)}"))]
    if one.missed is not None and (kept := deadlinewords.output(one)):
        rows.append(("Output", screen.text(clip(kept, LONG))))
    if why := deadlinewords.complaint(evidence, one):
        rows.append(("Why", screen.text(f"It {why}")))
    return screen.inside(
        screen.text(deadlinewords.title(one), "red" if one.missed is not None else ""),
        screen.text(deadlinewords.became(one), "dim"),
        screen.named(rows, 2),
        indent=0,
    )


def _mail(screen: Screen, mail: Mail) -> ConsoleRenderable:
    rows = [
        ("From", screen.text(mail.sender)),
        ("To", screen.text(", ".join(mail.to))),
        ("Subject", screen.text(mail.subject, "bold")),
        ("Body", screen.text(clip(mail.text, LONG))),
    ]
    if mail.status >= 400:
        rows.append(("Refused", screen.ours(f"answered {mail.status}", "red")))
    return screen.inside(_belongs(screen, mail), screen.named(rows, 2), indent=0)


def _slack(screen: Screen, message: SlackMessage) -> ConsoleRenderable:
    answer = f"answered {message.status}" if message.status else "not answered"
    error = f", {message.error}" if message.error else ""
    rows = [("Door", screen.ours(f"{message.door.replace('_', ' ')}, {answer}{error}"))]
    rows.append(("Text", screen.text(clip(message.text, LONG))))
    return screen.inside(_belongs(screen, message), screen.named(rows, 2), indent=0)


def _metrics(screen: Screen, evidence: Evidence) -> Iterator[ConsoleRenderable]:
    own, airflows = metric_groups(evidence.metrics)
    for metric in own:
        tags = "".join(f" {name}={value}" for name, value in metric.tags.items())
        yield screen.inside(
            screen.text(f"{metric.name} {metric.value:g} ({metric.type}){tags}"),
            screen.inside(_belongs(screen, metric), indent=2),
            indent=0,
        )
    if airflows:
        yield screen.ours(f"and {airflows} of Airflow's own", "dim")


def _post(screen: Screen, post: Post) -> ConsoleRenderable:
    body = post.body if isinstance(post.body, str) else json.dumps(post.body, ensure_ascii=False)
    key = "with the API key" if post.authorized else "without the API key"
    rows = [("Answer", screen.ours(f"{post.status}, {key}")), ("Body", screen.text(clip(body, LONG)))]
    head = screen.text(f"{post.method} {post.path}")
    return screen.inside(head, _belongs(screen, post), screen.named(rows, 2), indent=0)


def _leases(screen: Screen, evidence: Evidence) -> Iterator[ConsoleRenderable]:
    for lease in evidence.leases:
        who = place(lease.task_id, lease.map_index, lease.try_number, None)
        said = f"{lease.kind}, {who}: taken at {moment(lease.opened)}, {lease_words(lease)}"
        yield screen.text(said, "red" if lease.leaked else "")


def _left(screen: Screen, evidence: Evidence) -> Iterator[ConsoleRenderable]:
    for file in evidence.files:
        words = left_words(file)
        if words is not None:
            who = place(file.task_id, file.map_index, file.try_number, None)
            by = f", by {who}" if who else ""
            yield screen.text(f"{file.path} ({plural(file.size, 'byte')}{by}): {words}", "red")


def _states(screen: Screen, evidence: Evidence) -> Iterable[ConsoleRenderable]:
    for change in evidence.transitions:
        who = place(change.task_id, change.map_index, change.try_number, None)
        yield screen.named(
            [(f"{moment(change.at):>14}", screen.text(f"{who}: {state_words(change.state)}"))], 0
        )


def _logs(screen: Screen, evidence: Evidence) -> Iterator[ConsoleRenderable]:
    told, routine = log_groups(evidence.logs)
    for event in told[:LOGS]:
        who = place(event.task_id, event.map_index, event.try_number, event.component)
        more = log_details(event)
        yield screen.text(f"{event.level} {clip(event.event, LONG)}{' ' if more else ''}{clip(more, LONG)}")
        yield screen.inside(screen.text(f"{moment(event.at)}, {who}, {event.channel}", "dim"), indent=2)
    if len(told) > LOGS:
        yield screen.ours(f"{len(told) - LOGS} more in the stored evidence", "dim")
    if routine:
        yield screen.ours(f"and {routine} of Airflow's own", "dim")
