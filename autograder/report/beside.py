"""What a report says beside its result or its run, where it is shown in a course."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.predictions import Compared

__all__ = ["Beside"]


@dataclass(frozen=True)
class Beside:
    """Nothing, unless it is said."""

    site: str = ""
    """The address of the course's site, ending with a slash; empty where there is none."""
    in_lab: bool = False
    """Whether the site can be opened as a tab of JupyterLab."""
    saved_as: str = ""
    """The file that a cell was saved as, line for line; empty when nothing was saved."""
    notes: tuple[str, ...] = ()
    """Sentences about what was done with the learner's file."""
    predicted: tuple[Compared, ...] = ()
    """What was predicted, beside what happened."""
    predicted_at: str = ""
    """When, as people say it."""
