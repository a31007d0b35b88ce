"""Verdicts come as soon as they can, from the right side's fault, and pytest's surroundings do not matter."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from autograder.checks import CheckSpec, check, expect, raises, remark
from autograder.checks.plugin import ask
from autograder.checks.verdict import Board, Verdict
from autograder.evidence import Evidence, Problem
from autograder.scenario import Scenario
from tests.checks.made import Recorder

FAULT = raises(OSError, "{secret}")
SCENARIOS = {"one": Scenario("tell", FAULT), "two": Scenario("tell", FAULT, retries=1)}


@check(part="1", points=2, hints=["x"])
def mailed(one: Any) -> None:
    """A mail arrives."""
    expect(one.task("tell").mails).one()


@check(part="1", points=1, hints=["x"], needs=mailed)
def posted(one: Any) -> None:
    """A Slack message arrives."""
    expect(one.task("tell").slack).one()


@check(part="1", points=1, hints=["x"])
def both(one: Any, two: Any) -> None:
    """Both runs tell."""
    expect(one.task("tell").callbacks).one()
    expect(two.task("tell").callbacks).none()


@check(part="1", points=1, hints=["x"])
def broken(two: Any) -> None:
    """A check with a mistake."""
    print("not for the learner's screen")
    two.task("tell").no_such_thing.one()


@check(part="1", points=1, hints=["x"], needs=broken)
def after_broken(one: Any) -> None:
    """It needs the check with a mistake."""
    remark("This form is outdated.")


ALL = [mailed, posted, both, broken, after_broken]


def evidence(name: str, *, mail: bool = True, **fields: Any) -> Evidence:
    record = Recorder(name, fields.pop("scenario", SCENARIOS[name])).attempt("tell").callback()
    if mail:
        record.mail()
    return record.evidence(**fields)


def judge(arrivals: dict[str, Evidence | Problem], specs: list[CheckSpec] = ALL) -> dict[str, Verdict]:
    board = Board(specs, SCENARIOS)

    def arrive() -> Iterator[None]:
        for name, arrival in arrivals.items():
            if isinstance(arrival, Problem):
                board.lack(name, arrival)
            else:
                board.put(arrival)
            yield

    ask(board, arrive())
    return board.verdicts


def outcomes(verdicts: dict[str, Verdict]) -> dict[str, str]:
    return {name: verdict.outcome for name, verdict in verdicts.items()}


def test_outcomes(capsys: pytest.CaptureFixture[str]) -> None:
    verdicts = judge({"one": evidence("one"), "two": evidence("two")})
    assert outcomes(verdicts) == {
        "mailed": "passed",
        "posted": "failed",
        "both": "failed",
        "broken": "ungradable",
        "after_broken": "ungradable",
    }
    assert capsys.readouterr() == ("", "")
    passed = verdicts["mailed"].result()
    assert (passed.points, passed.max_points, passed.strength) == (2, 2, "fact")
    assert [line.kind for line in passed.evidence] == ["mail"]
    assert verdicts["both"].result().strength == "claim"
    assert "AttributeError" in verdicts["broken"].message
    assert "two.task" in verdicts["broken"].observed
    assert "posted" not in verdicts["posted"].message


def test_what_needs_a_failed_check_is_skipped() -> None:
    verdicts = judge({"one": evidence("one", mail=False)}, [mailed, posted])
    assert outcomes(verdicts) == {"mailed": "failed", "posted": "skipped"}
    assert verdicts["posted"].message == "Skipped, because this comes first: A mail arrives (`mailed`)."


def test_a_remark_is_shown_although_the_check_passes() -> None:
    free = CheckSpec(**{**vars(after_broken), "needs": ()})
    verdicts = judge({"one": evidence("one")}, [free])
    assert verdicts["after_broken"].result().message == "This form is outdated."
    assert verdicts["after_broken"].result().strength is None


@pytest.mark.parametrize(
    ("arrival", "said"),
    [
        (None, "there is no evidence of it. Run `check` again."),
        (Problem(title="The control process died twice."), "The control process died twice."),
        (evidence("one", outcome="stuck"), "its outcome is stuck."),
        (evidence("one", outcome="unsupported", problem=Problem(title="No assets yet.")), "No assets yet."),
        (
            evidence("one", scenario=Scenario("tell", FAULT, retries=3)),
            "it has changed since this evidence was stored. Run `check` again.",
        ),
    ],
)
def test_our_fault_is_ungradable(arrival: Evidence | Problem | None, said: str) -> None:
    verdicts = judge({"one": arrival} if arrival else {}, [mailed, posted])
    assert outcomes(verdicts) == {"mailed": "ungradable", "posted": "ungradable"}
    assert verdicts["mailed"].message == f"Scenario `one` cannot be used: {said}"


@pytest.mark.parametrize("outcome", ["error", "timeout"])
def test_what_cannot_be_run_fails_no_check_but_has_its_own_outcome(outcome: str) -> None:
    problem = Problem(title="NameError: x", detail="dag.py:3", file="dag.py", line=3, advice="Define it.")
    ran_on = evidence("one", outcome=outcome, problem=problem)
    verdicts = judge({"one": ran_on, "two": evidence("two")}, [mailed, posted, both, broken])
    assert outcomes(verdicts) == {
        "mailed": outcome,
        "posted": outcome,
        "both": outcome,
        "broken": "ungradable",
    }
    assert verdicts["mailed"].message == "NameError: x"
    assert verdicts["mailed"].where == "dag.py:3"
    assert verdicts["mailed"].result().points == 0


def test_what_cannot_even_be_imported_settles_every_check() -> None:
    imported = Recorder("one", SCENARIOS["one"]).evidence("error", problem=Problem(title="There is no DAG."))
    assert set(outcomes(judge({"one": imported})).values()) == {"error"}


def test_each_check_is_asked_as_soon_as_it_can_be() -> None:
    board = Board([both, mailed, posted], SCENARIOS)
    told: list[tuple[str, int]] = []
    arrived: list[str] = []

    def arrive() -> Iterator[None]:
        for name in ("one", "two"):
            arrived.append(name)
            board.put(evidence(name))
            yield

    ask(board, arrive(), lambda verdict: told.append((verdict.spec.id, len(arrived))))
    assert told == [("mailed", 1), ("posted", 1), ("both", 2)]


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit, OSError])
def test_what_the_arrivals_raise_comes_out(raised: type[BaseException]) -> None:
    def arrive() -> Iterator[None]:
        yield
        raise raised

    with pytest.raises(raised):
        ask(Board([mailed], SCENARIOS), arrive())


def test_surroundings_do_not_matter(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise SystemExit('loaded')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option-either")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    before = sorted(os.listdir(tmp_path))
    assert judge({"one": evidence("one")}, [mailed])["mailed"].outcome == "passed"
    assert os.environ["PYTEST_ADDOPTS"] == "--no-such-option-either"
    assert sorted(os.listdir(tmp_path)) == before


def test_asking_again_in_the_same_process_is_quick() -> None:
    arrivals: dict[str, Evidence | Problem] = {"one": evidence("one"), "two": evidence("two")}
    specs = [CheckSpec(**{**vars(mailed), "id": f"mailed_{number}"}) for number in range(50)]
    best = 1.0
    for _ in range(5):
        began = time.perf_counter()
        assert len(judge(arrivals, specs)) == 50
        best = min(best, time.perf_counter() - began)
    # Twelve milliseconds on the machine where this was written; another one may be busy.
    assert best < 0.15
