"""The grader that stays warm as long as the kernel lives."""

from __future__ import annotations

import atexit
import threading
from contextlib import suppress
from importlib.metadata import PackageNotFoundError

from autograder.course import Course, CourseError
from autograder.session import Refused, Session, cache_of

__all__ = ["Keeper"]


IDLE = 20 * 60.0
"""Seconds after which the processes of a notebook that nobody uses are ended: they hold half a gigabyte."""


class Keeper:
    """One session for the course that the notebook is in. It ends with the kernel, whatever ends that.

    :param idle: seconds after which its processes are ended; the next check starts them again.
    """

    def __init__(self, idle: float = IDLE) -> None:
        self._session: Session | None = None
        self._idle = idle
        self._timer: threading.Timer | None = None
        self._ending = threading.Lock()
        atexit.register(self.close)

    def session(self, course: Course) -> Session:
        """The session for this course; another course's is closed. It does not rest until it is warmed up again."""
        self._stay()
        if self._session is None or self._session.course != course:
            self.close()
            self._session = Session(course)
        return self._session

    def warm_up(self, course: Course) -> None:
        """Begin to start the processes without waiting for them. What hinders that is said by the first check."""
        session = self.session(course)
        if _has_database(course):
            self._open(session)
            _import_the_rest()
        else:
            # Only this takes long. Imports come first: two threads that import at once get into each other's way.
            _import_the_rest()
            threading.Thread(
                target=self._open, args=(session,), name="autograder-warm-up", daemon=True
            ).start()
        self._timer = threading.Timer(self._idle, self._rest, (session,))
        self._timer.daemon = True
        self._timer.start()

    def close(self) -> None:
        """End the processes."""
        self._stay()
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _stay(self) -> None:
        with self._ending:  # whoever has begun to end the processes ends them first
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _rest(self, session: Session) -> None:
        with self._ending:
            if self._timer is threading.current_thread():
                session.close()

    def _open(self, session: Session) -> None:
        with suppress(Refused, CourseError, OSError):
            session.open()
        if self._session is not session:
            # Unloaded, or turned to another course, while they were being started.
            session.close()


def _has_database(course: Course) -> bool:
    from autograder.airflow33 import database

    try:
        return database.template_path(cache_of(course.work)).exists()
    except PackageNotFoundError:
        return True  # there is no Airflow either, which is known at once


def _import_the_rest() -> None:
    """What the first check imports."""
    from autograder import control  # noqa: F401
    from autograder.checks import plugin  # noqa: F401
    from autograder.jupyter import cards  # noqa: F401
