"""``python -m autograder.study.building``: build the course's pages if need be, and print where they are."""

from __future__ import annotations

import signal
import sys
from types import FrameType

__all__ = ["main"]


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)

    from autograder import course as courses
    from autograder import site

    try:
        print(site.ensure(courses.find()))
    except (site.SiteError, courses.CourseError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or 'A file'} cannot be used: {error.strerror}.", file=sys.stderr)
        return 1
    return 0


def _leave(number: int, frame: FrameType | None) -> None:
    """The server ends: half a site must not stay in the folder for temporary things."""
    sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
