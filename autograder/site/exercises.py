"""The page of an exercise, and that of its solution: made from what the grader itself reads."""

from __future__ import annotations

import re
from html import escape

from autograder.catalog import Exercise, Part
from autograder.checks.spec import CheckSpec
from autograder.report.text import plural
from autograder.site import markdown
from autograder.site.contents import Contents
from autograder.site.links import Links
from autograder.site.problem import SiteError

__all__ = [
    "buttons",
    "exercise_page",
    "facts",
    "notebook_button",
    "points",
    "score",
    "solution_page",
    "wrapped",
]

_TABLE = re.compile(r"^\|\s*check\s*\|\s*points\s*\|\s*$")


_HOW = "../../notebooks.md#open-a-notebook"


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
        _starter(exercise, contents),
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


def points(exercise: Exercise) -> str:
    """``70 points, and 8 for the bonus``."""
    main = sum(part.points for part in exercise.parts if not part.bonus)
    bonus = sum(part.points for part in exercise.parts if part.bonus)
    return plural(main, "point") + (f", and {bonus} for the bonus" if bonus else "")


def score(slug: str, part: Part | None = None) -> str:
    """Where the site's script shows the best result, when there is one to show."""
    of = "" if part is None else f' data-part="{escape(part.id)}" data-max="{part.points}"'
    return f'<span class="score" data-score="{slug}"{of} hidden></span>'


def facts(*pieces: str) -> str:
    """A line of short facts below a title."""
    return f'<p class="facts">{" · ".join(pieces)}</p>'


def notebook_button(words: str, notebook: str) -> str:
    """A link that opens a notebook where the course is studied, and elsewhere says how that is done."""
    return f'[{words}]({_HOW}){{ .md-button .md-button--primary data-open="{notebook}" }}'


def buttons(*doors: str) -> str:
    """Links in a row."""
    return " ".join(doors) + "\n{ .buttons }"


def wrapped(name: str, text: str) -> str:
    """Markdown inside an element of its own, so that it can be given a look."""
    return f'<div class="{name}" markdown="block">\n\n{text}\n\n</div>'


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
        name = "" if part.id == "bonus" else part.id
        rows.append(f"| {name or 'bonus'} | {part.title} | {part.points} | {score(exercise.slug, part)} |")
    return wrapped("parts", "\n".join(rows))


def _with_checks(links: Links, exercise: Exercise, source: str) -> str:
    """The brief, with each of its tables of checks made to a list with hints."""
    ways = {check.id: links.section(exercise, check) for check in exercise.checks}
    by_title = {check.title: check for check in exercise.checks}
    left = dict(by_title)
    done: list[str] = []
    table: list[CheckSpec] | None = None
    rows = 0
    for line in markdown.lines(links.page(source)):
        if table is None and not (line.prose and _TABLE.match(line.text)):
            done.append(line.text)
        elif table is None:
            table, rows = [], 0
        elif line.text.startswith("|"):
            rows += 1
            if rows > 1:
                said, worth = (cell.strip() for cell in line.text.strip().strip("|").rsplit("|", 1))
                if said not in by_title:
                    raise SiteError(f"checks.py has no check “{said}”.", source, line.number)
                if worth != str(by_title[said].points):
                    has = plural(by_title[said].points, "point")
                    raise SiteError(f"the check “{said}” has {has}, not {worth}.", source, line.number)
                table.append(by_title[said])
                left.pop(said, None)
        else:
            done += [_checks(table, ways), line.text]
            table = None
    if table is not None:
        done.append(_checks(table, ways))
    if left:
        done += ["", "## Checks", "", _checks(list(left.values()), ways)]
    return "\n".join(done)


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


def _starter(exercise: Exercise, contents: Contents) -> str:
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
