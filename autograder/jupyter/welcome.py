"""The one quiet line below ``%load_ext autograder``."""

from __future__ import annotations

from html import escape

from autograder.course import Course
from autograder.jupyter.output import Output

__all__ = ["greet", "say"]


def greet(course: Course, folder: str, site: str) -> None:
    """Say where we are, and what happens meanwhile."""
    text = f"When Tasks Fail. Your files are in {course.work}. The grader warms up, so that the first check is quick."
    lesson = (course.root / "lessons" / folder / "index.md").is_file()
    links = []
    if site:
        links = [("The course", site)] + ([("This lesson", f"{site}lessons/{folder}/")] if lesson else [])
    shown = " · ".join(
        f'<a href="{escape(url)}" target="_blank" rel="noopener">{name}</a>' for name, url in links
    )
    files = f"Your files are in <code>{escape(str(course.work))}</code>."
    warms = "The grader warms up, so that the first check is quick."
    _show(text, f"<p><b>When Tasks Fail.</b> {files} {shown + '. ' if shown else ''}{warms}</p>")


def say(sentence: str) -> None:
    """Say something else."""
    _show(sentence, f"<p>{escape(sentence)}</p>")


def _show(text: str, markup: str) -> None:
    Output({"text/html": markup, "text/plain": text})
