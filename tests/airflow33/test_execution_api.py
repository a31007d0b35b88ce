"""Airflow's client gets the same answers from ``DirectTransport`` as over HTTP, and leaves the same database behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograder.airflow33 import database, environ

NO_TASK_ASKS = {"connection_tests.get_connection", "connection_tests.update_state"}
"""Of the connection tests of Airflow's own user interface."""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("both")
    (folder / "home").mkdir()
    template = database.template(cache)
    done = subprocess.run(
        [sys.executable, "-m", "tests.airflow33.both_ways", str(template), str(folder)],
        cwd=Path(__file__).parents[2],
        # The client would ask again, and wait, when the server says that it has failed.
        env=environ.for_control(folder / "home", folder / "unused.db")
        | {"AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_every_operation_of_the_client_is_asked_and_none_is_only_refused(both: dict[str, Any]) -> None:
    answers = both["http"]["answers"]
    assert set(both["operations"]) - NO_TASK_ASKS <= {answer["operation"] for answer in answers}
    answered = {answer["operation"] for answer in answers if "answer" in answer}
    assert set(both["operations"]) - NO_TASK_ASKS <= answered
    assert {answer.get("status") for answer in answers} >= {400, 404, 409, 410, 422, 500}


def test_the_client_returns_or_raises_the_same(both: dict[str, Any]) -> None:
    for direct, http in zip(both["direct"]["answers"], both["http"]["answers"], strict=True):
        assert direct == http


def test_status_headers_and_body_of_every_answer_are_the_same(both: dict[str, Any]) -> None:
    for direct, http in zip(both["direct"]["exchanges"], both["http"]["exchanges"], strict=True):
        assert direct == http


def test_every_row_of_every_table_is_the_same(both: dict[str, Any]) -> None:
    direct, http = both["direct"]["tables"], both["http"]["tables"]
    assert direct.keys() == http.keys()
    for table, rows in http.items():
        assert len(direct[table]) == len(rows), table
        for number, row in enumerate(rows):
            assert direct[table][number] == row, table


@pytest.mark.parametrize(
    "table",
    [
        "task_instance_history",
        "rendered_task_instance_fields",
        "task_reschedule",
        "trigger",
        "task_map",
        "xcom",
        "task_state_store",
        "asset_state_store",
        "asset_event",
        "asset_alias_asset_event",
        "hitl_detail",
        "dag_run_note",
        "log",
    ],
)
def test_the_conversation_left_rows_in(both: dict[str, Any], table: str) -> None:
    assert both["http"]["tables"][table]
