"""What a control process owns for as long as it lives: a database, stand-ins, and a door to the warm parent."""

from __future__ import annotations

from pathlib import Path

from autograder.airflow33 import database
from autograder.airflow33.execution_api import direct_client
from autograder.airflow33.scheduling import install_clock
from autograder.control.parent import Door
from autograder.services import StandIns

__all__ = ["World"]


class World:
    """One per control process; runs follow each other in it and leave nothing to the next.

    :param scratch: a private folder for the database and the runs' directories.
    """

    def __init__(self, door: Door, scratch: Path, template: Path) -> None:
        self.door, self.scratch = door, scratch
        self._template, self._database = template, scratch / "airflow.db"
        database.use(self._database)
        install_clock()
        self.stand_ins = StandIns()
        self.stand_ins.start()
        self.client, self._transport = direct_client()

    def reset(self) -> None:
        """A database as nobody has used it."""
        database.replace(self._database, self._template)
        self._transport.forget_dags()

    def close(self) -> None:
        self.stand_ins.stop()
