"""The grader as one user runs it: a program that grades and runs what it is told to, over processes that stay warm.

One JSON object a line on standard input, one answer a line on descriptor 3. It is a program of its own so that it
can be another user's, and so that everything it starts is below it, where whoever tests it can look.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from autograder import catalog, grading, results
from autograder.control.job import Job
from autograder.course import Course
from autograder.grading import Event, ScenarioStored
from autograder.session import Session

__all__ = ["main"]

_PR_SET_CHILD_SUBREAPER = 36
ANSWERS = 3


class _Driver:
    def __init__(self, session: Session) -> None:
        self._session = session

    def answer(self, order: dict[str, Any]) -> dict[str, Any]:
        match order:
            case {"run": dict(job)}:
                (done,) = self._session.open().run([Job.model_validate(job)])
                return done.model_dump(mode="json")
            case {"grade": str(slug), "path": str(path), **rest}:
                exercise = catalog.load(self._session.course.root).find(slug)
                submission = self._session.take(exercise, Path(path))
                troubles: list[str] = []

                def note(event: Event) -> None:
                    if isinstance(event, ScenarioStored) and event.problem is not None:
                        troubles.append(f"{event.problem.title}\n{event.problem.full_traceback}")

                graded = self._session.grade(exercise, submission, part=rest.get("part"), on_event=note)
                return {"folder": str(graded.folder), "troubles": troubles}
            case {"ask": [*checks], "of": str(slug), "path": str(path), "seed": int(seed)}:
                return self._ask(slug, Path(path), set(checks), seed)
            case {"where": True}:
                pool = self._session.open()
                host, parent = pool.pids
                assert pool._host is not None
                return {"host": host, "parent": parent, "scratch": str(pool._host.scratch)}
            case _:
                raise ValueError(f"no such order: {order}")

    def _ask(self, slug: str, path: Path, checks: set[str], seed: int) -> dict[str, Any]:
        """Only these checks, and what they need: what became of each, and all evidence that they read."""
        exercise = catalog.load(self._session.course.root).find(slug)
        submission = self._session.take(exercise, path)
        chosen = [spec for spec in exercise.checks if spec.id in checks]
        if unknown := checks - {spec.id for spec in chosen}:
            raise ValueError(f"exercise {slug} has no check {sorted(unknown)[0]}")
        with results.draft(self._session.course.work / ".results", exercise.slug) as draft:
            board = grading.run_and_judge(
                exercise, submission, chosen, runner=self._session.open(), seed=seed, draft=draft
            )
        return {
            "outcomes": {name: board.verdicts[name].outcome for name in checks},
            "evidence": {name: each.model_dump_json() for name, each in board.evidence.items()},
        }


def main(work: Path) -> None:
    """Serve until standard input ends."""
    # What escapes from everything of ours becomes this process's child, and nobody else's.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    root = Path(__file__).parents[2]
    with Session(Course(root, work), jobs=1) as session, open(ANSWERS, "w", encoding="utf-8") as answers:
        driver = _Driver(session)
        for line in sys.stdin:
            try:
                answer = driver.answer(json.loads(line))
            except Exception:
                answer = {"failed": traceback.format_exc()}
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


if __name__ == "__main__":
    os.set_inheritable(ANSWERS, False)
    main(Path(sys.argv[1]))
