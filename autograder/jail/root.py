"""The jail's root: a file system that holds the interpreter and its libraries, read-only, and nothing else.

The warm parent enters it before it imports Airflow, so what is imported late is found at the same paths. Other
submissions, checks, solutions and homes are not hidden in it: they are not there.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence

from autograder.jail import kernel

__all__ = ["HIDDEN", "HOME", "HOST", "ROOMS", "enter", "needed", "seal", "uncover"]

HOME = "/jail/home"
"""Airflow's home. Written to while Airflow is imported, and never again."""
ROOMS = "/jail/room"
"""Where the folder of a run is mounted."""
HIDDEN = ("/tmp", "/dev/shm")
"""Places of which every child has its own, so that what the jail needs from below them has to be shown again."""

HOST = "jail"
"""The name of the machine that learners' code sees."""

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = (
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/alternatives",
    "/etc/ssl",
    "/etc/pki",
)
_DEVICES = ("null", "zero", "full", "random", "urandom")
_LINKS = {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}
_TEXTS = {
    "hosts": f"127.0.0.1 localhost {HOST}\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "resolv.conf": "",
}
_PLACES = (
    *("etc", "tmp", "proc", "dev/shm", "run"),
    *(f"jail/{name}" for name in ("home", "room", "dags", "plugins", "work")),
)
_AGAIN = "/jail/again"
_SIZE = "size=16m,nr_inodes=20000,mode=755"
_NOSUID, _REMOUNT, _RDONLY = 2, 32, 1


def needed() -> list[str]:
    """What Python, Airflow and our own packages are read from, besides the system's folders."""
    packages = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]
    if (found := importlib.util.find_spec("coursekit")) and found.origin:
        packages.append(os.path.dirname(found.origin))
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    # The project's own folder is on the path too; only its packages are for the jail.
    whole = [path for path in sys.path if not any(each.startswith(path + "/") for each in packages)]
    wanted = [sys.prefix, sys.base_prefix, os.path.dirname(sys.executable), *whole, *packages, *libraries]
    return _outermost(path for path in wanted if path and os.path.isabs(path) and os.path.exists(path))


def _outermost(paths: Iterable[str]) -> list[str]:
    """Each once, and none that is below another or below the system's folders."""
    every = sorted({each for path in paths for each in (os.path.normpath(path), os.path.realpath(path))})
    kept: list[str] = []
    for path in every:
        if path != "/" and not any(f"{path}/".startswith(f"{other}/") for other in (*_SYSTEM, *kept)):
            kept.append(path)
    return kept


def enter(folder: str, paths: Iterable[str], users: Sequence[int]) -> None:
    """Build the root in a folder of ours, and make it this process's only one.

    :param paths: what is to be seen of the real file system, read-only, at the same places.
    :param users: the ids of those whom learners' code runs as, all of whom have the same name.
    :raises OSError: where the kernel refuses.
    """
    kernel.private_mounts()
    kernel.mount("tmpfs", folder, "tmpfs", _NOSUID, _SIZE)
    for path in _SYSTEM:
        _show(path, folder + path)
    for path in paths:
        _show(path, folder + path)
        if path.startswith(tuple(f"{hidden}/" for hidden in HIDDEN)):
            _show(path, folder + _AGAIN + path)
    for path in _SETTINGS:
        _show(os.path.realpath(path), folder + path)
    for place in _PLACES:
        os.makedirs(f"{folder}/{place}", exist_ok=True)
    names = {
        "passwd": "root:x:0:0:root:/:/usr/sbin/nologin\n"
        + "".join(f"learner:x:{user}:{user}:learner:/jail/work:/bin/sh\n" for user in users if user),
        "group": "root:x:0:\n" + "".join(f"learner:x:{user}:\n" for user in users if user),
    }
    for name, text in (_TEXTS | names).items():
        with open(f"{folder}/etc/{name}", "w") as file:
            file.write(text)
    for name in _DEVICES:
        _show(f"/dev/{name}", f"{folder}/dev/{name}", writable=True)
    for name, end in _LINKS.items():
        os.symlink(f"/proc/self/fd{end}", f"{folder}/dev/{name}")
    kernel.bind("/proc", f"{folder}/proc", writable=True)
    kernel.pivot_into(folder)


def seal() -> None:
    """From now on nothing at all can be written to the root, whoever is asking."""
    kernel.mount(None, "/", None, _REMOUNT | _RDONLY | _NOSUID)


def uncover(hidden: str) -> None:
    """Show again what the jail needs from below a place over which something has been mounted."""
    for path, folders, _ in os.walk(_AGAIN + hidden):
        if os.path.ismount(path):
            target = path.removeprefix(_AGAIN)
            os.makedirs(target, exist_ok=True)
            kernel.bind(path, target)
            folders.clear()


def _show(source: str, target: str, *, writable: bool = False) -> None:
    """A file, a folder or a link of the real file system, at a place below the new root."""
    if not os.path.lexists(source) or os.path.lexists(target):
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
        return
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        with open(target, "w"):
            pass
    kernel.bind(source, target, writable=writable)
