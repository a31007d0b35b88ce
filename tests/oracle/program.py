"""The trusted side's program, with Airflow's own loop in its runs. ``Pool(program=[path of this file])`` runs it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from autograder.control import host, run
from tests.oracle.looped import Looped

if __name__ == "__main__":
    run.Run = Looped  # type: ignore[misc]
    host.main(sys.argv[1:])
