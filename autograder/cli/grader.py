"""A session whose progress is shown on a console: what `check`, watch mode and `try` share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from autograder.course import Course
from autograder.session import Graded, Session

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.catalog import Exercise
    from autograder.grading import Event

__all__ = ["Grader", "remark_on"]


def remark_on(console: Console) -> Callable[[str], None]:
    """How a session's remarks get onto a console."""
    return lambda remark: console.print(remark, markup=False, highlight=False)


class Grader:
    """Opens the processes that run scenarios when they are needed, and closes them when it is left."""

    def __init__(
        self, course: Course, console: Console, *, jobs: int | None = None, store: Path | None = None
    ) -> None:
        self._console = console
        self._session = Session(course, jobs, store=store, on_remark=remark_on(console))

    def __enter__(self) -> Grader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def warm(self) -> None:
        """Begin to start the processes, unless they are there.

        :raises Refused: when they cannot be had.
        """
        self._session.open()

    def grade(
        self,
        exercise: Exercise,
        path: Path | None,
        *,
        part: str | None = None,
        seed: int | None = None,
        on_event: Callable[[], None] = lambda: None,
    ) -> Graded:
        """Grade what is there now, showing progress.

        :param on_event: called at every sign of life; what it raises ends the check.
        :raises Refused: when there is nothing that could be graded.
        """
        waiting = "Running your DAG …" if self._session.warm else "Starting Airflow …"
        submission = self._session.take(exercise, path, part=part)

        from autograder.cli.progress import Progress

        with Progress(self._console, waiting) as progress:

            def tell(event: Event) -> None:
                progress.tell(event)
                on_event()

            return self._session.grade(exercise, submission, part=part, seed=seed, on_event=tell)
