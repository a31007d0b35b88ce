"""The built site of a course, built again only when something of the course has changed."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from autograder.course import Course
from autograder.site.building import build

__all__ = ["ensure"]

_SOURCES = (
    "docs",
    "lessons",
    "exercises",
    "solutions",
    "mkdocs.yml",
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
)
_BUILDERS = ("mkdocs", "mkdocs-material", "pymdown-extensions", "Markdown", "Pygments")
_KEPT = 3
"""Sites kept, the newest: a server that was started before the last change still shows its own."""


def ensure(course: Course) -> Path:
    """The folder of the site as the course is now. Takes seconds when something has changed, else none.

    Two processes that ask at once build it once.

    :raises SiteError: when it cannot be built.
    :raises CourseError: when the folder for work cannot be written to.
    """
    digest = _digest(course.root)
    store = course.work / ".cache" / "site"
    site = store / digest
    if site.is_dir():
        return site
    course.require_work()
    store.mkdir(parents=True, exist_ok=True)
    with _alone(store):
        if not site.is_dir():
            _build(course, store, site)
    return site


def _build(course: Course, store: Path, site: Path) -> None:
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=store))
    try:
        build(course, part / "site")
        with contextlib.suppress(OSError):  # where locks do nothing, another process may have been faster
            (part / "site").rename(site)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    built = sorted((path for path in store.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for old in [path for path in built if path != site][: -(_KEPT - 1)]:
        shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def _alone(store: Path) -> Iterator[None]:
    """Wait until no other process builds here. A home directory on a network may know no locks: then go on."""
    with open(store / ".lock", "w") as file:
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _digest(root: Path) -> str:
    """A short hash of all that the site is made from: the course's files, this package, and who builds it."""
    found = hashlib.sha256("\0".join(map(_version, _BUILDERS)).encode())
    package = Path(__file__).resolve().parents[1]
    for top, names in ((root, _SOURCES), (package, (".",))):
        for name in names:
            for path in _files(top / name):
                content = path.read_bytes()
                found.update(f"{path.relative_to(top).as_posix()}\0{len(content)}\0".encode() + content)
    return found.hexdigest()[:16]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""  # whoever builds will say so


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = []
    for folder, below, names in os.walk(path):
        below[:] = sorted(name for name in below if name != "__pycache__" and not name.startswith("."))
        found += [Path(folder, name) for name in sorted(names) if not name.startswith(".")]
    return found
