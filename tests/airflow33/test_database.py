"""Airflow's database, made once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from autograder.airflow33 import database


@pytest.mark.parametrize(
    ("suffixes", "code", "stderr", "said"),
    [
        (["", "-wal"], 0, "", "the disk is full. Make room there."),
        (
            [""],
            1,
            "(sqlite3.OperationalError) database or disk is full\n",
            "the disk is full. Make room there.",
        ),
        ([], 1, "Traceback: no such table\n", "Traceback: no such table"),
    ],
)
def test_a_template_that_is_not_whole_is_not_kept(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    suffixes: list[str],
    code: int,
    stderr: str,
    said: str,
) -> None:
    def migrate(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        (building,) = tmp_path.iterdir()
        for suffix in suffixes:
            (building / f"airflow.db{suffix}").write_bytes(b"half")
        return subprocess.CompletedProcess([], code, "", stderr)

    monkeypatch.setattr("autograder.airflow33.database.subprocess.run", migrate)
    with pytest.raises(RuntimeError, match="Airflow could not make its database") as caught:
        database.template(tmp_path)
    assert said in str(caught.value)
    assert not any(tmp_path.iterdir())
