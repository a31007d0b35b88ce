"""The hostile submissions: what each tries, and what must become of it, as its docstring says."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["ISOLATION", "Case", "load"]

ISOLATION = Path(__file__).with_name("isolation")
_RULE = "---"


@dataclass(frozen=True)
class Case:
    """One submission. Below a line of three dashes its docstring states, as TOML, whatever is not as here."""

    name: str
    path: Path
    sentence: str
    """What it tries."""
    quick: bool = False
    """Whether it belongs to the selection that ``make test`` runs."""
    ends: list[str] = field(default_factory=lambda: ["ran"])
    """The outcomes of its scenario that are right."""
    state: list[str] = field(default_factory=list)
    """The run's states that are right; empty: any."""
    exit_codes: list[int] = field(default_factory=list)
    """How its task's process must have ended; empty: any."""
    says: str = ""
    """A piece of what the record must say of it: a problem's title, or a breach."""
    mails: list[str] | None = None
    """Subjects that must have arrived, and no others; None: not looked at."""
    prints: list[str] = field(default_factory=list)
    """Pieces of log lines that must be there."""
    settings: list[str] = field(default_factory=list)
    """Where it must hold; empty: everywhere. Elsewhere the record names ``missing`` what is not there."""
    missing: str = ""
    limits: dict[str, Any] = field(default_factory=dict)
    fault: str = ""
    """``raises``: the task fails instead of doing its own work."""
    seconds: float = 30.0
    """Real seconds within which its scenario must be over."""

    def must_hold_in(self, setting: str) -> bool:
        return not self.settings or setting in self.settings


def load(path: Path) -> Case:
    """The case of this file.

    :raises ValueError: when its docstring is not as it must be.
    """
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    if not said:
        raise ValueError(f"{path.name}: say in a docstring what it tries")
    words, _, rest = said.partition(f"\n{_RULE}\n")
    try:
        return Case(path.stem, path, words.strip(), **tomllib.loads(rest))
    except (TypeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path.name}: {error}") from None
