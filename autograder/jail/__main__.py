"""``python -m autograder.jail LAYER ROOT DOOR…``: be a warm parent."""

from __future__ import annotations

import sys

# time_machine imports pytest where it finds it: weight in every child, and the grader's own tool.
sys.modules["pytest"] = None  # type: ignore[assignment]
from autograder.jail.parent import main  # noqa: E402

del sys.modules["pytest"]
main(sys.argv[1:])
