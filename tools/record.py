"""Run every command of every ``lessons/*/runs.toml`` and write down what it shows.

``python -m tools.record [LESSON …]``: each ``lessons/NN-slug/recorded/NAME.txt`` is what a learner sees, and
``NAME.svg`` the timeline of a run. What differs from machine to machine is masked. The text is divided into named
sections, so that a page can include a part of it: ``--8<-- "lessons/NN-slug/recorded/NAME.txt:timeline"``.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import click

from autograder import cli, lessons, session
from autograder import evidence as evidences
from autograder.cli.ending import Stop
from autograder.control import Pool
from autograder.evidence import Evidence
from autograder.lessons import Lesson, Shown
from autograder.report import svg, timeline
from autograder.report.words import run_isolation
from autograder.session import open_pool

__all__ = ["Recording", "main", "record", "write"]

ROOT = Path(__file__).resolve().parent.parent
SEED = "1"
WIDTH = "100"
_RULE = re.compile(r"(?P<title>[A-Z][a-z]+(?: [a-z]+)*) ─+")
_LAST = re.compile(r"Nothing under: |Airflow \d")
_MASKS = [
    (re.compile(r"\b0x[0-9a-f]{6,}\b"), "0x7f…"),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"), "…"),
    (re.compile(r" \(\d+ ms in truth\)"), ""),
    (re.compile(r"\b(localhost|127\.0\.0\.1):\d+"), r"\1:…"),
    (re.compile(r"\b127\.0\.0\.1', port=\d+"), "127.0.0.1', port=…"),
    (re.compile(r"\bPID: \d+"), "PID: …"),
    (re.compile(r"\bairflow-[0-9a-f]{12}@"), "airflow-…@"),
    (re.compile(r'"pid": \d+'), '"pid": …'),
    # Airflow's name for the module of a DAG file: a hash of its path.
    (re.compile(r"\bunusual_prefix_[0-9a-f]{40}_"), "unusual_prefix_…_"),
    (re.compile(r"\bLease (\d+)-[0-9a-f]{12}\b"), r"Lease \1-…"),
    (re.compile(re.escape(tempfile.gettempdir()) + r"/[\w./-]+"), "/tmp/…"),
]
_CONTEXT = ("dag_id", "run_id", "task_id", "try_number", "map_index", "ti_id", "filename", "lineno")
_STYLE = (
    ".ag-timeline{--ag-muted:#5b6470;--ag-rule:#d5dae0;--ag-raised:#f0f2f5;--ag-gap:#868f9a;--ag-good:#176f33;"
    "--ag-bad:#b3261e;--ag-wait:#8a5a00;--ag-skip:#6544b0;--ag-other:#58636f;--ag-sent:#1f5fa8;max-width:none}"
    "[data-md-color-scheme=slate] .ag-timeline{--ag-muted:#a3adb8;--ag-rule:#4a525b;--ag-raised:#8881;"
    "--ag-gap:#8b95a0;--ag-good:#62c984;--ag-bad:#ff8e84;--ag-wait:#e2b13c;--ag-skip:#b8a0f0;"
    "--ag-other:#a3adb8;--ag-sent:#86b7f0}"
    ".ag-timeline .ag-row{font-weight:600;font-size:12px}"
    ".ag-timeline .ag-lane{fill:var(--ag-muted);letter-spacing:.03em}"
    ".ag-timeline .ag-tick,.ag-timeline .ag-note{fill:var(--ag-muted)}"
    ".ag-timeline .ag-leap{font-weight:650}"
    ".ag-timeline .ag-line{stroke:var(--ag-rule)}"
    ".ag-timeline .ag-jump rect{fill:var(--ag-raised)}"
    ".ag-timeline .ag-jump path{stroke:var(--ag-gap)}"
    ".ag-timeline .ag-break{stroke:var(--md-default-bg-color,#fff)}"
    ".ag-timeline .ag-success{fill:var(--ag-good);stroke:var(--ag-good)}"
    ".ag-timeline .ag-failed{fill:var(--ag-bad);stroke:var(--ag-bad)}"
    ".ag-timeline .ag-retry{fill:var(--ag-wait);stroke:var(--ag-wait)}"
    ".ag-timeline .ag-skipped{fill:var(--ag-skip);stroke:var(--ag-skip)}"
    ".ag-timeline .ag-other{fill:var(--ag-other);stroke:var(--ag-other)}"
    ".ag-timeline .ag-sent{fill:var(--ag-sent);stroke:var(--ag-sent)}"
    ".ag-timeline rect{stroke:none}"
)


@dataclass(frozen=True)
class Recording:
    """What one run showed."""

    files: dict[str, str]
    """By the ending of their names: what the command said, masked and in sections; the timeline as an inline SVG that
    brings its own style; the log, if it is shown."""
    evidence: Evidence


def record(lesson: Lesson, shown: Shown, work: Path, pool: Pool) -> Recording:
    """Run a command as a learner would, in the lesson's folder.

    :param work: the work folder.
    :param pool: the processes that the command finds started, so that it takes a moment and not seconds.
    :raises RuntimeError: when the command could not be run; its own words are the text.
    """
    with tempfile.TemporaryDirectory(prefix="autograder-record-") as private:
        stored = Path(private, "evidence.json")
        arguments = [*shown.arguments, "--seed", SEED, "--json", str(stored)]
        said, code = _command(arguments, lesson.folder, work, pool)
        if code not in (0, 1) or not stored.is_file():
            raise RuntimeError(f"{lesson.slug}, {shown.name}: `{shown.command}` failed.\n{said}")
        evidence = evidences.load(stored)
    text = _masked(_without(run_isolation(evidence), "".join(_lines(said, str(stored)))))
    files = {
        "txt": "\n".join(_sections(shown.command, text)) + "\n",
        "svg": _picture(evidence, lesson, shown),
    }
    if shown.log:
        files["json"] = "".join(_logged(evidence))
    return Recording(files, evidence)


def write(lesson: Lesson, shown: Shown, recording: Recording) -> None:
    """Put a recording where the page includes it from, and nothing else of this name."""
    lesson.recorded.mkdir(exist_ok=True)
    for old in lesson.recorded.glob(f"{shown.name}.*"):
        old.unlink()
    for ending, text in recording.files.items():
        (lesson.recorded / f"{shown.name}.{ending}").write_text(text, encoding="utf-8")


def _command(arguments: list[str], folder: Path, work: Path, pool: Pool) -> tuple[str, Any]:
    """What the program says, on both streams as a terminal shows them, and its exit code."""
    environment = {
        "AUTOGRADER_COURSE": str(ROOT),
        "AUTOGRADER_WORK": str(work),
        "COLUMNS": WIDTH,
        "NO_COLOR": "1",
    }
    screen = io.StringIO()
    kept = SimpleNamespace(start=pool.start, run=pool.run, close=lambda: None)
    with (
        patch.object(session, "open_pool", lambda *_, **__: kept),
        patch.dict(os.environ, environment),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(screen),
        contextlib.redirect_stderr(screen),
    ):
        try:
            code = cli.program.main(arguments, prog_name="autograder", standalone_mode=False)
        except (click.ClickException, Stop) as error:
            return f"{screen.getvalue()}{error}", None
    return screen.getvalue(), code


def _lines(text: str, stored: str) -> Iterator[str]:
    """Without what only this program asked for."""
    for line in text.splitlines(keepends=True):
        if stored not in line:
            yield line.rstrip() + "\n"


def _without(sentence: str, text: str) -> str:
    """Without what depends on the machine, however it was wrapped."""
    return re.sub(r"^" + r"\s+".join(map(re.escape, sentence.split())) + r"\n", "", text, flags=re.M)


def _masked(text: str) -> str:
    text = text.replace(f"{ROOT}/", "")
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return text


def _sections(command: str, text: str) -> Iterator[str]:
    """The lines, and around each part of the report its name; a reader of the page sees nothing of the names."""
    name, blank = "head", 0
    yield from ["--8<-- [start:command]", f"$ {command}", "--8<-- [end:command]", "--8<-- [start:head]"]
    for line in text.rstrip("\n").split("\n"):
        if not line:
            blank += 1
            continue
        rule = _RULE.fullmatch(line)
        new = (
            rule["title"].lower().replace(" ", "-")
            if rule
            else "end"
            if blank and _LAST.match(line)
            else None
        )
        if new is not None:
            yield f"--8<-- [end:{name}]"
        yield from [""] * blank
        if new is not None:
            name = new
            yield f"--8<-- [start:{name}]"
        blank = 0
        yield line
    yield f"--8<-- [end:{name}]"


def _picture(evidence: Evidence, lesson: Lesson, shown: Shown) -> str:
    drawn = svg.draw(
        timeline.layout(evidence),
        name=f"run-{lesson.number:02}-{shown.name}",
        title=f"Timeline of {shown.name}",
    )
    head, end, rest = _masked(str(drawn)).partition(">")
    return f"{head}{end}<style>{_STYLE}</style>{rest}\n"


def _logged(evidence: Evidence) -> Iterator[str]:
    """The lines of the tasks' own code as Airflow's worker stores them, but wrapped, and their keys in one order."""
    start = datetime.fromisoformat(evidence.epoch)
    for line in evidence.logs:
        if line.component != "worker" or (
            line.logger.startswith(("airflow.", "task")) and line.channel == "log"
        ):
            continue
        own = {key: value for key, value in line.fields.items() if key not in _CONTEXT}
        context = {key: line.fields[key] for key in _CONTEXT if key in line.fields}
        when = (start + timedelta(seconds=line.at)).astimezone(UTC).isoformat(timespec="microseconds")
        stored = {"timestamp": when.replace("+00:00", "Z"), "level": line.level, "event": line.event}
        stored |= {**own, "logger": line.logger, **context}
        # Only between pairs: what else has a blank in it holds together.
        pairs = (json.dumps({key: value}, ensure_ascii=False)[1:-1] for key, value in stored.items())
        text = _masked("{" + ", ".join(pair.replace(" ", "\0") for pair in pairs) + "}")
        filled = textwrap.fill(
            text, 84, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
        yield filled.replace("\0", " ") + "\n"


def main(arguments: list[str]) -> int:
    every = lessons.load(ROOT)
    asked = [lesson for lesson in every if not arguments or any(word in lesson.slug for word in arguments)]
    with (
        tempfile.TemporaryDirectory(prefix="autograder-record-") as folder,
        open_pool(Path(folder), 1, lambda remark: None) as pool,
    ):
        for lesson in asked:
            names = {shown.name for shown in lesson.runs}
            for old in [path for path in lesson.recorded.glob("*") if path.stem not in names]:
                old.unlink()
            for shown in lesson.runs:
                write(lesson, shown, record(lesson, shown, Path(folder), pool))
                print(f"{lesson.slug}: {shown.name}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
