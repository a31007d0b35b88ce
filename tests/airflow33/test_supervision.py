"""What Airflow's supervisor classes do here beyond answering."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from autograder.airflow33 import environ

MASKED = """
from airflow.sdk._shared.secrets_masker import _secrets_masker
from autograder.airflow33.supervision import DagFileSupervision

before = set(_secrets_masker().patterns)
supervision = DagFileSupervision(None, 1, [])
answer = supervision.handle(7, {"type": "MaskSecret", "value": "a secret of one run", "name": "password"})
print(len(answer) > 4, _secrets_masker().patterns == before)
"""


def test_what_a_child_wants_masked_is_answered_and_not_kept(tmp_path: Path) -> None:
    # The masker lives as long as the control process, and is slower and larger with every word.
    done = subprocess.run(
        [sys.executable, "-c", MASKED],
        env=environ.for_control(tmp_path, tmp_path / "unused.db"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "True True\n"
