"""Checks do not believe a callback call that cannot have been, nor that anything came in it."""

from __future__ import annotations

from autograder.checks import expect, raises
from autograder.checks.believed import believed
from autograder.checks.views import RunView
from autograder.scenario import Scenario
from tests.checks.made import Recorder
from tests.checks.test_expectations import failure

FAILS = Scenario("notify", raises(OSError, "disk full"))


def made(kind: str) -> Recorder:
    told = Recorder("fails", FAILS).attempt("notify", state="failed").callback(kind)
    call = told.parts["calls"].pop()
    told.parts["calls"].append(call.model_copy(update={"phase": "after"}))
    return told.mail().log("task_failed")


def test_what_facts_do_not_refute_stays_as_it_is() -> None:
    evidence = made("on_failure_callback").evidence()
    assert believed(evidence) is evidence
    task = RunView(evidence).task("notify")
    assert (len(task.callbacks), len(task.logs.in_callbacks())) == (1, 1)


def test_a_call_that_does_not_fit_the_outcome_was_none() -> None:
    evidence = made("on_success_callback").evidence()
    task = RunView(evidence).task("notify")
    assert len(task.callbacks) == 0
    assert len(task.logs.in_callbacks()) == 0
    assert len(task.logs) == 1
    mail = task.mails.only()
    assert mail.call is None
    assert evidence.mails[0].call is not None, "what is stored is as it was"


def test_who_says_early_that_he_has_returned_is_held_to_the_end_of_his_process() -> None:
    for ended, beyond in ((12.0, 0.5), (37.0, 25.5)):
        told = Recorder("fails", FAILS).attempt("notify").callback()
        life = told.parts["executions"].pop()
        told.parts["executions"].append(life.model_copy(update={"barrier": 11.0, "ended": ended}))
        calls = RunView(told.evidence()).task("notify").callbacks
        if beyond < 5:
            expect(calls).each_within(5)
        else:
            failed = failure(lambda calls=calls: expect(calls).each_within(5))
            assert failed.message == (
                "Your callbacks say that they had returned, but their process went on for 25.5 seconds."
            )
