"""Control goes on, whatever its children say, and sees nothing that was not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from autograder.airflow33 import database, environ

EXAMPLES = 4


def test_no_child_ends_control_or_forges_a_fact(cache: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.runs", str(database.template(cache)), str(EXAMPLES)],
        cwd=Path(__file__).parents[2],
        env=environ.for_control(tmp_path, tmp_path / "unused.db"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
