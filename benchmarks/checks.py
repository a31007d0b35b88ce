"""How long a learner waits: a re-check in a warm grader, and the first verdict of a cold one."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from autograder import catalog, grading, submission
from autograder.control import Pool

__all__ = ["Recheck", "first_verdict", "rechecks"]

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Recheck:
    what: str
    seconds: float
    scenarios: int


def rechecks(work: Path, cache: Path) -> list[Recheck]:
    """Seconds for exercise 01, each part of 02 and the whole of 02, each the second time."""
    found = []
    course = catalog.load(ROOT)
    with Pool(2, cache=cache) as pool:
        for number in ("1", "2"):
            exercise = course.find(number)
            answer = submission.find(ROOT / "solutions" / exercise.slug / "dag.py", exercise, work)
            parts: list[str | None] = [None]
            if number == "2":
                parts = [part.id for part in exercise.parts] + [None]
            for part in parts:
                for _ in range(2):
                    began = time.perf_counter()
                    result = grading.check(
                        exercise, answer, runner=pool, seed=1, part=part, store=work, on_event=lambda _: None
                    )
                    seconds = time.perf_counter() - began
                names = result.scenarios
                what = f"{exercise.number:02}" + (f", part {part}" if part else ", whole")
                found.append(Recheck(what, seconds, len(names)))
    return found


def first_verdict(work: Path) -> float:
    """Seconds from ``autograder check 1`` to its first outcome, in a new process."""
    command = [str(Path(sys.executable).parent / "autograder"), "check", "1"]
    command.append(str(ROOT / "solutions" / "01-anatomy-of-a-failure" / "dag.py"))
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=_environment(work),
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        seconds = None
        for line in process.stdout:
            if seconds is None and line.startswith("✓"):
                seconds = time.perf_counter() - began
    if seconds is None:
        raise RuntimeError(f"`{' '.join(command)}` showed no passed check")
    return seconds


def _environment(work: Path) -> dict[str, str]:
    import os

    return os.environ | {"AUTOGRADER_WORK": str(work), "PYTHONUTF8": "1"}
