"""One submission after another through the same warm processes: what `check`, watch mode and `try` share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from autograder.cli.course import Course
from autograder.cli.ending import Stop, stop_for

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.catalog import Exercise
    from autograder.control import Pool
    from autograder.evidence import Evidence
    from autograder.grading import Event
    from autograder.result import Result

__all__ = ["Graded", "Grader"]


@dataclass(frozen=True)
class Graded:
    """A result, and the folder in which it is stored with its evidence."""

    result: Result
    folder: Path

    @cached_property
    def evidence(self) -> dict[str, Evidence]:
        from autograder import results

        return results.load_evidence(self.folder, self.result.scenarios)


class Grader:
    """Opens the processes that run scenarios, and closes them when it is left."""

    def __init__(self, course: Course, console: Console, *, jobs: int, store: Path | None = None) -> None:
        self._course = course
        self._store = store or course.results
        self._console = console
        self._jobs = jobs
        self._pool: Pool | None = None

    def __enter__(self) -> Grader:
        from autograder.cli.runners import open_pool

        self._pool = open_pool(self._course.work, self._jobs, self._console)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.close()

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
        :raises Stop: when there is nothing that could be graded.
        """
        from autograder import grading, results
        from autograder.catalog import CatalogError
        from autograder.cli.progress import Progress
        from autograder.submission import SubmissionError, find

        assert self._pool is not None
        with Progress(self._console) as progress:

            def tell(event: Event) -> None:
                progress.tell(event)
                on_event()

            try:
                submission = find(path, exercise, Path(self._course.shown(self._course.work)))
                result = grading.check(
                    exercise,
                    submission,
                    runner=self._pool,
                    store=self._store,
                    seed=seed,
                    part=part,
                    on_event=tell,
                )
            except SubmissionError as error:
                raise stop_for(error.problem) from error
            except CatalogError as error:
                raise Stop(str(error)) from error
        return Graded(result, results.folder_of(self._store, result))
