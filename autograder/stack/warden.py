"""Run as a program by the supervisor: ends what a stack leaves behind, as soon as its standard input ends."""

from __future__ import annotations

import signal
import sys

from autograder.stack.processes import sweep

__all__ = ["main"]

PATIENCE = 4.0


def main() -> None:
    # Only the end of the supervisor ends us: what is sent to a whole group must not.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    sweep(sys.argv[1], PATIENCE)


if __name__ == "__main__":
    main()
