"""Small pieces that several pages share: facts below a title, scores, buttons."""

from __future__ import annotations

from html import escape

from autograder.catalog import Exercise, Part
from autograder.report.text import plural

__all__ = ["buttons", "facts", "notebook_button", "points", "score", "wrapped"]

_HOW = "../../notebooks.md#open-a-notebook"
"""The page that says how a notebook is opened, from that of a lesson or an exercise."""


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
