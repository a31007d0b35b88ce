"""What keeps the site from being built, as a sentence with its place."""

from __future__ import annotations

from pathlib import Path

__all__ = ["SiteError"]


class SiteError(Exception):
    """The site cannot be built. The text is a sentence, behind the file and line that it is about."""

    def __init__(self, sentence: str, file: Path | str | None = None, line: int | None = None) -> None:
        place = "" if file is None else f"{file}: " if line is None else f"{file}:{line}: "
        super().__init__(f"{place}{sentence}")
