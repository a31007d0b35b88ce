"""``autograder check --watch``: what each event of watch mode does."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.cli.ending import ALL_POINTS, Stop, code_of
from autograder.cli.watching import KEYS, Actions, Event, Key, Sources, loop
from autograder.course import Course, CourseError
from autograder.session import Refused

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.catalog import Exercise
    from autograder.cli.grader import Grader
    from autograder.cli.show import Show
    from autograder.result import CheckResult
    from autograder.session import Graded

__all__ = ["Watch"]


class _Quit(Exception):
    """The key `q`, while a check was running."""


class Watch:
    """One exercise at a time: checked now, on every save, and on the way to the next."""

    def __init__(
        self,
        course: Course,
        grader: Grader,
        exercise: Exercise,
        path: Path | None,
        part: str | None,
        seed: int | None,
        show: Show,
        out: Console,
        remarks: Console,
    ) -> None:
        self._course = course
        self._grader = grader
        self._exercise = exercise
        self._path = path
        self._part = part
        self._seed = seed
        self._show = show
        self._out = out
        self._remarks = remarks
        self._last: Graded | None = None
        self._hints: dict[str, int] = {}
        self._later: list[Event] = []

    def run(self) -> int:
        """Until `q`; the exit code is that of the last result, or 0 if there was none."""
        actions = Actions(self._check, self._hint, self._list, self._next, self._unknown)
        self._grader.warm()
        with Sources(self._watched).open() as self._sources:
            try:
                self._check(())
                loop(self._take, actions)
            except _Quit:
                pass
        self._say("Watch mode ended.")
        return ALL_POINTS if self._last is None else code_of(self._last.result)

    @property
    def _watched(self) -> Path:
        return self._path or self._course.work / self._exercise.slug

    def _take(self, wait: bool) -> Event | None:
        return self._later.pop(0) if self._later else self._sources.take(wait)

    def _glance(self) -> None:
        """While a check runs: only `q` is answered at once."""
        event = self._sources.take(False)
        if event == Key("q"):
            raise _Quit
        if event is not None:
            self._later.append(event)

    def _check(self, names: tuple[str, ...]) -> None:
        from autograder.cli.finding import find_exercise

        now = time.strftime("%H:%M:%S")
        what = f"{', '.join(names)} saved" if names else self._course.shown(self._watched.absolute())
        self._say(f"\n{now}  {what}: checking …")
        try:
            # Read anew: whoever writes an exercise watches it too.
            self._exercise = find_exercise(self._course, self._exercise.slug)
            graded = self._grader.grade(
                self._exercise, self._path, part=self._part, seed=self._seed, on_event=self._glance
            )
        except (Stop, Refused, CourseError) as stop:
            self._last = None
            self._say(str(stop))
        else:
            self._last = graded
            self._show(graded, self._out, self._remarks)
        self._prompt()

    def _hint(self) -> None:
        """One hint more, of the first check that is not passed and has one left."""
        for check in self._open_checks():
            shown = self._hints.get(check.id, self._show.hints)
            if shown < len(check.hints):
                self._hints[check.id] = shown + 1
                self._say(f"Hint {shown + 1} of {len(check.hints)}, {check.title}\n  {check.hints[shown]}")
                return
        self._say(
            "There is no further hint." if self._open_checks() else "There is nothing to give a hint for."
        )

    def _open_checks(self) -> list[CheckResult]:
        checks = self._last.result.checks if self._last else []
        return [check for check in checks if check.outcome in ("failed", "error", "timeout")]

    def _list(self) -> None:
        from autograder.cli.listing import show_list

        show_list(self._course, self._out)
        self._prompt()

    def _next(self) -> None:
        from autograder.cli.finding import all_exercises
        from autograder.cli.starting import copy_starter

        following = [one for one in all_exercises(self._course) if one.number > self._exercise.number]
        if not following:
            self._say("This is the last exercise.")
            return
        self._exercise, self._path, self._part = following[0], None, None
        self._hints.clear()
        copied, _ = copy_starter(self._exercise, self._watched)
        self._sources.turn_to(self._watched)
        self._say(f"\nExercise {self._exercise.number:02}, {self._exercise.title}")
        if copied:
            self._say(f"{', '.join(copied)} put into {self._course.shown(self._watched)}.")
        self._say(f"Read the brief: {self._course.shown(self._exercise.readme)}")
        self._check(())

    def _unknown(self, letter: str) -> None:
        self._say(f"{letter!r} is no key here.")
        self._prompt()

    def _prompt(self) -> None:
        keys = ", ".join(f"{letter} {meaning}" for letter, meaning in KEYS.items())
        self._say(f"Watching {self._course.shown(self._watched.absolute())}. Keys: {keys}")

    def _say(self, text: str) -> None:
        self._remarks.print(text, markup=False, soft_wrap=True)
