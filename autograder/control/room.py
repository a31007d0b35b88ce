"""The folder of a run: as control sees it, and as the run's children do."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.control.parent import Door
from autograder.limits import Limits

__all__ = ["Room", "furnish", "with_margin"]


@dataclass(frozen=True)
class Room:
    """``dags`` and ``plugins`` are there to be read; ``work`` and ``tmp`` are the run's own to write."""

    outside: Path
    """Where control finds it. Not under its own name: it may be a file system that is mounted nowhere here."""
    dags: str
    plugins: str
    work: str
    tmp: str
    """Where the children find its parts."""
    user: int | None
    """Whose ``work`` and ``tmp`` are, unless ours."""
    descriptor: int | None = None
    bounded: bool = False
    """Whether it is a file system of its own."""

    @property
    def private(self) -> Path:
        return self.outside / "private"

    def bring(self, source: Path, name: str) -> None:
        """Copy a folder into this one: its folders and regular files, nothing that leads elsewhere."""
        _copy(source, self.outside / name)

    def close(self) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)


def with_margin(limit: int) -> int:
    """What the system allows: somewhat more, so that it is the limit which is reached, and named."""
    return limit * 5 // 4


def furnish(door: Door, limits: Limits, folder: Path) -> Room:
    """A new folder for a new run.

    :param folder: where it is made, when the jail makes none.
    :raises ParentGone: when the warm parent has ended.
    """
    descriptor = door.room(with_margin(limits.disk), with_margin(limits.files))
    if descriptor is not None:
        return Room(
            Path(f"/proc/self/fd/{descriptor}"),
            dags="/jail/dags",
            plugins="/jail/plugins",
            work="/jail/work",
            tmp="/tmp",
            user=door.user,
            descriptor=descriptor,
            bounded=True,
        )
    for name in ("dags", "plugins", "private", "private/work", "private/tmp"):
        (folder / name).mkdir()
        (folder / name).chmod(0o755)  # whatever our own umask
    if door.user is not None:
        for name in ("private/work", "private/tmp"):
            os.chown(folder / name, door.user, door.user)
    return Room(
        folder,
        dags=str(folder / "dags"),
        plugins=str(folder / "plugins"),
        work=str(folder / "private/work"),
        tmp=str(folder / "private/tmp"),
        user=door.user,
    )


def _copy(source: Path, target: Path) -> None:
    def others(folder: str, names: Iterable[str]) -> list[str]:
        modes = {name: os.lstat(os.path.join(folder, name)).st_mode for name in names}
        kept = (name for name, mode in modes.items() if stat.S_ISREG(mode) or stat.S_ISDIR(mode))
        return ["__pycache__", *(modes.keys() - set(kept))]

    shutil.copytree(source, target, ignore=others, copy_function=shutil.copyfile, dirs_exist_ok=True)
    # Whoever made these files may have kept them from others; here they are read by another user.
    for path, folders, files in os.walk(target):
        for name in (".", *folders):
            os.chmod(os.path.join(path, name), 0o755)
        for name in files:
            os.chmod(os.path.join(path, name), 0o644)
