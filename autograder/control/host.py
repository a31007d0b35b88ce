"""The program of the trusted side: imports Airflow's scheduler once, then forks a control process for each door.

Each control process reads jobs, one JSON line each, and answers one line when a scenario's evidence is stored.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
import threading
import traceback
from pathlib import Path

from autograder.control.job import Done, Job
from autograder.control.parent import Door, LayerRefused
from autograder.control.scratch import remove
from autograder.evidence import Problem, store

__all__ = ["READY", "main"]

_UNUSED = ("aiohttp", "pytest", "rfc3987_syntax", "trio")
"""What others import when it is there, and this program never uses: a fifth of a second."""
READY = b"ready"
"""What a control process says when it can run scenarios."""


def main(arguments: list[str]) -> None:
    """``TEMPLATE SCRATCH LINE… DOOR…``: serve jobs on each line, through the door of the same rank.

    Both are descriptor numbers: a line leads to the pool, a door to the warm parent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    template, scratch = Path(arguments[0]), Path(arguments[1])
    sockets = [socket.socket(fileno=int(number)) for number in arguments[2:]]
    lines, doors = sockets[: len(sockets) // 2], sockets[len(sockets) // 2 :]

    # Imports leave little garbage and much to look through again and again.
    gc.disable()
    for name in _UNUSED:
        sys.modules[name] = None  # type: ignore[assignment]
    from autograder import airflow33

    airflow33.require_tested()
    from autograder.control import run  # noqa: F401  (imported once, here, for all that are forked)

    gc.freeze()
    gc.enable()
    workers = []
    for number, (line, door) in enumerate(zip(lines, doors, strict=True)):
        pid = os.fork()
        if pid == 0:
            for other in sockets:
                if other not in (line, door):
                    other.close()
            _serve(line, Door(door), scratch / f"control-{number}", template)
            os._exit(0)
        workers.append(pid)
    for each in sockets:
        each.close()
    for pid in workers:
        os.waitpid(pid, 0)


def _end_with(line: socket.socket) -> None:
    """End as soon as the pool has, whatever runs here: whoever killed it has nobody left who would stop us."""
    watch = select.poll()
    watch.register(line, 0)  # a hang-up is told unasked
    watch.poll()
    os._exit(0)


def _serve(line: socket.socket, door: Door, scratch: Path, template: Path) -> None:
    from autograder.control.run import execute as run_scenario
    from autograder.control.world import World

    scratch.mkdir()
    threading.Thread(target=_end_with, args=(line,), daemon=True).start()
    world = None
    with line.makefile("rw", encoding="utf-8") as conversation:
        try:
            world = World(door, scratch, template)
            door.wait_ready()
            conversation.write(READY.decode() + "\n")
            conversation.flush()
            for text in conversation:
                job = Job.model_validate_json(text)
                path = store(run_scenario(job, world), Path(job.destination))
                done = Done(name=job.name, destination=job.destination, path=str(path), doubt=door.doubt)
                conversation.write(done.model_dump_json() + "\n")
                conversation.flush()
        except BrokenPipeError:
            pass
        except LayerRefused as error:
            conversation.write(Done(name="", refused=str(error)).model_dump_json() + "\n")
        except BaseException:
            # This process is not to be trusted any more; the pool starts another one for the same scenario.
            problem = Problem(title="The control process failed.", full_traceback=traceback.format_exc())
            try:
                conversation.write(Done(name="", problem=problem).model_dump_json() + "\n")
                conversation.flush()
            except OSError:
                pass
        finally:
            if world is not None:
                world.close()
            remove(scratch)
