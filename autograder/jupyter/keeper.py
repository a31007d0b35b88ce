"""The grader that stays warm as long as the kernel lives."""

from __future__ import annotations

import atexit
import threading
from contextlib import suppress

from autograder.course import Course, CourseError
from autograder.session import Refused, Session

__all__ = ["Keeper"]


def _import_the_rest() -> None:
    """What the first check imports, while the processes start."""
    from autograder.checks import plugin  # noqa: F401
    from autograder.jupyter import cards  # noqa: F401


class Keeper:
    """One session for the course that the notebook is in. It ends with the kernel, whatever ends that."""

    def __init__(self) -> None:
        self._session: Session | None = None
        self._thread: threading.Thread | None = None
        atexit.register(self.close)

    def session(self, course: Course) -> Session:
        """The session for this course; another course's is closed."""
        if self._session is None or self._session.course != course:
            self.close()
            self._session = Session(course)
        return self._session

    def warm_up(self, course: Course) -> None:
        """Begin to start the processes, in the background. What hinders that is said by the first check."""
        session = self.session(course)

        def open_session() -> None:
            with suppress(Refused, CourseError, OSError):
                session.open()
                _import_the_rest()
            if self._session is not session:
                # Unloaded, or turned to another course, while they were being started.
                session.close()

        self._thread = threading.Thread(target=open_session, name="autograder-warm-up", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the processes."""
        session, self._session = self._session, None
        if session is not None:
            session.close()
