"""What the tests of lessons ask of a lab's cells and of snippets."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

__all__ = ["changed", "lab", "plain", "without_magic"]


def lab(lesson: Any) -> list[str]:
    """The code cells of a lesson's lab."""
    cells = json.loads((lesson.folder / "lab.ipynb").read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def without_magic(cell: str) -> str:
    return cell.partition("\n")[2]


def plain(text: str) -> str:
    """A file without its docstring and the marks of its sections."""
    text = re.sub(r'\A""".*?"""\n+(?:from __future__ import annotations\n+)?', "", text, flags=re.S)
    text = "\n".join(line for line in text.split("\n") if "--8<--" not in line)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


def changed(text: str, folder: Path, old: str, new: str) -> Path:
    """A snippet as the lab or the page asks to change it."""
    assert old in text
    file = folder / "changed.py"
    file.write_text(text.replace(old, new))
    return file
