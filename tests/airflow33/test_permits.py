"""A child speaks for itself: every kind of message that Airflow's supervisors take, with somebody else's name in it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from autograder.airflow33 import environ

OWN, OTHER = str(UUID(int=1)), str(UUID(int=2))
NAMED = {"dag_id": "dag", "run_id": "run", "task_id": "work", "map_index": 3}


class Permits:
    """A process that has Airflow, and what it says of asks."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.known: dict[str, Any] = self._line()

    def _line(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def ask(
        self,
        who: str,
        message: str,
        body: dict[str, Any] | None = None,
        *,
        terminal: bool = False,
        began: bool = True,
        calling: bool = False,
        **being: Any,
    ) -> str | None:
        """The breach that it is when this child sends this message, or None."""
        doing = {"terminal": terminal, "began": began, "calling": calling}
        ask = {"who": who, "being": being, "doing": doing, "body": {**(body or {}), "type": message}}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(ask) + "\n")
        self._process.stdin.flush()
        answer: str | None = self._line()
        return answer

    def having(self, field: str) -> list[tuple[str, str]]:
        """Who may send what with this field in it; only tasks and triggers work for a task."""
        found = self.known["fields"]
        return [
            (who, message)
            for who in ("task", "trigger")
            for message in found[who]
            if field in found[who][message]
        ]


@pytest.fixture(scope="module")
def permits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Permits]:
    home = tmp_path_factory.mktemp("permits")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.airflow33.permitting"],
        cwd=Path(__file__).parents[2],
        env=environ.for_control(home, home / "unused.db"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Permits(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0


def test_what_airflow_takes_from_a_child_is_known_here(permits: Permits) -> None:
    """Whoever finds a new message here decides whose it may be."""
    every: dict[str, list[str]] = {}
    for known in permits.known["fields"].values():
        every |= known
    assert len(every) > 50
    asks = {message for message in every if message.startswith("Get")}
    by_name = {message for message in every if {"task_id", "run_id"} & set(every[message])} - asks
    # A run of any DAG may be triggered by whom its author lets.
    assert by_name == {*permits.known["own task"], "TriggerDagRun"}
    assert {message for message in every if "state" in every[message]} - asks == set(
        permits.known["terminal"]
    )


@pytest.mark.parametrize("ti_id", [OTHER, None, "None", "", OWN.replace("-", ""), 0, [OWN]], ids=repr)
def test_another_task_instance_is_none_of_its_business(permits: Permits, ti_id: object) -> None:
    found = permits.having("ti_id")
    assert ("task", "SetTaskStateStore") in found
    assert ("trigger", "UpdateHITLDetail") in found
    for who, message in found:
        assert permits.ask(who, message, {"ti_id": OWN}) is None
        assert permits.ask(who, message, {"ti_id": ti_id}) == f"{message} for another task instance"


@pytest.mark.parametrize(
    "other",
    [
        {"dag_id": "other"},
        {"run_id": "other"},
        {"task_id": "other"},
        {"map_index": 2},
        {"map_index": None},
        {"dag_id": None},
        {"run_id": None},
        {"task_id": None},
    ],
    ids=str,
)
def test_an_xcom_is_its_own_tasks(permits: Permits, other: dict[str, Any]) -> None:
    for who in ("task", "trigger"):
        for message in permits.known["own task"]:
            assert permits.ask(who, message, NAMED) is None
            assert permits.ask(who, message, NAMED | other) == f"{message} for another task"


def test_who_works_for_no_task_has_none_to_name(permits: Permits) -> None:
    """A deadline's callback in the triggerer: nothing is equal to a task that is not there."""
    for message in permits.known["own task"]:
        for body in (NAMED, dict.fromkeys(NAMED), {}):
            assert permits.ask("trigger", message, body, task=False) == f"{message} for another task"
    for ti_id in (None, "None", OWN):
        said = permits.ask("trigger", "UpdateHITLDetail", {"ti_id": ti_id}, task=False)
        assert said == "UpdateHITLDetail for another task instance"


@pytest.mark.parametrize("index", [{"map_index": None}, {"map_index": -1}, {}], ids=str)
def test_a_task_that_is_not_mapped_may_say_so_in_airflows_ways(
    permits: Permits, index: dict[str, Any]
) -> None:
    body = {name: value for name, value in NAMED.items() if name != "map_index"} | index
    assert permits.ask("task", "SetXCom", body, map_index=-1) is None


def test_one_outcome_is_reported(permits: Permits) -> None:
    for message in permits.known["terminal"]:
        assert permits.ask("task", message, retry=True) is None
        assert (
            permits.ask("task", message, retry=True, terminal=True) == f"a second terminal message, {message}"
        )


def test_an_outcome_is_no_business_of_a_callbacks(permits: Permits) -> None:
    for message in permits.known["terminal"]:
        said = permits.ask("task", message, retry=True, calling=True)
        assert said == f"{message} in the middle of a callback"


def test_who_has_not_begun_can_fail_and_not_succeed(permits: Permits) -> None:
    assert permits.ask("task", "TaskState", began=False) is None
    said = permits.ask("task", "SucceedTask", began=False)
    assert said == "SucceedTask before its work has begun"


def test_a_retry_is_reported_only_where_one_is_left(permits: Permits) -> None:
    assert permits.ask("task", "RetryTask", retry=False) == "RetryTask although no retry is left"


def test_a_file_is_described_once_and_not_by_who_runs_callbacks(permits: Permits) -> None:
    assert permits.ask("DAG file", "DagFileParsingResult") is None
    again = permits.ask("DAG file", "DagFileParsingResult", parsed=True)
    assert again == "a second parsing result"
    aside = permits.ask("DAG file", "DagFileParsingResult", callbacks=True)
    assert aside == "a parsing result where callbacks were to be run"


@pytest.mark.parametrize(
    "report",
    [
        {"events": [[2, {}, None]]},
        {"events": [[1, {}, None], [2, {}, None]]},
        {"events": [{}]},
        {"events": [[]]},
        {"failures": [[2, None]]},
        {"finished": [2]},
        {"finished": [None]},
    ],
    ids=str,
)
def test_a_trigger_reports_its_own_events(permits: Permits, report: dict[str, Any]) -> None:
    own = {"events": [[1, {}, None]], "failures": [[1, None]], "finished": [1]}
    assert permits.ask("trigger", "TriggerStateChanges", own) is None
    assert permits.ask("trigger", "TriggerStateChanges", dict.fromkeys(own)) is None
    said = permits.ask("trigger", "TriggerStateChanges", own | report)
    assert said == "TriggerStateChanges for another trigger"


def test_what_belongs_to_nobody_is_free(permits: Permits) -> None:
    other = NAMED | {"task_id": "other"}
    for message in ("GetXCom", "GetConnection", "PutVariable", "DeleteVariable", "SetAssetStateStoreByName"):
        assert permits.ask("task", message, other) is None
