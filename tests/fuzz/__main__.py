"""``make fuzz``: every target for its share of the time, each in a process of its own.

What fails is kept in ``build/fuzz``, with what it took to get there. An input of a target that reads bytes becomes a
regression test when it is put into ``tests/fuzz/corpus/TARGET/``.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.airflow33 import database, environ
from tests.fuzz.targets import BUILD, TARGETS, Target

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[2]
_UNGUIDED = (
    "atheris, which guides by coverage, is not there: it exists for Linux on x86-64 and Python 3.11 to 3.13 only. "
    "Inputs are made at random instead."
)
_SHARE = {"runs": 6, "doors": 2, "claims": 2, "answers": 2}
"""Of the time, compared with the others."""
_START = 300
"""Real seconds that a target may take beyond its time, to start and to end."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="for all targets together (default: 120)")
    parser.add_argument(
        "--only", metavar="TARGET", action="append", choices=TARGETS, help="this one; may be repeated"
    )
    options = parser.parse_args(arguments)
    chosen = [TARGETS[name] for name in options.only or TARGETS]
    console = Console()
    if find_spec("atheris") is None:
        console.print(_UNGUIDED)
    BUILD.mkdir(parents=True, exist_ok=True)
    shares = sum(_SHARE.get(target.name, 1) for target in chosen)
    failed = 0
    table = Table("target", "what", "inputs", "grown to", "found")
    for target in chosen:
        code, said = _run(target, max(options.seconds * _SHARE.get(target.name, 1) / shares, 1))
        inputs, megabytes = _stat(said, "number_of_executed_units"), _stat(said, "peak_rss_mb")
        found = "nothing" if code == 0 else "see below"
        table.add_row(target.name, target.what, inputs, f"{megabytes} MB" if megabytes else "", found)
        if code:
            failed += 1
            log = BUILD / f"{target.name}.log"
            log.write_text(said, encoding="utf-8")
            console.print(said[-3000:], markup=False, highlight=False)
            console.print(f"{target.name} failed; all that it said is in {log.relative_to(ROOT)}.")
    console.print(table)
    return 1 if failed else 0


def _run(target: Target, seconds: float) -> tuple[int, str]:
    """The exit code of the target's process, and what it said."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        # What the process has not removed when it is ended goes with the folder.
        env = os.environ | {"TMPDIR": folder, "PYTHONPATH": str(ROOT)}
        if target.control:
            home = Path(folder) / "home"
            home.mkdir()
            template = database.template(BUILD / "cache")
            env = environ.for_control(home, home / "unused.db") | {
                "TMPDIR": folder,
                "PYTHONPATH": str(ROOT),
                "FUZZ_TEMPLATE": str(template),
            }
        command = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "tests.fuzz.guided",
            target.name,
            str(seconds),
            str(BUILD),
        ]
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=seconds + _START,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            said = (late.stdout or b"").decode("utf-8", "replace")
            return 1, f"{said}\nIt did not end in its time: an input hangs where nothing can interrupt it."
    return done.returncode, done.stdout.decode("utf-8", "replace")


def _stat(said: str, name: str) -> str:
    found = re.search(rf"stat::{name}:\s+(\d+)", said)
    return found[1] if found else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
