"""Airflow's home below the learner's work: database, keys, logs, and the lock that lets one stack use them."""

from __future__ import annotations

import base64
import errno
import fcntl
import json
import os
import secrets
import shutil
from contextlib import suppress

from autograder import airflow33, catalog
from autograder.airflow33 import database
from autograder.course import Course

__all__ = ["AlreadyRunning", "Home"]

IGNORE_HEAD = (
    "# Where Airflow looks for no DAGs. Written anew at each start; without this line it stays yours."
)
IGNORED = (".*", "__pycache__/", "*.ipynb")


class AlreadyRunning(Exception):
    """Another stack uses this home. The text is a sentence that says which, and what to do."""


class Home:
    """``work/.cache/airflow``. Nothing is written elsewhere, but for ``work/.airflowignore``."""

    def __init__(self, course: Course) -> None:
        self._root = course.root
        self.dags = course.work
        self.cache = course.work / ".cache"
        self.folder = self.cache / "airflow"
        self.logs = self.folder / "components"
        # The name carries the version: the database of another one is left as it is.
        self.database = self.folder / f"airflow-{airflow33.version()}.db"
        self._lock = self.folder / "lock"
        self._held: int | None = None

    def acquire(self, address: str) -> None:
        """Take this home for as long as this process lives.

        :param address: what a second start is told of us.
        :raises AlreadyRunning: when another process has it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        held = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            said = os.pread(held, 1000, 0).decode("utf-8", "replace")
            os.close(held)
            pid, _, where = said.partition(" ")
            raise AlreadyRunning(
                f"Airflow already runs for {self.dags}, at {where or 'an unknown address'} (process {pid or '?'}). "
                "Use that one, or stop it first: one database takes one scheduler."
            ) from None
        except OSError as error:
            # A home on a network may know no locks: then nobody can tell of another stack.
            if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP):
                os.close(held)
                raise
        os.ftruncate(held, 0)
        os.pwrite(held, f"{os.getpid()} {address}".encode(), 0)
        self._held = held

    @property
    def modules(self) -> dict[str, str]:
        """``PYTHONPATH``: the folders in which an exercise hands in a module beside its DAG file.

        The triggerer looks into no DAG folder, so what its callbacks are in must be importable in another way.
        """
        with suppress(catalog.CatalogError):
            folders = [str(self.dags / one.slug) for one in catalog.load(self._root) if len(one.files) > 1]
            return {"PYTHONPATH": os.pathsep.join(folders)} if folders else {}
        return {}  # what must be mended keeps nobody from Airflow

    def release(self) -> None:
        if self._held is not None:
            os.ftruncate(self._held, 0)
            os.close(self._held)
            self._held = None

    def prepare(self) -> dict[str, str]:
        """Make what Airflow needs before it starts, and give the keys for ``components.settings``.

        :raises RuntimeError: when Airflow cannot make its database, with what it said.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        if not self.database.exists():
            building = self.database.with_suffix(".part")
            shutil.copyfile(database.template(self.cache), building)
            building.replace(self.database)
        config = self.folder / "airflow.cfg"
        if not config.exists():
            # Without one Airflow writes its own, with keys of its own, from four processes at once.
            config.write_text("# All settings come from the environment.\n", encoding="utf-8")
        self._ignore()
        return self._keys()

    def _keys(self) -> dict[str, str]:
        path = self.folder / "keys.json"
        with suppress(OSError, ValueError):
            keys = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(keys, dict) and {"fernet", "jwt", "session"} <= keys.keys():
                return {str(name): str(key) for name, key in keys.items()}
        made = {
            "fernet": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "jwt": secrets.token_urlsafe(48),
            "session": secrets.token_urlsafe(32),
        }
        part = path.with_suffix(".part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(made, file)
        part.replace(path)
        return made

    def _ignore(self) -> None:
        path = self.dags / ".airflowignore"
        text = "\n".join((IGNORE_HEAD, *IGNORED, ""))
        old = path.read_text(encoding="utf-8") if path.exists() else IGNORE_HEAD
        if old.startswith(IGNORE_HEAD) and old != text:
            path.write_text(text, encoding="utf-8")
