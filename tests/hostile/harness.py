"""One hostile submission in one setting: it runs, a healthy one runs after it, and then nothing may be left."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from autograder import results
from autograder.airflow33 import database
from autograder.evidence import Evidence, Layer, load
from autograder.faults import raises
from autograder.result import Result
from autograder.scenario import Scenario
from tests.hostile.bait import Bait
from tests.hostile.cases import Case
from tests.hostile.driver import ANSWERS
from tests.hostile.leftovers import Snapshot, left
from tests.hostile.stage import shut

__all__ = ["SETTINGS", "Encounter", "Harness", "HarnessFailed", "Setting", "failures", "open_harness"]

ROOT = Path(__file__).parents[2]
HEALTHY = ("01-anatomy-of-a-failure", None)
"""An exercise and a part whose solution must earn everything, whoever ran before."""
_SHARED = Path(__file__).with_name("airflow_attack.py")
_PATIENCE = 150.0
"""Seconds within which the driver must answer, whatever it is told to do."""
_FIRST, _LAST = 61000, 61999
"""Users that this machine is not likely to have."""


class HarnessFailed(Exception):
    """The grader under test could not even be asked. The text says why."""


@dataclass(frozen=True)
class Setting:
    """A layer of the jail, and as whom the grader runs."""

    name: str
    layer: Layer | None
    """None: whatever is best here."""
    ordinary: bool
    """Whether the grader is an ordinary user's; else it is root's."""

    @property
    def lacking(self) -> str | None:
        """Why this machine does not have it, if so."""
        if not self.ordinary and os.geteuid() != 0:
            return f"{self.name} needs root"
        if self.layer == "A" and not _unshares("--mount --pid --net"):
            return "layer A needs a machine that lets root make namespaces"
        if self.layer == "B" and not _unshares("--user --map-root-user --mount --pid --net"):
            return "layer B needs a machine that lets users make namespaces"
        return None


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("A", "A", ordinary=False),
        Setting("B", "B", ordinary=True),
        Setting("C", "C", ordinary=True),
        Setting("C as root", "C", ordinary=False),
    )
}


@cache
def _unshares(what: str) -> bool:
    """Whether an ordinary program may make these namespaces here; asked of another program than the one tested."""
    command = ["unshare", *what.split(), "--fork", "true"]
    user = (
        {"user": _LAST, "group": _LAST, "extra_groups": []} if "--user" in what and not os.geteuid() else {}
    )
    try:
        return subprocess.run(command, capture_output=True, check=False, cwd="/", **user).returncode == 0
    except FileNotFoundError:
        return False


@dataclass(frozen=True)
class Encounter:
    """What was seen of one submission in one setting."""

    case: Case
    evidence: Evidence | None
    visited: list[str]
    """What it reached or changed outside, a sentence each."""
    faults: list[str]
    """What is wrong whatever the submission expected: a sentence each."""
    seconds: float


class Harness:
    """A grader in one setting. Use ``open_harness``."""

    def __init__(self, setting: Setting, work: Path, bait: Bait, owner: int) -> None:
        self.setting, self.bait = setting, bait
        self._work, self._owner, self._count = work, owner, 0
        self._process = _start(setting, work, bait, owner)
        self._answers = os.fdopen(self._process[1], encoding="utf-8")
        self._where = self._ask(where=True)
        # Twice: what is opened when it is first needed is open from then on.
        for _ in range(2):
            if wrong := self.healthy():
                raise HarnessFailed(f"A healthy submission fails before anything hostile has run: {wrong}")
        self._before = self._snapshot()

    # -- what may be asked of it ---------------------------------------------------------------------------------

    def meet(self, case: Case, *, files: dict[str, str] | None = None) -> Encounter:
        """Run this submission, then a healthy one, and look for what is left.

        :param files: more files beside it.
        """
        began = time.monotonic()
        folder = self._folder(case.path, files or {})
        job = _job(case, folder, self._place("evidence"))
        done = self._ask(run=job)
        seconds = time.monotonic() - began
        faults = []
        evidence = None
        if done["path"] is None:
            faults.append(f"no evidence: {done['problem']}"[:2000])
        else:
            evidence = load(Path(done["path"]))
            faults += self._wrong_layer([evidence])
            if self.bait.secret in evidence.model_dump_json():
                faults.append("the secret is in the evidence")
        visited = self.bait.visited()
        faults += self.aftermath()
        return Encounter(case, evidence, visited, faults, seconds)

    def aftermath(self) -> list[str]:
        """What a submission has done to the next one, an honest one, and whatever it has left behind."""
        faults = self.healthy()
        where = self._ask(where=True)
        if where != self._where:
            faults.append(f"the grader's processes were replaced: {self._where}, now {where}")
            self._where = where
        faults += left(self._before, self._pid, self._folders)
        if faults:
            # Whatever is wrong now is not the next submission's.
            self._before = self._snapshot()
        return faults

    def grade(self, exercise: str, path: Path, part: str | None = None) -> tuple[Result, dict[str, Evidence]]:
        """Grade a submission, a file or a folder, as ``autograder check`` would.

        :raises HarnessFailed: when it could not be graded.
        """
        mine = self._place("graded")
        if path.is_dir():
            shutil.copytree(path, mine, dirs_exist_ok=True)
        else:
            mine.mkdir()
            shutil.copy(path, mine / "dag.py")
        self._give(mine)
        answer = self._ask(grade=exercise, path=str(mine), part=part)
        folder = Path(answer["folder"])
        result, _ = results.load(folder)
        if result.outcome == "ungradable":
            raise HarnessFailed("\n".join(answer["troubles"]))
        return result, results.load_evidence(folder, result.scenarios)

    def ask(
        self, exercise: str, files: dict[str, bytes], checks: Iterable[str], seed: int
    ) -> tuple[dict[str, str], dict[str, Evidence]]:
        """The outcomes of these checks of an exercise, by name, and the evidence that they read.

        :raises HarnessFailed: when it could not be graded.
        """
        mine = self._place("asked")
        mine.mkdir()
        for name, data in files.items():
            (mine / name).write_bytes(data)
        self._give(mine)
        answer = self._ask(ask=list(checks), of=exercise, path=str(mine), seed=seed)
        found = {name: Evidence.model_validate_json(text) for name, text in answer["evidence"].items()}
        if wrong := self._wrong_layer(list(found.values())):
            raise HarnessFailed("; ".join(wrong))
        return answer["outcomes"], found

    def healthy(self) -> list[str]:
        """Whatever is wrong with the grade of an honest solution."""
        slug, part = HEALTHY
        result, evidence = self.grade(slug, ROOT / "solutions" / slug / "dag.py", part)
        lost = [
            f"{one.id} is {one.outcome}: {one.message}" for one in result.checks if one.outcome != "passed"
        ]
        wrong = [f"an honest solution earns {result.score} points: {'; '.join(lost)}"] if lost else []
        return wrong + self._wrong_layer(list(evidence.values()))

    def close(self) -> list[str]:
        """End it; return whatever is there all the same."""
        assert self._process[0].stdin is not None
        self._process[0].stdin.close()
        try:
            self._process[0].wait(10)
        except subprocess.TimeoutExpired:
            self._process[0].kill()
            self._process[0].wait()
            return ["the grader did not end"]
        finally:
            self._answers.close()
        scratch = Path(self._where["scratch"])
        return [f"{scratch} was left behind"] if scratch.exists() else []

    # -- how -----------------------------------------------------------------------------------------------------

    @property
    def _pid(self) -> int:
        return self._process[0].pid

    @property
    def _folders(self) -> list[Path]:
        return [Path(self._where["scratch"])]

    def _snapshot(self) -> Snapshot:
        return Snapshot.of(self._pid, self._folders)

    def _ask(self, **order: Any) -> dict[str, Any]:
        stdin = self._process[0].stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(order).encode() + b"\n")
            stdin.flush()
            line = self._answers.readline()
        except OSError:
            line = ""
        if not line:
            raise HarnessFailed(f"The driver has ended: {self._said()}")
        answer = json.loads(line)
        if "failed" in answer:
            raise HarnessFailed(answer["failed"])
        return dict(answer)

    def _said(self) -> str:
        return (self._work / "driver.log").read_text(errors="replace")[-3000:]

    def _wrong_layer(self, every: list[Evidence]) -> list[str]:
        if self.setting.layer is None:
            return []
        wrong = []
        for each in every:
            found = each.isolation
            if found is None or found.layer != self.setting.layer:
                wrong.append(f"{each.name} ran in layer {found and found.layer}, not in {self.setting.layer}")
            elif failed := sorted(name for name, held in found.self_test.items() if not held):
                wrong.append(f"{each.name}: the self-test found {', '.join(failed)}")
        return wrong

    def _place(self, name: str) -> Path:
        self._count += 1
        return self._work / f"{name}-{self._count}"

    def _folder(self, path: Path, files: dict[str, str]) -> Path:
        folder = self._place("submission")
        folder.mkdir()
        shutil.copy(path, folder / "dag.py")
        shutil.copy(_SHARED, folder / _SHARED.name)
        targets = self.bait.targets | self._where | {
            "driver": self._pid,
            "course": str(ROOT),
            "work": str(self._work),
            "owner": self._owner,
        }  # fmt: skip
        (folder / "targets.json").write_text(json.dumps(targets))
        for name, text in files.items():
            (folder / name).write_text(text)
        self._give(folder)
        return folder

    def _give(self, folder: Path) -> None:
        if os.geteuid() == 0:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, self._owner, self._owner)


@contextmanager
def open_harness(setting: Setting, cache: Path) -> Iterator[Harness]:
    """A grader in this setting, warm and proved with a healthy submission.

    :param cache: where the migrated template of the database is kept.
    :raises HarnessFailed: when it does not get that far, or leaves something behind when it ends.
    """
    owner = os.geteuid()
    if setting.ordinary and owner == 0:
        owner = _FIRST + secrets.randbelow(_LAST - _FIRST)
    folder = Path(tempfile.mkdtemp(prefix="hostile-"))
    folder.chmod(0o755)
    outside, work = folder / "outside", folder / "work"
    try:
        outside.mkdir()
        (work / ".cache").mkdir(parents=True)
        template = database.template(cache)
        shutil.copy(template, work / ".cache" / template.name)
        if os.geteuid() == 0:
            for path in (work, *work.rglob("*")):
                os.chown(path, owner, owner)
        with Bait(outside, owner) as bait:
            harness = Harness(setting, work, bait, owner)
            try:
                yield harness
            finally:
                wrong = harness.close()
            if wrong:
                raise HarnessFailed("; ".join(wrong))
    finally:
        with suppress(RecursionError):
            shutil.rmtree(folder, ignore_errors=True)


def _start(setting: Setting, work: Path, bait: Bait, owner: int) -> tuple[subprocess.Popen[bytes], int]:
    """The driver, and the descriptor of its answers."""
    command = [sys.executable, "-m", "tests.hostile.driver", str(work)]
    if owner != os.geteuid() or _needs_stage(setting):
        places = {Path(sys.base_prefix), Path(sys.prefix), ROOT}
        reach = ",".join(str(place.resolve()) for place in places)
        command = [sys.executable, "-m", "tests.hostile.stage", str(owner), reach, *command]
    kept = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
    environ = {name: os.environ[name] for name in kept if name in os.environ}
    environ |= {"HOME": str(work), "HOSTILE_SECRET": bait.secret}
    if setting.layer is not None:
        environ["AUTOGRADER_LAYER"] = setting.layer
    reads, writes = os.pipe()
    with (work / "driver.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=environ,
            cwd=ROOT,
            # The answers' descriptor must be the third: a program that is told a number would tell it on.
            preexec_fn=lambda: os.dup2(writes, ANSWERS),
            pass_fds=[ANSWERS],
        )
    os.close(writes)
    return process, reads


def _needs_stage(setting: Setting) -> bool:
    """Whether a throwaway user could not reach the interpreter where it lies."""
    places = (Path(sys.base_prefix), Path(sys.prefix), ROOT)
    return setting.layer == "C" and any(shut(place.resolve()) for place in places)


def _job(case: Case, folder: Path, destination: Path) -> dict[str, Any]:
    fault: Any = raises(OSError, "on purpose") if case.fault == "raises" else None
    return {
        "name": case.name,
        "scenario": Scenario("work", fault).model_dump(mode="json"),
        "seed": 20261120000001,
        "folder": str(folder),
        "connections": {"smtp_default": "smtp", "slack_default": "slack", "monitoring": "monitoring"},
        "destination": str(destination),
        "limits": {"wall": 15, **case.limits},
    }


def failures(encounter: Encounter, setting: Setting) -> list[str]:
    """Why this submission was not contained, a sentence each; none: it was."""
    case, evidence = encounter.case, encounter.evidence
    wrong = list(encounter.faults)
    if encounter.seconds > case.seconds:
        wrong.append(f"it took {encounter.seconds:.0f} s, and may take {case.seconds:.0f} s")
    if evidence is None:
        return wrong
    lines = [event.event for event in evidence.logs]
    holds_here = case.must_hold_in(setting.name)
    if holds_here:
        wrong += encounter.visited
        wrong += sorted({line for line in lines if line.startswith("BROKEN: ")})
        wrong += [
            f"by mail: {mail.subject}" for mail in evidence.mails if mail.subject.startswith("BROKEN: ")
        ]
    if not any(line.startswith("TRIED: ") for line in lines):
        wrong.append(f"it did not try anything; its lines: {lines[-5:]}; {evidence.problem}")
    wrong += _unexpected(case, evidence, lines)
    if not holds_here:
        missing = evidence.isolation.missing if evidence.isolation else {}
        if case.missing not in missing:
            wrong.append(f"the record does not say that `{case.missing}` is missing: {missing}")
    return wrong


def _unexpected(case: Case, evidence: Evidence, lines: list[str]) -> Iterator[str]:
    if evidence.outcome not in case.ends:
        yield f"its outcome is {evidence.outcome}, not {' or '.join(case.ends)}: {evidence.problem}"
    if case.state and evidence.state not in case.state:
        yield f"its run is {evidence.state}, not {' or '.join(case.state)}"
    workers = [each for each in evidence.executions if each.component == "worker"]
    if case.exit_codes and {each.exit_code for each in workers} - set(case.exit_codes):
        yield f"its task ended with {[each.exit_code for each in workers]}, not {case.exit_codes}"
    said = [evidence.problem.title if evidence.problem else ""]
    said += [breach for each in evidence.executions for breach in each.violations]
    if not any(case.says in text for text in said):
        yield f"nothing says `{case.says}`: {said}"
    subjects = [mail.subject for mail in evidence.mails]
    if case.mails is not None and subjects != case.mails:
        yield f"its mails are {subjects}, not {case.mails}"
    for piece in case.prints:
        if not any(piece in line for line in lines):
            yield f"no line has `{piece}`: {lines[-5:]}"
