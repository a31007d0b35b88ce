"""The environment in which each side of a run imports Airflow. Plain settings; imports nothing of Airflow."""

from __future__ import annotations

import json
import os
from pathlib import Path

__all__ = ["BASE_URL", "BUNDLE", "bundle_setting", "clean", "for_control", "for_jail"]

BASE_URL = "http://localhost:8080"
"""Where ``ti.log_url`` points: Airflow's default address. Nothing listens there during a check."""

BUNDLE = "submission"

_COMMON = {
    "AIRFLOW__API__BASE_URL": BASE_URL,
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__CORE__LAZY_LOAD_PLUGINS": "True",
    "AIRFLOW__CORE__PLUGINS_FOLDER": "/nonexistent",
    "AIRFLOW__CORE__DAGS_FOLDER": "/nonexistent",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
    "AIRFLOW__METRICS__STATSD_ON": "False",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "TZ": "UTC",
}


def clean(home: Path) -> dict[str, str]:
    """The parent's environment without Airflow's, Python's and the project's own variables."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "PYTHON", "AUTOGRADER", "COURSEKIT", "VIRTUAL_ENV"))
    }
    return kept | _COMMON | {"AIRFLOW_HOME": str(home)}


def for_control(home: Path, database: Path) -> dict[str, str]:
    """The trusted side: it has the database and never looks at a file of the learner's."""
    return clean(home) | {
        # Airflow will not run for a user without a name, and in a container users are often numbers only.
        "LOGNAME": "airflow",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{database}",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__FERNET_KEY": "",
        "AIRFLOW__API_AUTH__JWT_SECRET": "not-a-secret-nothing-listens-here",
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
        # Airflow makes objects of its own classes from what a task defers with; what a deadline needs has to do.
        "AIRFLOW__CORE__ALLOWED_DESERIALIZATION_CLASSES": (
            "airflow.sdk.definitions.callback.* airflow.sdk.definitions.deadline.*"
        ),
        "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": bundle_setting(Path("/nonexistent")),
    }


def for_jail(home: Path) -> dict[str, str]:
    """The untrusted side: nothing in it is secret, and it keeps only what a program needs to start."""
    kept = ("PATH", "LANG", "LC_ALL", "HOME", "LD_LIBRARY_PATH", "SSL_CERT_FILE")
    base = {name: os.environ[name] for name in kept if name in os.environ}
    return (
        base
        | _COMMON
        | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__FERNET_KEY": "",
            # NumPy's libraries start a thread for every core, and keep them: helpers of nobody's.
            **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
            # Airflow's 30 seconds, but an import that computes for ever costs them in real time.
            "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "10",
            # Airflow keeps the last two frames of an error, in which the line of the learner may not be.
            "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH": "100",
        }
    )


def bundle_setting(folder: Path) -> str:
    """``[dag_processor] dag_bundle_config_list`` with one bundle, the learner's folder."""
    bundle = {
        "name": BUNDLE,
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": {"path": str(folder), "refresh_interval": 0},
    }
    return json.dumps([bundle])
