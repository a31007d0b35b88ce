"""Airflow's own four components, as a person who studies runs them: commands and settings. Imports no Airflow."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

from autograder.airflow33 import environ
from autograder.evidence import Component

__all__ = [
    "API_SERVER",
    "BUNDLE",
    "COMPONENTS",
    "NAMES",
    "READY",
    "SCHEDULER",
    "commands",
    "health_path",
    "settings",
]

API_SERVER, SCHEDULER, DAG_PROCESSOR, TRIGGERER = "api-server", "scheduler", "dag-processor", "triggerer"
NAMES = (API_SERVER, SCHEDULER, DAG_PROCESSOR, TRIGGERER)

COMPONENTS: dict[str, Component] = {
    API_SERVER: "executor",
    SCHEDULER: "worker",
    DAG_PROCESSOR: "DAG processor",
    TRIGGERER: "triggerer",
}
"""Whose code of a learner's runs below which process: the local executor's workers are the scheduler's children."""

BUNDLE = "work"

READY = "AUTOGRADER_READY"
"""The environment variable by which the api-server learns where to say that it is about to serve."""

PARALLELISM = 3
"""Tasks at a time. The local executor starts as many processes at once, each of which costs memory."""

REFRESH_SECONDS = 5
"""How long a saved file may wait before it is looked at."""

health_path = "api/v2/monitor/health"
"""Below the base address; answers with the health of every component, to anybody."""


def commands(listening: int) -> dict[str, list[str]]:
    """Component → command.

    :param listening: the file descriptor of a listening socket, which the api-server inherits. It is Airflow's
        application in the server that `airflow api-server` uses, which itself cannot be given a socket. It writes
        to the file descriptor named by ``READY`` when it is about to serve.
    """
    python = [sys.executable, "-m"]
    server = (
        "--lifespan on --no-access-log --log-level warning --timeout-graceful-shutdown 1 --no-proxy-headers"
    )
    return {
        API_SERVER: [
            *python,
            "uvicorn",
            "autograder.airflow33.serving:app",
            "--fd",
            str(listening),
            *server.split(),
        ],
        # Both would serve their logs on all interfaces; on one machine the files are enough.
        SCHEDULER: [*python, "airflow", "scheduler", "--skip-serve-logs"],
        DAG_PROCESSOR: [*python, "airflow", "dag-processor"],
        TRIGGERER: [*python, "airflow", "triggerer", "--skip-serve-logs"],
    }


def settings(
    home: Path, database: Path, dags: Path, address: str, port: int, keys: dict[str, str]
) -> dict[str, str]:
    """The environment of every component.

    :param dags: the folder in which DAG files are looked for.
    :param address: where a browser finds Airflow; ends with a slash, and may have a path.
    :param port: where it listens on loopback, for the tasks.
    :param keys: ``fernet``, ``jwt`` and ``session``; the first must stay the same as long as the database lives.
    """
    bundle = {
        "name": BUNDLE,
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": {"path": str(dags), "refresh_interval": REFRESH_SECONDS},
    }
    return environ.clean(home) | {
        "AIRFLOW_CONFIG": str(home / "airflow.cfg"),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__SECRET_KEY": keys["session"],
        # Its page is the only one that loads scripts from another host.
        "AIRFLOW__API__ENABLE_SWAGGER_UI": "False",
        "AIRFLOW__API__INSTANCE_NAME": "When Tasks Fail",
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt"],
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}{urlsplit(address).path}execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__FERNET_KEY": keys["fernet"],
        # Airflow's own choice asks the name service, which may take seconds where there is no network.
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
        "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": str(REFRESH_SECONDS),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([bundle]),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": str(REFRESH_SECONDS),
        "AIRFLOW__DATABASE__CHECK_MIGRATIONS": "False",
        # With Airflow's own limit of fifteen connections some open pages on a busy machine are enough for the
        # api-server to wait for itself: requests that hold a connection need another one to end.
        "AIRFLOW__DATABASE__SQL_ALCHEMY_MAX_OVERFLOW": "-1",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{database}",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        # Every few seconds some lines of what is always the same, for as long as it runs.
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "http.access=WARNING airflow.dag_processing.manager=WARNING",
        # A task whose process was ended together with Airflow is to be seen as failed soon after the next start.
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        # Five seconds are not enough for a small machine on which a lesson, a notebook and all this run together.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",
        # A process title longer than the command would be written over the environment, by which we know our own.
        "SPT_NOENV": "1",
    }
