"""``python -m autograder.stack``: Airflow's own UI over the learner's DAGs, until it is told to end."""

from __future__ import annotations

import os
import socket
import sys
from urllib.parse import urlsplit

import click

from autograder import airflow33
from autograder import course as courses
from autograder.airflow33 import components, gate
from autograder.stack.door import HOST, Door, listen
from autograder.stack.home import AlreadyRunning, Home
from autograder.stack.standing import Standing, environments
from autograder.stack.status import Board
from autograder.stack.supervisor import Plan, Supervisor

__all__ = ["main"]

_CANNOT = (courses.CourseError, airflow33.UntestedAirflow, AlreadyRunning, RuntimeError, OSError)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--port", default=8080, show_default=True, help="Where it listens, on 127.0.0.1 only; 0: a free one."
)
@click.option(
    "--base-url",
    default="/",
    show_default=True,
    metavar="PATH|URL",
    help="Where a browser finds it: a path, if there is a proxy before it, or the whole address.",
)
@click.option("--stay", is_flag=True, help="When it cannot run, say so at its address rather than end.")
def main(port: int, base_url: str, stay: bool) -> None:
    """Run Airflow's api-server, scheduler, dag-processor and triggerer over work/, with connections to stand-ins."""
    try:
        listening = listen(port)
    except OSError as error:
        raise click.ClickException(
            f"Port {port} of {HOST} cannot be used: {os.strerror(error.errno or 0)}. Try --port 0."
        ) from None
    port = listening.getsockname()[1]
    address = base_url if urlsplit(base_url).scheme else f"http://{HOST}:{port}/{base_url.lstrip('/')}"
    address = address.rstrip("/") + "/"
    board = Board()
    door = Door(listening, board, urlsplit(address).path)
    while True:
        try:
            sys.exit(_run(listening, address, board, door, stay))
        except _CANNOT as stop:
            if not stay:
                raise click.ClickException(str(stop)) from None
            _say(str(stop))
            board.post(phase="failed", problem=str(stop), lines=())
            door.open()
            _wait(board)


def _run(listening: socket.socket, address: str, board: Board, door: Door, stay: bool) -> int:
    """One supervisor, from the preparations to its end."""
    airflow33.require_tested()
    course = courses.find()
    course.require_work()
    home = Home(course)
    home.acquire(address)
    standing: Standing | None = None
    try:
        _say(f"Airflow is starting at {address}")
        board.post(phase="starting", problem="", components={"database": "being made ready"})
        door.open()
        keys = home.prepare()
        addresses = environments()
        if addresses is None:
            standing = Standing(course.work)
            standing.start()
            addresses = standing.environments
        port = listening.getsockname()[1]
        common = (
            components.settings(home.folder, home.database, home.dags, address, port, keys) | home.modules
        )
        own = {name: common | addresses[components.COMPONENTS[name]] for name in components.NAMES}
        # Of no use to a task, which this one runs none of.
        own[components.API_SERVER][gate.VARIABLE] = os.environ.get(gate.VARIABLE, "")
        plan = Plan(
            commands=components.commands(listening.fileno()),
            environments=own,
            logs=home.logs,
            mark=str(home.folder),
            port=port,
            health=urlsplit(address).path + components.health_path,
            server=components.API_SERVER,
            listening=listening.fileno(),
            # Its workers may have tasks of an earlier life to run, for which they need the api-server at once.
            later=frozenset((components.SCHEDULER,)),
        )
        return Supervisor(plan, board, door, stay, _say).run()
    finally:
        if standing is not None:
            standing.stop()
        home.release()


def _wait(board: Board) -> None:
    """Until somebody at the page wants another start; whoever started us may have gone meanwhile."""
    parent = os.getppid()
    while not board.again.wait(0.5):
        if os.getppid() != parent:
            sys.exit(0)
    board.again.clear()


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)


if __name__ == "__main__":
    main(prog_name="python -m autograder.stack")
