"""``python -m autograder.control TEMPLATE SCRATCH DOOR…``: be a host of control processes."""

from __future__ import annotations

import sys

from autograder.control.host import main

main(sys.argv[1:])
