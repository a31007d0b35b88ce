"""Processes below a task: their ends are waited for in virtual time, and a shell's ``sleep`` follows our clock."""

from __future__ import annotations

import functools
import inspect
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from autograder.jail.channels import VirtualSelector
from autograder.jail.virtual import REAL, clock

__all__ = ["install"]

_BIN = Path(__file__).parent / "bin"
_PORT = "AUTOGRADER_CLOCK"
_USUAL = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where a shell looks that has no ``PATH``."""


def install() -> None:
    """Replace what starts processes and waits for them. Real until there is a clock."""
    popen: Any = subprocess.Popen
    popen.__init__ = _started(popen.__init__)
    popen._wait = _waited(popen._wait)
    vars(subprocess)["_PopenSelector"] = VirtualSelector
    vars(subprocess)["_time"] = lambda: time.monotonic()
    os.system = _system


def _started(original: Any) -> Any:
    signature = inspect.signature(original)

    @functools.wraps(original)
    def init(*args: Any, **kwargs: Any) -> Any:
        ours = clock()
        if ours is not None:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError:
                return original(*args, **kwargs)  # which says why
            env = bound.arguments.get("env")
            env = dict(os.environ if env is None else env)
            env |= {"PATH": f"{_BIN}:{env.get('PATH', _USUAL)}", _PORT: str(ours.company.port())}
            bound.arguments["env"] = env
            args, kwargs = bound.args, bound.kwargs
        return original(*args, **kwargs)

    return init


def _waited(original: Any) -> Any:
    @functools.wraps(original)
    def wait(self: Any, timeout: float | None) -> Any:
        ours = clock()
        if ours is None or self.returncode is not None or (timeout is not None and timeout <= 0):
            return original(self, timeout)

        def ended() -> bool:
            try:
                return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
            except ChildProcessError:
                return True  # somebody else has waited for it

        def attempt(seconds: float) -> bool:
            if seconds and not ended():
                REAL.sleep(seconds)
            return ended()

        if ours.company.polled(attempt, ended, ours.after(timeout)):
            return original(self, None)
        raise subprocess.TimeoutExpired(self.args, timeout or 0)

    return wait


def _system(command: Any) -> int:
    """As ``os.system``, through what we have replaced."""
    code = subprocess.call(os.fsdecode(command), shell=True)
    return code << 8 if code >= 0 else -code
