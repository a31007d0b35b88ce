"""``python -m autograder.study.building``: build the course's pages if need be, and print where they are."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> int:
    from autograder import course as courses
    from autograder import site

    try:
        print(site.ensure(courses.find()))
    except (site.SiteError, courses.CourseError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
