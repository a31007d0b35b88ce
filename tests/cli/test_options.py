"""What options do to a check or a run, through the command line with real Airflow."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from autograder import evidence as evidences
from autograder.report import schema
from tests.cli.conftest import ROOT, Invoke, Said
from tests.report.pages import Page

SLUG = "01-anatomy-of-a-failure"
SOLUTION = ROOT / "solutions" / SLUG / "dag.py"
STARTER = ROOT / "exercises" / SLUG / "starter" / "dag.py"
LARGE = ROOT / "solutions" / "02-failure-callbacks" / "dag.py"
UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")

WATCHED = """
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, Param, Variable, get_current_context, task


def tell(context):
    print("told of", context["reason"])


with DAG("watched", schedule=None, on_failure_callback=tell):

    @task
    def long():
        pass

    @task(pool="reports")
    def reads():
        return [Variable.get("late_after"), get_current_context()["dag_run"].conf]

    HITLOperator(task_id="ask", subject="?", options=["Yes", "No"], params={"why": Param("", type="string")})
    long()
    reads()
"""
DAG = """
from datetime import timedelta

import requests
from airflow.sdk import DAG, get_current_context, task
from airflow.sdk.bases.hook import BaseHook


def tell(context):
    print("told of", context["ti"].task_id, "at try", context["ti"].try_number, "date", "logical_date" in context)


with DAG("mine", schedule=None):
    for name in ("lost", "middle", "final", "stopped", "skipped", "given", "posts"):

        @task(task_id=name, retries=2, retry_delay=timedelta(hours=1), on_failure_callback=tell,
              on_retry_callback=tell, on_skipped_callback=tell, on_success_callback=tell)
        def work():
            if get_current_context()["ti"].task_id == "posts":
                there = BaseHook.get_connection("pager")
                requests.post(f"http://{there.host}:{there.port}/", headers={"X-API-Key": there.password}, json={})
            return "done"

        work()
"""


def newest(work: Path, slug: str = SLUG) -> dict[str, Any]:
    """The stored evidence of the last check, by scenario."""
    folder = sorted((work / ".results" / slug).glob("2*"))[-1]
    return {path.stem: evidences.load(path) for path in (folder / "evidence").glob("*.json")}


class TestCheck:
    def test_the_same_seed_gives_the_same_result(self, command: Invoke, work: Path) -> None:
        def check(seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
            result = command("check", "1", SOLUTION, "--seed", str(seed), "--json", "-").json
            assert result["seed"] == seed
            del result["made_at"], result["timings"]
            masked = json.loads(UUID.sub("UUID", json.dumps(result)))
            return masked, {name: evidences.comparable(one) for name, one in newest(work).items()}

        first, second, other = check(20261120000007), check(20261120000007), check(20261120000008)
        assert first == second
        assert first[1].keys() == {"fails", "recovers", "works"}
        assert first[0] != other[0]
        secrets = [{one["secrets"]["load_orders#1"] for one in each[1].values()} for each in (first, other)]
        assert len(secrets[0]) == 3
        assert secrets[0].isdisjoint(secrets[1])

    def test_one_part_of_several(self, command: Invoke, work: Path) -> None:
        said = command("check", "2", LARGE, "--part", "2.2", "--json", "-", "--html", "report.html")
        assert said.code == 0
        result = said.json
        jsonschema.validate(result, schema.result_schema())
        assert (result["score"], result["max_score"]) == (14, 14)
        assert [part["id"] for part in result["parts"]] == ["2.2"]
        assert {check["part"] for check in result["checks"]} == {"2.2"}
        assert result["notes"] == ["Only part 2.2 was graded."]
        assert set(newest(work, "02-failure-callbacks")) == set(result["scenarios"])
        assert Page(Path("report.html").read_text(encoding="utf-8")).dangers() == []
        listed = command("list").out
        assert re.search(r"2\.2 +Clean up +14 +14\b", listed), listed
        assert re.search(r"2\.1 +Tell people +18 +–", listed), listed

    def test_hints_one_more_each_time(self, command: Invoke) -> None:
        first = "Which one belongs to the last try?"
        second = "The line is one JSON object with the key `event`"
        for count, shown in ((0, (False, False)), (1, (True, False)), (2, (True, True))):
            said = command("check", "1", STARTER, "--hints", str(count))
            assert said.code == 1
            flat = " ".join(said.out.split())
            assert (first in flat, second in flat) == shown

    def test_the_whole_traceback_is_shown_on_demand(self, command: Invoke) -> None:
        Path("dag.py").write_text("from airflow.sdk import DAG\nDAG(1 / 0)\n", encoding="utf-8")
        short, full = (command("check", "1", "dag.py", "--traceback", how) for how in ("short", "full"))
        assert short.code == full.code == 1
        for said in (short, full):
            assert 'File "dag.py", line 2, in <module>' in said.out
        assert "The whole traceback: --traceback full" in short.out
        assert "Traceback (most recent call last)" not in short.out
        assert "Traceback (most recent call last)" in full.out
        assert "importlib" in full.out

    def test_a_result_and_its_evidence_are_of_their_schemas(self, command: Invoke, work: Path) -> None:
        said = command("check", "1", STARTER, "--json", "result.json", "--html", "deep/down/report.html")
        assert said.code == 1
        result = json.loads(Path("result.json").read_text(encoding="utf-8"))
        jsonschema.validate(result, schema.result_schema())
        (stored,) = (work / ".results" / SLUG).glob("2*/result.json")
        assert json.loads(stored.read_text(encoding="utf-8")) == result
        for path in stored.parent.glob("evidence/*.json"):
            jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), schema.evidence_schema())
        page = Page(Path("deep/down/report.html").read_text(encoding="utf-8"))
        assert page.dangers() == []
        assert "of 10 points" in page.text
        assert "Written: deep/down/report.html" in said.err


class TestRun:
    def test_people_pools_and_settings(self, command: Invoke, work: Path) -> None:
        Path("watched.py").write_text(WATCHED, encoding="utf-8")
        said = command(
            *("run", "watched.py", "--json", "-", "--take", "long=2h", "--mark", "long=failed@30min"),
            *(
                "--respond",
                "ask=Yes@10min",
                "--fill-in",
                'ask={"why": "it is late"}',
                "--respond",
                "reads=Yes",
            ),
            *("--pool", "reports=1", "--variable", "late_after=7200", "--conf", '{"limit": 5}'),
            *("--history", "50minx3"),
        )
        assert said.code == 0
        evidence = said.json
        assert evidence["scenario"]["history"] == [3000.0] * 3
        assert {task["task_id"]: task["state"] for task in evidence["tasks"]} == {
            "ask": "success",
            "long": "failed",
            "reads": "success",
        }
        assert [(call["kind"], call["reason"]) for call in evidence["calls"]] == [
            ("dag_failure_callback", "task_failure")
        ]
        changed = {(change["task_id"], change["state"]): change["at"] for change in evidence["transitions"]}
        assert 600 <= changed["ask", "success"] < 601
        assert 1800 <= changed["long", "failed"] < 1801
        assert "reads never asked anybody" in said.err

    def test_one_dag_of_several(self, command: Invoke, work: Path) -> None:
        two = "from airflow.sdk import DAG, task\n\nfor name in ('one', 'two'):\n    with DAG(name, schedule=None):\n"
        Path("two.py").write_text(f"{two}        task(task_id=name)(lambda: None)()\n", encoding="utf-8")
        said = command("run", "two.py", "--dag", "two", "--json", "-")
        assert (said.code, said.json["dag_id"], said.json["task_ids"]) == (0, "two", ["two"])
        assert "Say which with --dag" in command("run", "two.py").out
        assert "two.py has no DAG `three`." in command("run", "two.py", "--dag", "three").out

    def test_a_mark_for_a_task_that_is_not_there(self, command: Invoke, work: Path) -> None:
        Path("watched.py").write_text(WATCHED, encoding="utf-8")
        said = command("run", "watched.py", "--mark", "longer=failed@30min")
        assert said.code == 2
        assert "The DAG has no task `longer`. Did you mean `long`? Its tasks: `" in said.err
        assert "Nobody can mark what is not there." in said.err

    @pytest.fixture
    def dag(self, work: Path) -> Path:
        path = Path("mine.py")
        path.write_text(DAG, encoding="utf-8")
        return path

    def test_faults_of_the_rarer_kinds(self, command: Invoke, dag: Path) -> None:
        said = command(
            *("run", dag, "--json", "-", "--html", "run.html", "--seed", "20261120000009"),
            *("--lose-worker", "lost@1-1"),
            *("--fail", "middle=airflow.sdk.exceptions.AirflowException:at 10:30, no answer@2-2"),
            *("--fail", "middle=OSError@1"),
            *("--fail", "final=airflow.sdk.exceptions.AirflowFailException:for good"),
            # Which Airflow answers with on_kill, and then lets the work go on.
            *("--kill", "stopped=SIGTERM@1"),
            *("--skip", "skipped=not today"),
            *("--succeed", 'given={"rows": [1, 2]}'),
            *("--connection", "pager=monitoring", "--no-logical-date"),
        )
        assert said.code == 0
        evidence = said.json
        jsonschema.validate(evidence, schema.evidence_schema())
        states = {task["task_id"]: (task["state"], task["tries"]) for task in evidence["tasks"]}
        assert states == {
            "lost": ("success", 2),
            "middle": ("success", 3),
            "final": ("failed", 1),
            "stopped": ("success", 1),
            "skipped": ("skipped", 1),
            "given": ("success", 1),
            "posts": ("success", 1),
        }
        calls = [
            (call["task_id"], call["kind"], call["component"])
            for call in evidence["calls"]
            if call["kind"] != "on_success_callback"
        ]
        assert sorted(calls) == [
            ("final", "on_failure_callback", "worker"),
            ("lost", "on_retry_callback", "DAG processor"),
            ("middle", "on_retry_callback", "worker"),
            ("middle", "on_retry_callback", "worker"),
            ("skipped", "on_skipped_callback", "worker"),
        ]
        errors = {
            (error["exc_type"], error["exc_value"])
            for event in evidence["logs"]
            for error in event["fields"].get("error_detail") or []
        }
        assert ("AirflowException", "at 10:30, no answer") in errors
        assert ("AirflowFailException", "for good") in errors
        assert any(event["event"].endswith("at try 1 date False") for event in evidence["logs"])
        (post,) = evidence["posts"]
        assert (post["task_id"], post["authorized"], post["status"]) == ("posts", True, 200)
        page = Page(Path("run.html").read_text(encoding="utf-8"))
        assert page.dangers() == []
        assert "A run, not graded" in page.text

    def test_what_happened_is_told_in_the_terminal(self, command: Invoke, dag: Path) -> None:
        said = command("run", dag, "--fail", "final=OSError:no disk", "--retries", "0")
        assert said.code == 0
        assert "The DAG ran; its run ended as failed." in said.err
        for words in (
            "final: raises OSError “no disk”.",
            "final (worker)  try 1 failed",
            "callback on_failure_callback[0] tell, returned",
            "told of final at try 1",
            "error Task failed with exception OSError: no disk",
            "Nothing under: Inbox, Slack",
        ):
            assert words in said.out, words

    @pytest.mark.parametrize(
        ("option", "words"),
        [
            (
                ("--fail", "finl=OSError"),
                "The DAG has no task `finl`. Did you mean `final`? Its tasks: `lost`, `middle`, `final`",
            ),
            (
                ("--fail", "final=requests.exceptions.NoSuch"),
                "exception requests.exceptions.NoSuch could not be raised: AttributeError",
            ),
            (("--fail", "final=os.path"), "os.path could not be raised: TypeError: it is no exception"),
            (("--fail", "final=no_such_library.Oops"), "No module named 'no_such_library'"),
        ],
    )
    def test_a_fault_that_cannot_be_is_no_run(
        self, command: Invoke, dag: Path, option: tuple[str, str], words: str
    ) -> None:
        said = command("run", dag, *option, "--retries", "0", "--json", "evidence.json")
        assert said.code == 2
        assert words in said.err
        assert said.out == ""
        assert not Path("evidence.json").exists()

    def test_a_fault_that_no_try_came_to_is_remarked(self, command: Invoke, dag: Path) -> None:
        said = command("run", dag, "--fail", "final=OSError@2-2", "--retries", "0")
        assert said.code == 0
        assert "final had one try, so nothing came of its fault at try 2." in said.err


class TestRegrade:
    def test_evidence_that_is_missing_is_no_grade_and_the_rest_is_shown(
        self, command: Invoke, work: Path
    ) -> None:
        assert command("check", "1", SOLUTION).code == 0
        (folder,) = (work / ".results" / SLUG).glob("2*")
        (folder / "evidence" / "works.json").unlink()
        said: Said = command("regrade", folder / "result.json", "--json", "-")
        assert said.code == 2
        result = said.json
        jsonschema.validate(result, schema.result_schema())
        assert (result["outcome"], result["score"]) == ("ungradable", None)
        outcomes = {check["id"]: check["outcome"] for check in result["checks"]}
        assert outcomes["success_line"] == outcomes["lines_say_where"] == "ungradable"
        assert outcomes["failure_line"] == outcomes["retry_line"] == "passed"
        assert "Run `check` again" in " ".join(said.err.split())

    @pytest.mark.parametrize("what", ["nowhere", ".", "dag.py"])
    def test_what_is_no_result(self, command: Invoke, what: str) -> None:
        Path("dag.py").write_text("{}", encoding="utf-8")
        assert command("regrade", what).code == 2
