"""Replaces what a grader in the same process would use: pytest, assertions, json, time, import itself.

---
state = ["success"]
"""

import builtins
import json
import sys
import time
import types
import unittest

from airflow_attack import attack, tried

fake = types.ModuleType("pytest")
fake.main = lambda *_, **__: 0
sys.modules["pytest"] = sys.modules["_pytest"] = sys.modules["autograder.checks"] = fake


def work() -> None:
    unittest.TestCase.assertEqual = lambda *_, **__: None
    builtins.AssertionError = type("Passed", (Exception,), {})
    time.time = time.monotonic = lambda: 0.0
    json.loads = lambda *_, **__: {"score": 100, "outcome": "passed"}
    tried("to replace the machinery")


dag = attack(work)
