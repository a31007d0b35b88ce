"""The page of a lesson: as it is written, with the way to its lab and its exercise."""

from __future__ import annotations

from autograder.lessons import Lesson
from autograder.report.text import plural
from autograder.site import markdown
from autograder.site.contents import Contents
from autograder.site.links import Links
from autograder.site.pieces import buttons, facts, notebook_button, points, score

__all__ = ["lesson_page"]


def lesson_page(contents: Contents, links: Links, lesson: Lesson) -> str:
    """Its text; a line of facts below the title; the buttons that the text itself lacks."""
    text = links.page(f"lessons/{lesson.slug}/index.md")
    head, body = markdown.after_title(text)
    # Whoever searches for a word wants it taught first, then asked and then defined.
    head = head.replace("---\n", "---\nsearch:\n  boost: 2\n", 1)
    exercises = [one for one in contents.exercises.values() if one.lesson == lesson.slug]
    graded = [f"exercise {one.number:02}: {points(one)} {score(one.slug)}" for one in exercises]
    pieces = [head, facts(plural(lesson.minutes, "minute"), *graded)]
    if (lesson.folder / "lab.ipynb").is_file() and f"{lesson.slug}/lab.ipynb" not in text:
        pieces.append(buttons(notebook_button("Open the lab", f"{lesson.slug}/lab.ipynb")))
    pieces.append(body)
    unnamed = [one for one in exercises if f"exercises/{one.slug}/index.md" not in text]
    if unnamed:
        doors = [
            f"[Exercise {one.number:02}: {one.title}](../../exercises/{one.slug}/index.md){{ .md-button }}"
            for one in unnamed
        ]
        pieces.append(f"## Now you {{#exercise}}\n\n{buttons(*doors)}")
    return "\n\n".join(piece.strip("\n") for piece in pieces if piece) + "\n"
