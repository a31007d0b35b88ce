"""The processes that run scenarios, as a command opens them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.cli.ending import Stop

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.control import Pool

__all__ = ["cache_of", "open_pool"]


def cache_of(work: Path) -> Path:
    """Where the migrated template of Airflow's database is kept between commands."""
    return work / ".cache"


def open_pool(work: Path, jobs: int, remarks: Console) -> Pool:
    """Begin to start the processes; the caller closes the pool.

    :raises Stop: when Airflow is not the tested one, or cannot make its database.
    """
    from importlib.metadata import PackageNotFoundError

    from autograder import airflow33
    from autograder.airflow33 import database
    from autograder.control import Pool

    try:
        airflow33.require_tested()
        if not database.template_path(cache_of(work)).exists():
            remarks.print("Making Airflow's database, once: this takes some seconds.", highlight=False)
        pool = Pool(jobs, cache=cache_of(work))
        try:
            pool.start()
        except BaseException:
            pool.close()
            raise
    except PackageNotFoundError:
        raise Stop("Airflow is not installed: run `make setup` in the course's folder.") from None
    except (airflow33.UntestedAirflow, RuntimeError) as error:
        raise Stop(str(error)) from error
    return pool


def default_jobs() -> int:
    """Two, or one on a machine with one core."""
    return min(2, os.cpu_count() or 1)
