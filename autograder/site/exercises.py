"""The page of an exercise, and that of its solution: made from what the grader itself reads."""

from __future__ import annotations

import re
from html import escape

from autograder.catalog import Exercise
from autograder.checks.spec import CheckSpec
from autograder.report.text import plural
from autograder.site import markdown
from autograder.site.contents import Contents
from autograder.site.links import Links
from autograder.site.pieces import buttons, facts, notebook_button, points, score, wrapped
from autograder.site.problem import SiteError

__all__ = ["exercise_page", "solution_page"]

_TABLE = re.compile(r"^\|\s*check\s*\|\s*points\s*\|\s*$")


def exercise_page(contents: Contents, links: Links, exercise: Exercise) -> str:
    """Brief, parts, points, checks with their hints, the starter, and the way to the solution."""
    source = f"exercises/{exercise.slug}/README.md"
    brief = _with_checks(links, exercise, source)
    head, body = markdown.after_title(brief)
    lesson = contents.lessons.get(exercise.lesson)
    pieces = [head, _top(exercise, None if lesson is None else f"../../lessons/{lesson.slug}/index.md"), body]
    if len(exercise.parts) > 1:
        pieces.insert(2, _parts(exercise))
    pieces += [
        _starter(exercise),
        _solution_door(exercise) if contents.has_solution(exercise.slug) else "",
    ]
    return "\n\n".join(piece.strip("\n") for piece in pieces if piece) + "\n"


def solution_page(contents: Contents, links: Links, exercise: Exercise) -> str:
    """The explanation and the files, in no search."""
    text = links.page(f"solutions/{exercise.slug}/README.md")
    pieces = ["---\nsearch:\n  exclude: true\n---", text.strip("\n")]
    for name in exercise.files:
        if (exercise.solution / name).is_file():
            pieces.append(f"## `{name}`\n\n{_listing(f'solutions/{exercise.slug}/{name}', name)}")
    pieces.append("[Back to the exercise](index.md)")
    return "\n\n".join(pieces) + "\n"


def _top(exercise: Exercise, lesson: str | None) -> str:
    files = ", ".join(f"<code>{escape(name)}</code>" for name in exercise.files)
    told = facts(
        plural(exercise.minutes, "minute"), points(exercise), f"hands in {files} {score(exercise.slug)}"
    )
    doors = [notebook_button("Open the notebook", f"{exercise.slug}/exercise.ipynb")]
    if lesson is not None:
        doors.append(f"[Read the lesson]({lesson}){{ .md-button }}")
    return f"{told}\n\n{buttons(*doors)}"


def _parts(exercise: Exercise) -> str:
    rows = ["| part | | points | your best |", "|---|---|---:|---:|"]
    for part in exercise.parts:
        rows.append(f"| {part.id} | {part.title} | {part.points} | {score(exercise.slug, part)} |")
    return wrapped("parts", "\n".join(rows))


def _with_checks(links: Links, exercise: Exercise, source: str) -> str:
    """The brief, with each of its tables of checks made to a list with hints."""
    ways = {check.id: links.section(exercise, check) for check in exercise.checks}
    left = list(exercise.checks)
    done: list[str] = []
    table: list[markdown.Line] = []
    for line in markdown.lines(links.page(source) + "\n"):
        if line.text.startswith("|") if table else line.prose and _TABLE.match(line.text):
            table.append(line)
            continue
        if table:
            # Below the heading of a table is a line that rules it off.
            done.append(_checks([_listed(row, left, source) for row in table[2:]], ways))
            table = []
        done.append(line.text)
    if left:
        done += ["## Checks", "", _checks(left, ways)]
    return "\n".join(done)


def _listed(row: markdown.Line, left: list[CheckSpec], source: str) -> CheckSpec:
    """The check that a row of the brief names, taken from those that are left.

    :raises SiteError: when there is none, or it is worth something else.
    """
    said, worth = (cell.strip() for cell in row.text.strip().strip("|").rsplit("|", 1))
    check = next((one for one in left if one.title == said), None)
    if check is None:
        raise SiteError(f"checks.py has no check “{said}”, or it is listed twice.", source, row.number)
    if worth != str(check.points):
        has = plural(check.points, "point")
        raise SiteError(f"the check “{said}” has {has}, not {worth}.", source, row.number)
    left.remove(check)
    return check


def _checks(checks: list[CheckSpec], ways: dict[str, str | None]) -> str:
    return (
        '<ul class="checks">\n' + "\n".join(_check(check, ways[check.id]) for check in checks) + "\n</ul>\n"
    )


def _check(check: CheckSpec, way: str | None) -> str:
    hints = ""
    for number in range(len(check.hints), 0, -1):
        of = f" {number} of {len(check.hints)}" if len(check.hints) > 1 else ""
        said = f"<p>{markdown.code(check.hints[number - 1])}</p>"
        # The way to the lesson stands behind the last hint: whoever has opened them all still needs help.
        if number == len(check.hints) and way is not None:
            said += f'<p><a href="{escape(way)}">The section of the lesson</a></p>'
        hints = (
            f'<details class="hint" data-search-exclude><summary>Hint{of}</summary>{said}{hints}</details>'
        )
    title = f'<span class="check-title">{markdown.code(check.title)}</span>'
    worth = f'<span class="check-points">{plural(check.points, "point")}</span>'
    return f'<li id="check-{escape(check.id)}"><div class="check">{title} {worth}</div>{hints}</li>'


def _starter(exercise: Exercise) -> str:
    names = [name for name in exercise.files if (exercise.starter / name).is_file()]
    if not names:
        return ""
    listed = "\n\n".join(_listing(f"exercises/{exercise.slug}/starter/{name}", name) for name in names)
    return f"## The starter {{#starter}}\n\nWhat you begin with.\n\n{listed}"


def _listing(path: str, name: str) -> str:
    language = {"py": "python", "toml": "toml", "yaml": "yaml", "json": "json"}.get(
        name.rpartition(".")[2], "text"
    )
    return f'```{language} title="{name}"\n--8<-- "{path}"\n```'


def _solution_door(exercise: Exercise) -> str:
    return (
        "## The solution {#solution}\n\n"
        '<details class="door" markdown="block">\n'
        "<summary>I have tried, and want to compare</summary>\n\n"
        "A solution is worth most when yours already earns points, or when every hint is open. It shows one right "
        "answer, says why it looks as it does, and lists the mistakes that people make.\n\n"
        f"[Show the solution of exercise {exercise.number:02}](solution.md)\n\n"
        "</details>"
    )
