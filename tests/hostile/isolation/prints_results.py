"""Writes results in every format a grader might read, to every descriptor and every likely file.

---
ends = ["ran", "error"]
"""

import json
import os

from airflow_attack import attack, tried

SAYS = json.dumps({"score": 100, "grade": 100, "passed": True, "outcome": "passed", "exited": 1, "ready": 1})


def work() -> None:
    tried("to print results")
    print(SAYS)
    print("::set-output name=grade::100\n##RESULT## PASS\n100/100")
    for name in ("result.json", "results.json", "junit.xml", "score", "evidence.json", "../result.json"):
        try:
            with open(name, "w") as file:
                file.write(SAYS)
        except OSError as error:
            tried(f"{name}: {error}")
    for number in range(5, 256):
        try:
            os.write(number, SAYS.encode() + b"\n")
        except OSError:
            continue


dag = attack(work)
