"""Documents in a folder that a learner may write to: read, or refused as what they are."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pydantic import ValidationError

from autograder import evidence as evidences
from autograder import results
from autograder.results import ResultError

__all__ = ["stored"]


def stored(data: bytes) -> None:
    """The first byte says whether the rest is evidence or a result."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        if data[:1] == b"e":
            _evidence(Path(folder) / "fails.json", data[1:])
        else:
            _result(Path(folder) / "01-tell-someone", data[1:])


def _evidence(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    try:
        found = evidences.load(path)
    except ValidationError:
        return
    again = evidences.load(evidences.store(found.model_copy(update={"name": "again"}), path.parent))
    assert again.model_copy(update={"name": found.name}).model_dump_json() == found.model_dump_json()
    evidences.comparable(found)


def _result(root: Path, data: bytes) -> None:
    folder = root / "20261120-060000-000000"
    (folder / "evidence").mkdir(parents=True)
    (folder / "result.json").write_bytes(data)
    (folder / "evidence" / "fails.json").write_bytes(data)
    try:
        found, where = results.load(folder)
    except ResultError:
        return
    try:
        evidence = results.load_evidence(where, found.scenarios)
    except ResultError:
        return
    assert set(evidence) <= set(found.scenarios)
    results.best(root.parent, root.name)
