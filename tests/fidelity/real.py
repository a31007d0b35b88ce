"""Cases in the real world: api-server, scheduler, DAG processor and triggerer, on SQLite, in real time."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from autograder.airflow33 import database
from autograder.airflow33.components import SCHEDULER
from autograder.course import Course
from autograder.evidence import Mail
from autograder.scenario import Response
from autograder.stack.home import Home
from autograder.stack.processes import sweep
from autograder.stack.shelf import Kind, Shelf
from tests.fidelity.cases import Case, When
from tests.fidelity.ours import LIB, PLUGINS, world
from tests.fidelity.record import Line, Record, delivered, in_short, lines_of, refused

__all__ = ["Real", "real_airflow"]

ROOT = Path(__file__).parents[2]
START_SECONDS = 150
QUIET_SECONDS = 6.0
"""When nothing has happened for so long after the end of all runs, nothing more will."""
ATTEMPTS = 5
AT_A_TIME = 12
"""Runs at a time: SQLite has one writer, and Airflow many."""
THOUGHT = 12.0
"""Seconds that a person thinks: an answer that comes before a busy scheduler has seen that the task's process has ended
makes it fail."""
MOMENTS = 1.0
"""Seconds that a person needs."""


@contextmanager
def real_airflow(cases: Iterable[Case], folder: Path, cache: Path) -> Iterator[Real]:
    """Airflow over the DAGs of these cases, all of which it has read.

    :param cache: where the migrated database is kept.
    :raises RuntimeError: when it does not start, or cannot read one of them.
    """
    cases = list(cases)
    _write(cases, folder)
    migrated = database.template(cache)
    (folder / "work" / ".cache").mkdir()
    shutil.copy(migrated, folder / "work" / ".cache" / migrated.name)
    with (folder / "stack.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fidelity.stack", str(folder)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert process.stdout is not None
        first, second = process.stdout.readline(), process.stdout.readline()
        if "is ready" not in second:
            raise RuntimeError(f"{first}{second}{(folder / 'stack.log').read_text()}")
        said = json.loads(first)
        with httpx.Client(base_url=f"http://127.0.0.1:{said['port']}/api/v2", timeout=60) as client:
            real = Real(client, Path(said["database"]), folder, lambda: process.poll() is None)
            real.wait_for_dags({case.name: case.readable for case in cases})
            yield real
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        sweep(str(folder / "work" / ".cache" / "airflow"), 1.0)


def _write(cases: Iterable[Case], folder: Path) -> None:
    work, lib = folder / "work", folder / "lib"
    work.mkdir(parents=True)
    shutil.copytree(LIB, lib)
    shutil.copytree(PLUGINS, folder / "plugins")
    home = Home(Course(ROOT, work))
    (lib / "fidelity_world.py").write_text(world(folder / "lines", home.logs / f"{SCHEDULER}.log"))
    shutil.copy(Path(__file__).with_name("policy.py"), folder)
    faults: dict[str, Any] = {}
    retries: dict[str, int] = {}
    for case in cases:
        (work / case.name).mkdir()
        case.write(work / case.name)
        for task, fault in case.faults.items():
            key = f"{case.name}.{task}"
            several = fault if isinstance(fault, list) else None
            faults[key] = (
                [one and one.model_dump() for one in several] if several else fault.model_dump()  # type: ignore[union-attr]
            )
            if case.retries is not None:
                retries[key] = case.retries
    (folder / "fidelity_faults.py").write_text(f"FAULTS = {faults!r}\nRETRIES = {retries!r}\n")


class _Refused(RuntimeError):
    """Airflow does not want to do what it was asked for."""


class Real:
    """A running Airflow, and what is to be known of its runs."""

    def __init__(self, client: httpx.Client, metadata: Path, folder: Path, lives: Callable[[], bool]) -> None:
        self._client, self._database, self._lives = client, metadata, lives
        self._runs: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._asking: dict[tuple[str, str], float] = {}
        self._lines, self._shelf = folder / "lines", Shelf(folder / "work")
        client.headers["Authorization"] = f"Bearer {self._token(client)}"

    @staticmethod
    def _token(client: httpx.Client) -> str:
        answer = client.get(str(client.base_url.copy_with(path="/auth/token")))
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def wait_for_dags(self, readable: Mapping[str, bool]) -> None:
        """Until each of them can be run, or cannot be read.

        :raises RuntimeError: for a DAG file that Airflow cannot read, and should.
        """
        until = time.monotonic() + START_SECONDS
        while True:
            errors = dict(self._rows("SELECT filename, stacktrace FROM import_error"))
            unread = {Path(name).stem for name in errors}
            if wrong := {name for name in unread if readable.get(name, True)}:
                raise RuntimeError(f"Airflow cannot read {sorted(wrong)}: {errors}")
            self._refused = {Path(name).stem: text for name, text in errors.items()}
            missing = (
                readable.keys() - unread - {row[0] for row in self._rows("SELECT dag_id FROM serialized_dag")}
            )
            if not missing:
                return
            if time.monotonic() > until:
                raise RuntimeError(f"Airflow did not find {sorted(missing)} in {START_SECONDS} s.")
            time.sleep(0.5)

    def run(self, cases: Iterable[Case], seconds: float) -> dict[str, Record]:
        """Run them side by side, until nothing happens any more.

        :param seconds: how long that may take.
        :raises RuntimeError: when it takes longer, with what is not over yet.
        """
        cases = list(cases)
        self._earlier([case for case in cases if case.scenario().history], seconds)
        # First those in which moments count: later the machine is busy.
        waiting = sorted((case for case in cases if case.readable), key=lambda case: not case.timed)
        people: list[Callable[[], bool]] = []
        until = time.monotonic() + seconds
        quiet = time.monotonic()
        before: object = None
        while waiting or time.monotonic() - quiet < QUIET_SECONDS:
            time.sleep(0.5)
            while waiting and self._unfinished() < AT_A_TIME:
                people += self._begin(waiting.pop(0))
            people = [one for one in people if not one()]
            if (now := self._going_on()) != before or now[0] or people:
                before, quiet = now, time.monotonic()
            if time.monotonic() > until:
                raise RuntimeError(f"After {seconds} s there still were {now[0]}")
            if not self._lives():
                raise RuntimeError(f"Airflow has ended:\n{self._last_words()}")
        return {case.name: self._record(case) for case in cases}

    def _earlier(self, cases: list[Case], seconds: float) -> None:
        """Successful runs before the one that counts."""
        for case in cases:
            for number in range(len(case.scenario().history)):
                body = {"logical_date": None, "conf": {"earlier": number}}
                self._ask("POST", f"/dags/{case.name}/dagRuns", body)
        until = time.monotonic() + seconds
        while self._going_on()[0]:
            if time.monotonic() > until:
                raise RuntimeError(f"The earlier runs of {cases} did not end.")
            time.sleep(0.5)

    def _begin(self, case: Case) -> list[Callable[[], bool]]:
        """Start its run. What people will do to it: each is asked again and again until it says that it is done."""
        scenario = case.scenario()
        for name, slots in scenario.pools.items():
            self._ask("POST", "/pools", {"name": name, "slots": slots})
        for key, value in scenario.variables.items():
            self._ask("POST", "/variables", {"key": key, "value": value})
        date = datetime.now(UTC).isoformat() if case.dated else None
        body = {"logical_date": date, "conf": scenario.conf}
        try:
            begun = self._ask("POST", f"/dags/{case.name}/dagRuns", body)
        except _Refused:
            return []
        self._runs[case.name] = begun["dag_run_id"]
        run = f"/dags/{case.name}/dagRuns/{quote(begun['dag_run_id'])}"
        marks = [partial(self._mark, case, run, when) for when in case.marks]
        answers = [
            partial(self._answer, case, run, task, response) for task, response in scenario.responses.items()
        ]
        return [*marks, *answers]

    def _mark(self, case: Case, run: str, when: When) -> bool:
        kinds = [line["kind"] for line in self._said(case)]
        if when.after not in kinds:
            return False
        time.sleep(MOMENTS)
        path = run if when.task is None else f"{run}/taskInstances/{when.task}"
        body = {"state": when.state} if when.task is None else {"new_state": when.state}
        self._ask("PATCH", path, body)
        return True

    def _answer(self, case: Case, run: str, task: str, response: Response) -> bool:
        asking = (
            "SELECT state FROM task_instance WHERE dag_id = ? AND task_id = ? AND state = 'awaiting_input'"
        )
        if not self._rows(asking, case.name, task):
            return False
        since = self._asking.setdefault((case.name, task), time.monotonic())
        if time.monotonic() - since < THOUGHT:
            return False
        body = {"chosen_options": response.options, "params_input": response.params}
        self._ask("PATCH", f"{run}/taskInstances/{task}/-1/hitlDetails", body)
        return True

    def _said(self, case: Case) -> list[Line]:
        said = lines_of(self._lines.read_text(), case.name, *case.others) if self._lines.exists() else []
        return [
            line for line in said if line["run"] == self._runs.get(case.name) or line["dag"] in case.others
        ]

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        for _ in range(ATTEMPTS):
            answer = self._client.request(method, path, json=body)
            if not answer.is_server_error:
                break
            time.sleep(MOMENTS)  # SQLite was locked; a person tries again, too
        if answer.is_error:
            kind = _Refused if answer.status_code == HTTPStatus.BAD_REQUEST else RuntimeError
            raise kind(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def _unfinished(self) -> int:
        return len(self._rows("SELECT id FROM dag_run WHERE state NOT IN ('success', 'failed')"))

    def _last_words(self) -> str:
        logs = (self._database.parent / "components").glob("*.log")
        return "\n".join(f"{log.name}: {log.read_text()[-1500:]}" for log in logs)

    def _going_on(self) -> tuple[list[Any], int]:
        """What is not over yet, and how much has been said."""
        going = self._rows("SELECT dag_id, state FROM dag_run WHERE state NOT IN ('success', 'failed')")
        going += self._rows("SELECT dag_id, task_id, state FROM task_instance WHERE state = 'running'")
        going += self._rows("SELECT type, state FROM callback WHERE type = 'dag_processor'")
        going += self._rows(
            "SELECT callback.type, callback.state FROM deadline JOIN callback ON callback.id = callback_id "
            "WHERE callback.state NOT IN ('success', 'failed')"
        )
        return going, self._lines.stat().st_size if self._lines.exists() else 0

    def _record(self, case: Case) -> Record:
        run_id = self._runs.get(case.name)
        if run_id is None:
            return Record(state=refused(self._refused.get(case.name, "")), tasks={})
        ((state, days),) = self._rows(
            "SELECT state, julianday(end_date) - julianday(start_date) FROM dag_run WHERE run_id = ?", run_id
        )
        tasks = self._rows(
            # An EmptyOperator without callbacks has a number and no process: its try was never started.
            "SELECT task_id, map_index, state, CASE WHEN pid IS NULL THEN 0 ELSE try_number END "
            "FROM task_instance WHERE run_id = ?",
            run_id,
        )
        return Record(
            state=state,
            tasks={f"{task}[{index}]": (state, tries) for task, index, state, tries in tasks},
            lines=self._said(case),
            deadlines=self._deadlines(run_id),
            mails=self._delivered("mails", case.name),
            slack=self._delivered("slack", case.name),
            seconds=days * 24 * 3600,
        )

    def _delivered(self, kind: Kind, dag_id: str) -> list[tuple[Any, ...]]:
        """What names this DAG, in order of arrival."""
        found = [self._shelf.read(kind, name) for name in reversed(self._shelf.names(kind))]
        known = [one for one in found if one is not None]
        texts = [one.subject if isinstance(one, Mail) else one.text for one in known]
        named = re.compile(rf"^{dag_id}:|dag_id='{dag_id}'")
        return [delivered(one) for one, text in zip(known, texts, strict=True) if named.search(text)]

    def _deadlines(self, run_id: str) -> list[tuple[Any, ...]]:
        """What is left of them: those in time are deleted when their run succeeds."""
        found = self._rows(
            "SELECT deadline_alert.name, deadline_alert.reference, missed, callback.type, callback.state, output "
            "FROM deadline "
            "JOIN dag_run ON dag_run.id = dagrun_id JOIN callback ON callback.id = callback_id "
            "JOIN deadline_alert ON deadline_alert.id = deadline_alert_id WHERE run_id = ?",
            run_id,
        )
        return [
            (name, json.loads(reference).get("reference_type"), bool(missed), kind, state, in_short(output))
            for name, reference, missed, kind, state, output in found
        ]

    def _rows(self, query: str, *given: Any) -> list[Any]:
        address = f"file:{self._database}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as connection:
            return connection.execute(query, given).fetchall()
