"""Many runs in one control process: none is different for what ran before it, and nothing grows."""

from __future__ import annotations

import os
from pathlib import Path

from autograder.control import Pool
from autograder.evidence import comparable
from autograder.faults import hangs, raises
from autograder.limits import Limits
from autograder.scenario import Scenario
from tests.control.conftest import Run
from tests.control.dags import ONE_TASK

RUDE = """
    import os, socket, subprocess
    from airflow.sdk import DAG, task
    def leaves(context):
        subprocess.Popen(["sleep", "1000"], stdin=-3, stdout=-3, stderr=-3, start_new_session=True)
        for number in range(50):
            open(os.path.join(os.environ["TMPDIR"], str(number)), "w").close()
        os.close(4)
        os._exit(9)
    with DAG("one"):
        @task(on_failure_callback=leaves)
        def work():
            socket.create_server(("127.0.0.1", 0)).accept()
        work()
"""


def below(pid: int) -> list[int]:
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]


def test_a_run_leaves_nothing_to_the_next(run: Run, pool: Pool) -> None:
    scenario = Scenario("work", raises(OSError, "disk {secret}"))
    earlier = {"seed": 20260302000001}
    first = comparable(run(ONE_TASK, scenario, **earlier))

    host, parent = pool.pids
    # The others below it hold next to nothing.
    control = max(below(host), key=lambda pid: len(os.listdir(f"/proc/{pid}/fd")))
    servers = below(parent)
    for _ in range(3):
        assert run(RUDE, scenario).state == "failed"
        assert run(ONE_TASK, Scenario("work", hangs())).outcome == "timeout"
    assert run(RUDE, Scenario("work", None), limits=Limits(wall=1)).outcome == "timeout"

    assert comparable(run(ONE_TASK, scenario, **earlier)) == first
    assert [below(server) for server in servers] == [[]] * len(servers)
    # Its own thread, that of the stand-ins, and the one that waits for the pool's end.
    assert len(os.listdir(f"/proc/{control}/task")) == 3
    assert len(os.listdir(f"/proc/{control}/fd")) < 60
