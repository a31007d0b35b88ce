"""The trusted side's program, with a scheduler that never knows, or always claims, that something is due."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parents[2]))
    how, *arguments = sys.argv[1:]
    from autograder.airflow33.scheduling import Scheduling
    from autograder.control import host

    known = {"nothing": lambda _: None, "now": lambda _: datetime.now(UTC)}
    if how == "busy":
        step = Scheduling.step
        Scheduling.step = lambda self: step(self) or True  # type: ignore[method-assign]
    else:
        Scheduling.due = known[how]  # type: ignore[method-assign, assignment]
    host.main(arguments)


if __name__ == "__main__":
    main()
