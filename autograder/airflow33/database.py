"""The metadata database of one run: a private SQLite file, copied from a migrated template."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from autograder.airflow33 import environ, version

__all__ = ["replace", "template", "template_path", "use"]


def template_path(cache: Path) -> Path:
    """Where the migrated template of the installed Airflow is kept."""
    return cache / f"airflow-{version()}-template.db"


def template(cache: Path) -> Path:
    """The migrated template; made now (some seconds) if it is not there yet.

    :raises RuntimeError: when Airflow cannot migrate a new database, with what it said.
    """
    path = template_path(cache)
    if path.exists():
        return path
    cache.mkdir(parents=True, exist_ok=True)
    building = cache / f".template-{os.getpid()}"
    building.mkdir(exist_ok=True)
    try:
        database = building / "airflow.db"
        done = subprocess.run(
            [sys.executable, "-m", "autograder.airflow33._migrate"],
            env=environ.for_control(building, database),
            capture_output=True,
            text=True,
            check=False,
        )
        # SQLite says nothing when it ends and cannot fold its log into the file, which is then broken.
        unfolded = database.with_name(f"{database.name}-wal").exists()
        if done.returncode or unfolded:
            full = unfolded or "disk is full" in done.stderr
            why = f" in {cache}: the disk is full. Make room there." if full else f":\n{done.stderr.strip()}"
            raise RuntimeError(f"Airflow could not make its database{why}")
        database.replace(path)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return path


def use(database: Path) -> None:
    """Point this process's ORM at this file. Call once, after the fork that made the process."""
    from airflow import settings
    from sqlalchemy import event

    os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{database}"
    settings.dispose_orm(do_log=False)
    settings.configure_vars()  # type: ignore[no-untyped-call]
    settings.configure_orm()  # type: ignore[no-untyped-call]

    # A crash loses the run anyway; waiting for the disk would be paid at every statement.
    @event.listens_for(settings.engine, "connect")
    def _fast(connection, _record):  # type: ignore[no-untyped-def]
        connection.execute("PRAGMA synchronous=OFF")


def replace(database: Path, template: Path) -> None:
    """Start from the template again: nothing of the run before is left."""
    from airflow import settings

    if settings.Session is not None:
        settings.Session.remove()
    if settings.engine is not None:
        settings.engine.dispose()
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(template, database)
