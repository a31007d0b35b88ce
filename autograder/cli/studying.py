"""``autograder study``: the course in a browser."""

from __future__ import annotations

import errno
import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from autograder import course as courses
from autograder.cli.ending import Stop
from autograder.cli.options import WholeNumber

if TYPE_CHECKING:
    from autograder.course import Course
    from autograder.study.running import Claim, Running
    from autograder.study.server import Options

__all__ = ["command"]


@click.command("study")
@click.option(
    "--port", type=WholeNumber(1, 65535), default=8888, show_default=True, help="The next free one if taken."
)
@click.option("--no-browser", is_flag=True, help="Open no tab; print the address only.")
@click.option("--base-url", default="/", show_default=True, metavar="/PATH/", help="Serve below this path.")
@click.option("--open", "path", default="course/", show_default=True, metavar="PATH", help="Open this first.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen here; for containers only.")
@click.option("--log", is_flag=True, help="Show the server's log here instead of keeping it in a file.")
def command(port: int, no_browser: bool, base_url: str, path: str, host: str, log: bool) -> int:
    """Open the course in your browser: lessons, notebooks, and Airflow's own pages.

    Ctrl-C stops it, and everything that was started from it.
    """
    for module in ("jupyterlab", "jupyter_server_proxy", "mkdocs"):
        if find_spec(module) is None:
            raise Stop(f"Studying in a browser needs {module}, which is not installed: `make study` gets it.")
    from autograder.study.running import Running, claim
    from autograder.study.server import Options
    from autograder.study.settings import state_of

    course = courses.find()
    course.require_work()
    state = state_of(course)
    if not re.fullmatch(r"[\w.~@%+/-]*", base_url, re.ASCII):
        raise click.BadParameter("it is a path, such as /user/learner/.", param_hint="--base-url")
    options = Options(host, port, f"/{base_url.strip('/')}/".replace("//", "/"))
    show = _Show(course, path.lstrip("/"), browse=not no_browser)
    try:
        with claim(state) as right:
            if isinstance(right, Running):
                show("The course is open already:", right, "Stop it where it was started.")
                return 0
            # Ctrl-C may come before there is a server that answers it.
            with suppress(KeyboardInterrupt):
                _serve(course, options, right, show, None if log else state / "server.log")
    except TimeoutError:
        raise Stop(
            f"Another server holds {state / 'lock'}, but does not say where it is. It may run in a container, or on "
            "another machine that shares this folder: stop it there, then run this again."
        ) from None
    with suppress(OSError):  # the terminal may be gone, which is what ended us
        click.echo("Stopped. Your work and your results are kept.")
    return 0


class _Show:
    """Says where the course is, and opens it."""

    def __init__(self, course: Course, path: str, *, browse: bool) -> None:
        self._course, self._path, self._browse = course, path, browse

    def __call__(self, first: str, running: Running, last: str) -> None:
        from autograder.study import browser

        address = running.address(self._path)
        if self._browse and browser.can_open():
            browser.open_tab(running.entry(self._path))
        click.echo(
            f"{first}\n\n    {address}\n\nYour work is in {self._course.shown(self._course.work)}. {last}"
        )


def _serve(course: Course, options: Options, right: Claim, show: _Show, log: Path | None) -> None:
    from autograder.study.server import serve

    def ready(running: Running) -> None:
        if (port := urlsplit(running.url).port) != options.port:
            click.echo(f"Port {options.port} is taken; this is port {port}.")
        show("The course is open:", running, "Ctrl-C here stops everything.")

    click.echo("Starting …")
    try:
        with _output_to(log):
            serve(course, options, right, ready)
    except SystemExit as error:
        # Jupyter's way to say that it cannot go on.
        raise Stop(
            f"The server ended by itself ({error.code}). Its log says why: {log or 'see above'}."
        ) from None
    except OSError as error:
        if not isinstance(error, socket.gaierror) and error.errno != errno.EADDRNOTAVAIL:
            raise
        raise Stop(
            f"{options.host} is no address of this machine; leave --host out to listen on loopback."
        ) from None


@contextmanager
def _output_to(log: Path | None) -> Iterator[None]:
    """Let all that this process and its children say go to a file; what we print ourselves is still seen."""
    if log is None:
        yield
        return
    sys.stdout.flush()
    printed, kept = sys.stdout, [os.dup(number) for number in (1, 2)]
    # Ctrl-C may come at any moment, and what is said of it goes to the terminal.
    try:
        with log.open("w") as file, os.fdopen(os.dup(kept[0]), "w", buffering=1) as terminal:
            for number in (1, 2):
                os.dup2(file.fileno(), number)
            sys.stdout = terminal
            yield
    finally:
        sys.stdout = printed
        for number, descriptor in zip((1, 2), kept, strict=True):
            os.dup2(descriptor, number)
            os.close(descriptor)
