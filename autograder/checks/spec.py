"""A check as its teacher declares it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["CheckSpec", "check"]

_ANCHOR = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class CheckSpec:
    """One question asked of evidence, with its points. Its parameters name the scenarios it reads."""

    id: str
    part: str
    points: int
    title: str
    hints: tuple[str, ...]
    needs: tuple[str, ...]
    scenarios: tuple[str, ...]
    function: Callable[..., Any]
    line: int
    """Where it begins in ``checks.py``."""
    bonus: bool = False
    """Whether its part is a bonus part; the catalog fills it in."""
    section: str | None = None
    """The anchor in the exercise's lesson where what it asks is taught."""
    lesson: str | None = None
    """The slug of that lesson if its page is there; the catalog fills it in."""

    @property
    def docs(self) -> str | None:
        """Where it is taught, as a path in the course's site."""
        if self.lesson is None:
            return None
        return f"lessons/{self.lesson}/" + (f"#{self.section}" if self.section else "")


def check(
    *,
    part: str,
    points: int,
    hints: Sequence[str] = (),
    needs: CheckSpec | Sequence[CheckSpec] = (),
    section: str | None = None,
) -> Callable[[Callable[..., Any]], CheckSpec]:
    """Make a function a check. The first line of its docstring is what people read.

    :param section: the anchor in the exercise's lesson where what is asked is taught: ``when-nobody-calls-you``.
    :raises ValueError: when something that people or the grader rely on is missing, with what it is.
    """
    parents = (needs,) if isinstance(needs, CheckSpec) else tuple(needs)

    def declare(function: Callable[..., Any]) -> CheckSpec:
        name = function.__name__
        title = (inspect.getdoc(function) or "").split("\n", 1)[0].strip()
        if not title:
            raise ValueError(f"check `{name}` has no docstring; its first line is what people read")
        if isinstance(points, bool) or not isinstance(points, int) or points < 1:
            raise ValueError(f"check `{name}` has points={points!r}; points are whole numbers from 1")
        if isinstance(hints, str):
            raise ValueError(f"check `{name}` has one text as its hints; write a list: hints=[…]")
        if section is not None and not _ANCHOR.fullmatch(section):
            raise ValueError(
                f"check `{name}` has section={section!r}, which is no anchor: write it without `#`"
            )
        strangers = [parent for parent in parents if not isinstance(parent, CheckSpec)]
        if strangers:
            raise ValueError(f"check `{name}` needs {strangers[0]!r}, which is not a check")
        return CheckSpec(
            id=name,
            part=part,
            points=points,
            title=title,
            hints=tuple(hints),
            needs=tuple(parent.id for parent in parents),
            scenarios=tuple(inspect.signature(function).parameters),
            function=function,
            line=function.__code__.co_firstlineno,
            section=section,
        )

    return declare
