"""Poisons modules and builtins in its process; its second try must know nothing of it.

---
state = ["success"]
"""

import builtins
import gc
import json
import os
import sys
import types

from airflow.sdk import DAG, get_current_context, task
from airflow_attack import broken, tried

MARK = "hostile_plant"

with DAG("hostile") as dag:

    @task(retries=1, retry_delay=1)
    def work() -> None:
        for each in (builtins, json, os, sys, types):
            if hasattr(each, MARK):
                broken(f"{each.__name__} is as the try before left it")
            setattr(each, MARK, True)
        if MARK in sys.modules or MARK in os.environ:
            broken("a module or a variable of the try before")
        sys.modules[MARK] = types.ModuleType(MARK)
        os.environ[MARK] = "1"
        tried("to poison the interpreter")
        if get_current_context()["ti"].try_number == 1:
            gc.freeze()
            raise OSError("once more")

    work()
