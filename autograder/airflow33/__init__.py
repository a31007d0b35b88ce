"""Everything that knows a private part of Airflow 3.3. An upgrade of Airflow may change this folder and no other.

``control`` imports the modules of the trusted side (``database``, ``execution_api``, ``scheduling``,
``supervision``), ``jail`` those of the other (``worker``). Importing this package imports no Airflow.
"""

from __future__ import annotations

from importlib import metadata

__all__ = ["TESTED", "UntestedAirflow", "require_tested", "version"]

TESTED = "3.3"


class UntestedAirflow(Exception):
    """The installed Airflow is of a minor version that this grader was not tested with."""


def version() -> str:
    """The installed version of Airflow, read without importing it."""
    return metadata.version("apache-airflow-core")


def require_tested() -> None:
    """Refuse an untested minor version by name.

    :raises UntestedAirflow: with what is installed, what is needed, and how to get it.
    """
    found = version()
    if ".".join(found.split(".")[:2]) != TESTED:
        raise UntestedAirflow(
            f"Airflow {found} is installed; this grader is tested with {TESTED}. "
            "`make try` installs the locked version."
        )
