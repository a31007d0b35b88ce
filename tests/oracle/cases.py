"""What both loops are run on: a file of ``dags/`` and a scenario each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.faults import dies_by, exits, loses_machine, loses_worker, raises, skips, takes
from autograder.scenario import Scenario, marked, responds

__all__ = ["CASES", "DAGS", "Case"]

DAGS = Path(__file__).with_name("dags")
OWN_WORK = Scenario({}, others="run")


@dataclass(frozen=True)
class Case:
    """One DAG run.

    :param file: of ``dags/``, without its ending; empty: the case's own name.
    :param dag_id: which one it is, where the file has several.
    :param in_suite: whether it is among those that run with every test.
    """

    name: str
    scenario: Scenario = OWN_WORK
    file: str = ""
    dag_id: str | None = None
    in_suite: bool = False

    @property
    def entry(self) -> str:
        return f"{self.file or self.name}.py"


CASES = [
    Case("side_by_side"),
    Case("ends", in_suite=True),
    Case("others_count", Scenario({"fails": [raises(OSError), takes("2h")], "gives_up": skips()}), "ends"),
    Case("no_logical_date", Scenario({}, others="run", logical_date=None), "ends"),
    Case("a_run_that_is_marked", Scenario({}, others="run", marks=[marked("failed", at="90min")]), "ends"),
    Case("back_off"),
    Case("triggered"),
    Case("too_long"),
    Case("run_too_long", in_suite=True),
    Case("sensors", in_suite=True),
    Case("mapped"),
    Case(
        "deaths",
        Scenario(
            {
                "dies": dies_by("SIGKILL"),
                "exits": exits(3),
                "ends_without_a_word": [exits(0), takes("1h")],
                "loses_its_worker": [loses_worker(), raises(OSError)],
                "is_killed_softly": dies_by("SIGTERM"),
            }
        ),
        in_suite=True,
    ),
    Case(
        "machines",
        Scenario(
            {
                "dies": loses_machine(),
                "exits": [loses_machine(), takes("2h")],
                "loses_its_worker": takes("1h"),
            }
        ),
        "deaths",
        in_suite=True,
    ),
    Case("overtime", in_suite=True),
    Case("fail_fast"),
    Case("slow_callbacks"),
    Case("branches"),
    Case("rules"),
    Case("memory"),
    Case("many"),
    Case("pool", Scenario({}, others="run", pools={"one": 1, "two": 2})),
    Case(
        "people",
        Scenario(
            {},
            others="run",
            marks=[marked("failed", at="20min", task="slow"), marked("success", at="25min", task="other")],
            responses={
                "which": responds("right", after="10min"),
                "approve": responds("Approve", after="5min"),
            },
        ),
        in_suite=True,
    ),
    Case("deadlines", Scenario({}, others="run", history=[3000, 3600, 4200]), in_suite=True),
    Case("deadlines_of_a_run_that_fails", Scenario({"work": raises(OSError), "below": None}), "deadlines"),
    Case("deadlines_without_a_logical_date", Scenario({"work": None}, logical_date=None), "deadlines"),
    Case("waits", in_suite=True),
    Case("deferred", Scenario({}, others="run", marks=[marked("failed", at="2h", task="for_ever")])),
    Case(
        "nobody_waits_any_more",
        Scenario({}, others="run", marks=[marked("failed", at="30min", task="waited")]),
        "waits",
    ),
    Case("triggers", dag_id="triggers"),
    Case("sleeps"),
]
