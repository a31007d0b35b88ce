"""The jail's root: a file system that holds the interpreter and its libraries, read-only, and nothing else.

The warm parent enters it before it imports Airflow, so what is imported late is found at the same paths. Other
submissions, checks, solutions and homes are not hidden in it: they are not there.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator, Sequence

from autograder.jail import kernel

__all__ = ["HIDDEN", "HOME", "HOST", "ROOMS", "SETTINGS", "enter", "needed", "seal", "uncover"]

HOME = "/jail/home"
"""Airflow's home. Written to while Airflow is imported, and never again."""
ROOMS = "/jail/room"
"""Where the folder of a run is mounted."""
HIDDEN = ("/tmp", "/dev/shm")
"""Places of which every child has its own, so that what the jail needs from below them has to be shown again."""

HOST = "jail"
"""The name of the machine that learners' code sees."""

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SETTINGS = (
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/protocols",
    "/etc/services",
    "/etc/alternatives",
    # Not all of /etc/ssl and /etc/pki: the machine's private keys are there too.
    "/etc/ssl/certs",
    "/etc/ssl/cert.pem",
    "/etc/ssl/openssl.cnf",
    "/etc/ca-certificates",
    "/etc/crypto-policies",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/certs",
    "/etc/pki/tls/openssl.cnf",
)
"""What is read of the machine's settings, wherever a jail has to name it."""
_DEVICES = ("null", "zero", "full", "random", "urandom")
_LINKS = {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}
_TEXTS = {
    "hosts": f"127.0.0.1 localhost {HOST}\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "resolv.conf": "",
}
_ENVIRONMENT = ("bin", "lib", "lib64", "pyvenv.cfg")
_PLACES = (
    *("etc", "tmp", "proc", "dev/shm", "run"),
    *(f"jail/{name}" for name in ("home", "room", "dags", "plugins", "work")),
)
_AGAIN = "/jail/again"
_SIZE = "size=16m,nr_inodes=20000,mode=755"
_NOSUID, _REMOUNT, _RDONLY = 2, 32, 1


def needed() -> list[str]:
    """What is read of the real file system: the system's folders, Python, Airflow and our own packages.

    The course is not, also where it lies in one of these.
    """
    packages = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]
    project = os.path.dirname(packages[0])
    if (found := importlib.util.find_spec("coursekit")) and found.origin:
        packages.append(os.path.dirname(found.origin))
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    # The project's own folder is on the path too; only its packages are for the jail.
    whole = [path for path in sys.path if not any(each.startswith(path + "/") for each in packages)]
    wanted = [sys.prefix, sys.base_prefix, os.path.dirname(sys.executable), *whole, *packages, *libraries]
    there = [path for path in wanted if path and os.path.isabs(path) and os.path.exists(path)]
    return _chosen(there, [project] if os.path.isdir(f"{project}/exercises") else [])


def _chosen(wanted: Iterable[str], courses: Iterable[str]) -> list[str]:
    """The system's folders and what is wanted, each once, and nothing else that is in a course."""
    hidden = _both(courses)
    every = [*_SYSTEM]
    for path in _both(wanted):
        # An environment may have been made in the course's own folder.
        every += [f"{path}/{part}" for part in _ENVIRONMENT] if path in hidden else [path]
    chosen: list[str] = []
    for path in every:
        covered = any(
            _below(path, other) and not any(_below(path, each) and _below(each, other) for each in hidden)
            for other in chosen
        )
        if path != "/" and not covered:
            chosen.append(path)
    return [
        shown for path in chosen for shown in _beside(path, [each for each in hidden if _below(each, path)])
    ]


def _both(paths: Iterable[str]) -> list[str]:
    """As they are called, and where they are; those above before those below."""
    return sorted({each for path in paths for each in (os.path.normpath(path), os.path.realpath(path))})


def _below(path: str, other: str) -> bool:
    return f"{path}/".startswith(f"{other}/")


def _beside(path: str, hidden: Sequence[str]) -> Iterator[str]:
    """This path; or what is in it, where something in it is hidden."""
    if not hidden:
        yield path
        return
    for name in sorted(os.listdir(path)) if os.path.isdir(path) and not os.path.islink(path) else ():
        each = os.path.join(path, name)
        if any(_below(os.path.realpath(each), one) for one in hidden):
            continue
        yield from _beside(each, [one for one in hidden if _below(one, each)])


def enter(folder: str, paths: Iterable[str], users: Sequence[int]) -> None:
    """Build the root in a folder of ours, and make it this process's only one.

    :param paths: what is to be seen of the real file system, read-only, at the same places.
    :param users: the ids of those whom learners' code runs as, all of whom have the same name.
    :raises OSError: where the kernel refuses.
    """
    kernel.private_mounts()
    kernel.mount("tmpfs", folder, "tmpfs", _NOSUID, _SIZE)
    for path in paths:
        _show(path, folder + path)
        if path.startswith(tuple(f"{hidden}/" for hidden in HIDDEN)):
            _show(path, folder + _AGAIN + path)
    for path in SETTINGS:
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
    """Show again what the jail needs from below a place over which something has been mounted.

    Each folder there as a whole: nobody can rename or replace what is mounted, and could what lies above it.
    """
    shown = _AGAIN + hidden
    for name in os.listdir(shown) if os.path.isdir(shown) else ():
        if not os.path.islink(f"{shown}/{name}"):
            os.makedirs(f"{hidden}/{name}", exist_ok=True)
            kernel.bind(f"{shown}/{name}", f"{hidden}/{name}")


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
