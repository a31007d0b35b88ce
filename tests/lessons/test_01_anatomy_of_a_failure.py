"""What lesson 01 says is so."""

from __future__ import annotations

from autograder.checks import expect, raises


def test_the_callback_of_the_first_dag_runs_once_after_the_last_try(play, recorded):
    for run in (recorded("disk-full"), play("first.py", {"load": raises(OSError, "disk full")})):
        expect(run.task("load").callbacks).one(after_try=2)
