"""``python -m tests.fidelity.stack FOLDER``: Airflow's four components over ``FOLDER/work``, until it is told to end.

The first line on stdout is the port; the next says that everybody is healthy, or why not.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from autograder.airflow33 import components
from autograder.course import Course
from autograder.stack.door import HOST, Door, listen
from autograder.stack.home import Home
from autograder.stack.standing import Standing
from autograder.stack.status import Board
from autograder.stack.supervisor import Plan, Supervisor

__all__ = ["main"]

ROOT = Path(__file__).parents[2]

SETTINGS = {
    "AIRFLOW__CORE__PARALLELISM": "8",
    # Runs are those that we ask for.
    "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
    # Everything that Airflow waits for, as short as it takes to tell one thing from another.
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "AIRFLOW__SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL": "3",
}


def main(folder: Path) -> int:
    home = Home(Course(ROOT, folder / "work"))
    home.acquire("tests")
    keys = home.prepare()
    config = home.folder / "config"
    config.mkdir()
    for name in ("policy.py", "fidelity_faults.py"):
        source = folder / name
        (config / ("airflow_local_settings.py" if name == "policy.py" else name)).write_text(
            source.read_text()
        )
    standing = Standing(home.dags)
    standing.start()
    listening = listen(0)
    port = listening.getsockname()[1]
    address = f"http://{HOST}:{port}/"
    common = components.settings(home.folder, home.database, home.dags, address, port, keys) | SETTINGS
    common["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(folder / "plugins")
    common["PYTHONPATH"] = f"{folder / 'lib'}:{ROOT}"
    board = Board()
    plan = Plan(
        commands=components.commands(listening.fileno()),
        environments={
            name: common | standing.environments[components.COMPONENTS[name]] for name in components.NAMES
        },
        logs=home.logs,
        mark=str(home.folder),
        port=port,
        health=f"/{components.health_path}",
        server=components.API_SERVER,
        listening=listening.fileno(),
        later=frozenset((components.SCHEDULER,)),
    )
    _say({"port": port, "database": str(home.database)})
    try:
        return Supervisor(
            plan, board, Door(listening, board, "/"), False, lambda said: _say({"said": said})
        ).run()
    finally:
        standing.stop()
        home.release()


def _say(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
