"""The program ``autograder``: so light that an interrupt while all else is imported ends in a sentence, too."""

from __future__ import annotations

import sys
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command that the process was started with."""
    try:
        from autograder import cli
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted: nothing was done. (exit code 130)\n")
        sys.exit(130)
    cli.main()


if __name__ == "__main__":
    main()
