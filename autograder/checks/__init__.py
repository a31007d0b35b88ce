"""What an exercise's ``checks.py`` imports: scenarios, faults, stand-ins, ``check`` and ``expect``."""

from __future__ import annotations

from autograder.checks.deadlines import DeadlineView
from autograder.checks.expectations import expect
from autograder.checks.reading import remark
from autograder.checks.spec import CheckSpec, check
from autograder.checks.structured import between, containing
from autograder.checks.views import FaultView, RunView, TaskView
from autograder.faults import (
    dies_by,
    exits,
    hangs,
    loses_machine,
    loses_worker,
    raises,
    skips,
    succeeds,
    takes,
)
from autograder.scenario import Behaviour, Scenario, answers, marked, never_answers, refuses, responds

__all__ = [
    "Behaviour",
    "CheckSpec",
    "DeadlineView",
    "FaultView",
    "RunView",
    "Scenario",
    "TaskView",
    "answers",
    "between",
    "check",
    "containing",
    "dies_by",
    "exits",
    "expect",
    "hangs",
    "loses_machine",
    "loses_worker",
    "marked",
    "never_answers",
    "raises",
    "refuses",
    "remark",
    "responds",
    "skips",
    "succeeds",
    "takes",
]
