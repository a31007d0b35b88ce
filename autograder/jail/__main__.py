"""``python -m autograder.jail DOOR…``: be a warm parent."""

from __future__ import annotations

import sys

from autograder.jail.parent import main

main(sys.argv[1:])
