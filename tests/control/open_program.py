"""The trusted side's program, with a canary where every jail lets its children read: a jail that does not hold."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from autograder.control import host
    from autograder.control.world import World

    canary = World.canary

    def readable(world: World, submission: Path) -> dict[str, Any]:
        found = canary(world, submission)
        return found | {"files": [*found["files"], "/usr/bin/env"]}

    World.canary = readable  # type: ignore[method-assign]
    host.main(sys.argv[1:])


if __name__ == "__main__":
    main()
