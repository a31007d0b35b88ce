"""The trusted side's program, with a warm parent that is in doubt after its first run."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from autograder.control import host
    from autograder.control.parent import Door

    sweep = Door.sweep

    def doubted(door: Door) -> None:
        sweep(door)
        door.doubt = "the warm parent has 2 threads and had 1"

    Door.sweep = doubted  # type: ignore[method-assign]
    host.main(sys.argv[1:])


if __name__ == "__main__":
    main()
