"""``autograder doctor``: what is installed, what is active, what is missing and how to get it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import click

from autograder import __version__, catalog
from autograder import course as courses
from autograder.session import cache_of

__all__ = ["Finding", "command", "examine"]

Verdict = Literal["ok", "note", "missing"]
_MARKS: dict[Verdict, str] = {"ok": "✓", "note": "·", "missing": "✗"}
_INSTALL = "make setup, in the course's folder"
_EVENT_PATIENCE = 1.5
_DAG = """\
from airflow.sdk import DAG, task

with DAG("doctor"):

    @task
    def look():
        return "fine"

    look()
"""


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``advice`` says how to get what is missing."""

    verdict: Verdict
    name: str
    said: str
    advice: str = ""


@click.command("doctor")
def command() -> int:
    """Say what is installed, what is active, and what is missing.

    \b
    Exit codes: 0 nothing that grading needs is missing; 1 something is.
    """
    findings = []
    for finding in examine():
        findings.append(finding)
        click.echo(f"{_MARKS[finding.verdict]} {finding.name:<20} {finding.said}")
        if finding.advice:
            click.echo(f"  {'':<20} → {finding.advice}")
    missing = [finding.name for finding in findings if finding.verdict == "missing"]
    click.echo()
    if missing:
        click.echo(f"Missing: {', '.join(missing)}. (exit code 1)")
        return 1
    click.echo("Nothing that grading needs is missing. (exit code 0)")
    return 0


def examine() -> Iterator[Finding]:
    """Look at everything, in the order in which it matters."""
    looks: tuple[Callable[[], Finding | Iterable[Finding]], ...] = (
        lambda: Finding("ok", "autograder", f"{__version__}, from {Path(__file__).parents[2]}"),
        _python,
        _system,
        _airflow,
        lambda: _provider("slack"),
        lambda: _provider("smtp"),
        _template,
        _stand_ins,
        _isolation,
        _course,
        _run,
        _file_events,
        lambda: _study("jupyterlab", "notebooks in your browser"),
        lambda: _study("jupyter-server-proxy", "Airflow's own pages in the same tab"),
        lambda: _study("mkdocs-material", "the course's pages"),
        _tab,
        _chromium,
    )
    for look in looks:
        found = look()
        yield from [found] if isinstance(found, Finding) else found


def _python() -> Finding:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    said = f"{platform.python_version()}, {sys.executable}"
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding("missing", "python", said, "Python 3.11 to 3.13: make clean, make setup PYTHON=…")
    tested = _tested_pythons()
    if version not in tested:
        return Finding("note", "python", f"{said} (untested: the tests are run under {', '.join(tested)})")
    return Finding("ok", "python", said)


def _tested_pythons() -> list[str]:
    prefix = "Programming Language :: Python :: 3."
    try:
        classifiers = metadata.metadata("when-tasks-fail").get_all("Classifier") or []
    except metadata.PackageNotFoundError:
        return []
    return [line.rsplit(" ", 1)[1] for line in classifiers if line.startswith(prefix)]


def _system() -> Finding:
    said = f"{platform.system()} {platform.release()}, {os.cpu_count()} cores"
    if sys.platform != "linux":
        return Finding("note", "system", f"{said} (untested: the tests are run under Linux)")
    return Finding("ok", "system", said)


def _airflow() -> Finding:
    from autograder import airflow33

    try:
        airflow33.require_tested()
    except metadata.PackageNotFoundError:
        return Finding("missing", "airflow", "not installed", _INSTALL)
    except airflow33.UntestedAirflow as error:
        return Finding("missing", "airflow", str(error), _INSTALL)
    return Finding("ok", "airflow", airflow33.version())


def _provider(name: str) -> Finding:
    try:
        version = metadata.version(f"apache-airflow-providers-{name}")
    except metadata.PackageNotFoundError:
        return Finding("missing", f"{name} provider", "not installed", _INSTALL)
    return Finding("ok", f"{name} provider", version)


def _template() -> Finding:
    from autograder.airflow33 import database

    try:
        path = database.template_path(cache_of(courses.find().work))
    except (courses.CourseError, metadata.PackageNotFoundError):
        return Finding("note", "database template", "unknown without a course and Airflow")
    if path.exists():
        return Finding("ok", "database template", str(path))
    return Finding("note", "database template", "not made yet; the first check makes it in some seconds")


def _stand_ins() -> Finding:
    from autograder.jail.doors import open_doors
    from autograder.services import StandIns

    started = time.monotonic()
    stand_ins = StandIns()
    try:
        open_doors().close()
        stand_ins.start()
        stand_ins.stop()
    except OSError as error:
        return Finding("missing", "stand-ins", f"cannot listen on loopback: {error}", "allow 127.0.0.1")
    took = 1000 * (time.monotonic() - started)
    return Finding("ok", "stand-ins", f"mail, Slack, StatsD, monitoring, leases: ready in {took:.0f} ms")


def _isolation() -> Iterator[Finding]:
    """The jail's layer on this machine, and a line for each part that it has to do without."""
    from autograder.jail import layers

    try:
        layer = layers.choose(os.environ.get("AUTOGRADER_LAYER") or None)
    except layers.LayerMissing as error:
        yield Finding("missing", "isolation", str(error), "unset AUTOGRADER_LAYER, or name another layer")
        return
    parts = "; ".join(layer.active)
    if layer.letter == "D":
        advice = "grade and run only code that you trust; what others handed in, in a container"
        yield Finding("note", "isolation", f"layer D, not a sandbox: {parts}", advice)
    else:
        yield Finding("ok", "isolation", f"layer {layer.letter}: {parts}")
    for part, why in layer.missing.items():
        yield Finding("note", "without", f"{part}: {why}")


def _run() -> Finding:
    """A DAG of ours, run as any other: whether that works, and what the self-test of its jail found."""
    from autograder.scenario import Scenario
    from autograder.session import Refused, Session

    began = time.monotonic()
    try:
        with Session(courses.find(), 1) as session:
            run = session.run(session.text("doctor.py", _DAG), Scenario({}, others="run")).evidence
    except (courses.CourseError, Refused) as stop:
        return Finding("missing", "a run", f"none can be made: {stop}")
    if run.outcome != "ran":
        said = run.problem.title if run.problem else run.outcome
        advice = run.problem.advice if run.problem else ""
        return Finding("missing", "a run", f"of a DAG of ours failed: {said}", advice)
    took = f"of a DAG of ours took {time.monotonic() - began:.1f} s, starting Airflow included"
    if run.isolation is None:
        return Finding("ok", "a run", took)
    tried = run.isolation.self_test
    held = ", ".join(name for name, holds in tried.items() if holds) or "nothing holds"
    if opened := ", ".join(name for name, holds in tried.items() if not holds):
        # On D that is no news: that it is no sandbox is said above.
        verdict: Verdict = "ok" if run.isolation.layer == "D" else "note"
        return Finding(verdict, "a run", f"{took}; tried inside: {held}; does not hold here: {opened}")
    return Finding("ok", "a run", f"{took}; tried inside: {held}")


def _course() -> Finding:
    try:
        course = courses.find()
    except courses.CourseError as stop:
        return Finding("missing", "course", "not found", str(stop))
    count = len(list((course.root / "exercises").glob("*/exercise.toml")))
    try:
        course.require_work()
    except courses.CourseError as stop:
        return Finding("missing", "course", str(stop), "let AUTOGRADER_WORK name a folder that is yours")
    try:
        for exercise in catalog.load(course.root):
            _ = exercise.checks
    except catalog.CatalogError as error:
        return Finding("missing", "course", str(error), "mend it; until then that exercise is not graded")
    return Finding("ok", "course", f"{count} exercises in {course.root}; you work in {course.work}")


def _file_events() -> Finding:
    with tempfile.TemporaryDirectory(prefix="autograder-doctor-") as folder:
        arrive = _events_arrive(Path(folder))
    if arrive:
        return Finding("ok", "file events", "arrive: --watch answers a save at once")
    return Finding("note", "file events", "do not arrive: --watch looks once a second instead")


def _events_arrive(folder: Path) -> bool:
    from watchfiles import watch

    stop = threading.Event()
    threading.Timer(_EVENT_PATIENCE, stop.set).start()
    probe = threading.Timer(0.2, (folder / "probe").touch)
    probe.start()
    started = time.monotonic()
    try:
        for changes in watch(
            folder, watch_filter=None, debounce=100, step=20, stop_event=stop, rust_timeout=100
        ):
            if changes:
                return time.monotonic() - started < _EVENT_PATIENCE
    except OSError:
        return False
    finally:
        probe.cancel()
        stop.set()
    return False


def _study(distribution: str, purpose: str) -> Finding:
    """What ``make study`` installs; grading does without."""
    try:
        version = metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return Finding(
            "note", distribution, f"not installed ({purpose})", "make study, in the course's folder"
        )
    return Finding("ok", distribution, f"{version} ({purpose})")


def _tab() -> Finding:
    from autograder.study.browser import can_open

    if can_open():
        return Finding("ok", "browser", "autograder study opens a tab")
    return Finding("note", "browser", "none can be opened from here: autograder study prints the address")


def _chromium() -> Finding:
    found = shutil.which("chromium")
    what = "only our own tests of the pages use it"
    return Finding("note", "chromium", f"{found} ({what})" if found else f"not installed ({what})")
