"""Processes that are thrown away, to do in them what cannot be undone: filters, namespaces, other users."""

from __future__ import annotations

import encodings.idna  # noqa: F401  (what a fork would import late it does not find in another root)
import errno
import json
import os
import subprocess
import tempfile
import traceback
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from autograder.jail import kernel, layers, root
from autograder.jail.cells import Maker

__all__ = [
    "NAMESPACES",
    "SOMEBODY",
    "become",
    "ended_by",
    "in_root",
    "inside",
    "lacking",
    "somebody",
    "with_maker",
    "wrong",
]


def somebody() -> int:
    """Another user, whom nobody is: no session takes them as long as these tests run, and no other worker's tests."""
    return layers.user_of_its_own(layers.Layer("C", ()), 0) or 61998


SOMEBODY = somebody()
"""A user whom nobody is but these tests' processes; where we are not root, nobody becomes them."""
NAMESPACES = "A" if os.geteuid() == 0 else "B"
"""The layer with namespaces that whoever runs the tests may have."""


def inside(work: Callable[[], Any], *, user: int | None = None) -> Any:
    """What this returns in a fork, by way of JSON; whatever it raises fails the test, with its own traceback.

    :param user: whom to become first, where we are root.
    """
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            if user is not None:
                become(user)
            said = json.dumps({"value": work()})
        except BaseException:
            said = json.dumps({"error": traceback.format_exc()})
        with open(write, "w") as out:
            out.write(said)
        os._exit(0)
    os.close(write)
    with open(read) as answer:
        text = answer.read()
    _, status = os.waitpid(pid, 0)
    assert text, f"the fork ended with {os.waitstatus_to_exitcode(status)}"
    heard = json.loads(text)
    assert "error" not in heard, heard["error"]
    return heard["value"]


def ended_by(work: Callable[[], object]) -> int:
    """How a fork ended that did this: its exit code, 0 when nothing happened, or minus a signal."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def become(user: int) -> None:
    """Somebody else, where we may; else we are an ordinary user already."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        kernel.dumpable(True)  # as a program is that this user has executed


def wrong(work: Callable[[], object]) -> str | None:
    """The name of the error with which this is refused; None: it is not."""
    try:
        work()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return None


@cache
def lacking() -> str | None:
    """Why there are no namespaces here, asked of another program than ours."""
    users = [] if NAMESPACES == "A" else ["--user", "--map-root-user"]
    try:
        command = ["unshare", *users, "--mount", "--pid", "--net", "--fork", "true"]
        made = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        made = False
    whose = "root" if NAMESPACES == "A" else "users"
    return None if made else f"layer {NAMESPACES} needs a machine that lets {whose} make namespaces"


def in_root(paths: Iterable[str], work: Callable[[], Any], *, ordinary: bool = False) -> Any:
    """What this returns in a fork whose root is a jail's.

    :param ordinary: as an ordinary user would have it, in a user namespace.
    """
    folder = tempfile.mkdtemp(prefix="root-")
    os.chmod(folder, 0o777)

    def enter() -> Any:
        if ordinary or os.geteuid() != 0:
            kernel.new_user(0)
        kernel.unshare(kernel.MNT)
        root.enter(folder, ["/usr", "/bin", "/lib", "/lib64", *paths], [SOMEBODY])
        return work()

    try:
        return inside(enter, user=SOMEBODY if ordinary else None)
    finally:
        os.rmdir(folder)


def with_maker(work: Callable[[Maker], Any], paths: Iterable[str] = ()) -> Any:
    """What this returns in a fork that has a helper which makes cells for it."""

    def make() -> Any:
        maker = Maker(SOMEBODY if os.geteuid() == 0 and NAMESPACES == "A" else 0)
        root.seal()
        return work(maker)

    return in_root(paths, make)
