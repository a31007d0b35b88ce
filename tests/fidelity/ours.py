"""A case in our world: the runner that grades."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.control import Job, Pool
from autograder.evidence import Evidence, load
from autograder.session import CONNECTIONS
from tests.fidelity.cases import Case
from tests.fidelity.record import Record, delivered, in_short, lines_of, refused

__all__ = ["LIB", "PLUGINS", "run", "world"]

SEED = 20261120000001
LIB = Path(__file__).with_name("lib")
PLUGINS = Path(__file__).with_name("plugins")


def world(lines: Path, scheduler: Path | None = None) -> str:
    """The module by which a probe knows where it is.

    :param scheduler: in the real world, its log.
    """
    return f"LINES = {str(lines)!r}\nREAL = {scheduler is not None}\nSCHEDULER = {str(scheduler)!r}\n"


def run(cases: Iterable[Case], pool: Pool, base: Path) -> Iterator[tuple[Case, Record, Evidence]]:
    """Run them all.

    :raises AssertionError: when one of them is not run at all.
    """
    known = {case.name: case for case in cases}
    for done in pool.run([_job(case, base / case.name) for case in known.values()]):
        assert done.path is not None, (done.name, done.problem)
        case, evidence = known[done.name], load(Path(done.path))
        yield case, _record(case, evidence, base / case.name), evidence


def _job(case: Case, folder: Path) -> Job:
    submission = folder / "submission"
    shutil.copytree(LIB, submission)
    case.write(submission)
    (submission / "fidelity_world.py").write_text(world(folder / "lines"))
    return Job(
        name=case.name,
        scenario=case.scenario(),
        seed=SEED,
        folder=str(submission),
        entry=case.entry,
        dag_id=case.name,
        among=bool(case.others),
        connections=CONNECTIONS,
        plugins=str(PLUGINS) if case.plugins else None,
        destination=str(folder),
    )


def _record(case: Case, evidence: Evidence, folder: Path) -> Record:
    lines = folder / "lines"
    if evidence.outcome == "error":
        problem = evidence.problem
        why = problem.full_traceback if problem is not None and not case.readable else ""
        return Record(state=refused(why), tasks={})
    state = evidence.state if evidence.outcome == "ran" else f"{evidence.outcome}: {evidence.problem}"
    return Record(
        state=state,
        tasks={f"{t.task_id}[{t.map_index}]": (t.state, t.tries) for t in evidence.tasks},
        lines=lines_of(lines.read_text(), case.name, *case.others) if lines.exists() else [],
        deadlines=[
            (d.name, d.reference, d.missed is not None, d.component, d.state, in_short(d.output))
            for d in evidence.deadlines
            if d.pruned is None
        ],
        mails=[delivered(mail) for mail in evidence.mails],
        slack=[delivered(message) for message in evidence.slack],
        seconds=evidence.ended or 0,
    )
