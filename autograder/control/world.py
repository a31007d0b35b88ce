"""What a control process owns for as long as it lives: a database, stand-ins, and a door to the warm parent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from autograder.airflow33 import database
from autograder.airflow33.execution_api import direct_client
from autograder.airflow33.scheduling import install_clock
from autograder.control.parent import Door
from autograder.jail.doors import open_elsewhere, port_of
from autograder.services import StandIns

__all__ = ["World"]


class World:
    """One per control process; runs follow each other in it and leave nothing to the next.

    :param scratch: a private folder for the database and the runs' directories.
    """

    def __init__(self, door: Door, scratch: Path, template: Path) -> None:
        self.door, self.scratch = door, scratch
        # Where the jail has no root of its own, another user finds the way to the rooms, and to nothing else in here.
        private, self.rooms = scratch / "private", scratch / "rooms"
        """Where the folders of runs are made."""
        private.mkdir(mode=0o700)
        self.rooms.mkdir()
        for folder in (scratch, self.rooms):
            folder.chmod(0o711)
        self._file = private / "canary"
        self._file.write_text("Nobody in the jail reads this.\n")
        self._listener = open_elsewhere()
        self._template, self._database = template, private / "airflow.db"
        database.use(self._database)
        install_clock()
        self.stand_ins = StandIns()
        self.stand_ins.start()
        self.client, self._transport = direct_client()

    def canary(self, submission: Path) -> dict[str, Any]:
        """What the self-test of a child is to try to reach (``autograder.jail.selftest.Canary``).

        :param submission: where the learner's files were taken from.
        """
        files = [str(self._file), str(self._file.parent), str(submission)]
        return {"files": files, "port": port_of(self._listener), "pid": os.getpid()}

    def reset(self) -> None:
        """A database as nobody has used it."""
        database.replace(self._database, self._template)
        self._transport.forget_dags()

    def close(self) -> None:
        self.stand_ins.stop()
        self._listener.close()
