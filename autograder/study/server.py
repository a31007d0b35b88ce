"""The server that ``autograder study`` starts: Jupyter Server, JupyterLab and the course, in one process."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import secrets
import shutil
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psutil  # type: ignore[import-untyped]
from jupyter_core.paths import jupyter_config_dir
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from simpervisor import atexitasync  # type: ignore[import-untyped]
from traitlets.config import Config

from autograder.course import Course
from autograder.stack.processes import outlasting
from autograder.study.handlers import EnterHandler
from autograder.study.running import Claim, Running
from autograder.study.settings import state_of

__all__ = ["Options", "end_tasks", "serve"]

_EXTENSIONS = ("autograder.study", "jupyter_server_proxy", "jupyter_server_terminals", "jupyterlab")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_KERNELS = {"InteractiveShellApp": {"extensions": ["autograder.jupyter.standby"]}}
_PATIENCE = 12.0
"""Seconds for what this server has started to end by itself; Airflow needs about six."""


@dataclass(frozen=True)
class Options:
    host: str = "127.0.0.1"
    port: int = 8888
    base_url: str = "/"


class _Server(ServerApp):
    """Ends at once when it is told to, without asking."""

    tidy: Callable[[], None]
    """What is to be done at the end, however that comes."""

    def init_signal(self) -> None:
        # The proxy's supervisor would replace these by handlers that leave without tidying up.
        atexitasync.signal_handler_set = True
        for number in _SIGNALS:
            # Ignored by nohup, or by a shell that put us into the background: so it stays.
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._end)

    def _end(self, number: int, frame: FrameType | None) -> None:
        if self._stopping:
            _end_children(patience=0)
            self.tidy()
            os._exit(0)
        self.stop(from_signal=True)


class _Tickets:
    """One at a time; a new one as soon as it is used."""

    def __init__(self, announce: Callable[[Running], None], url: str, token: str) -> None:
        self._announce, self._url, self._token = announce, url, token
        self._ticket = ""

    def issue(self) -> Running:
        self._ticket = secrets.token_urlsafe(24)
        running = Running(self._url, self._token, os.getpid(), self._ticket)
        self._announce(running)
        return running

    def use(self, ticket: str) -> bool:
        if not secrets.compare_digest(ticket, self._ticket):
            return False
        self.issue()
        return True


def serve(course: Course, options: Options, right: Claim, ready: Callable[[Running], None]) -> None:
    """Serve until a signal ends it; then nothing that it started is left.

    :param right: is told where the server is, each time that something of it changes, and when it ends.
    :param ready: is called when it listens.
    """
    configuration = _keep_to(state_of(course))

    def tidy() -> None:
        # Whoever asks from now on waits for the end, rather than being sent to what does not answer.
        right.withdraw()
        shutil.rmtree(configuration, ignore_errors=True)

    try:
        server = _Server.instance(config=_config(course, options))
        server.tidy = tidy
        server.no_browser_open_file = True
        server.initialize(argv=[], find_extensions=False)
        origin = f"http://{_shown(options.host)}:{server.port}"
        # Links in mails begin with it. In a container it may be another one, which whoever made it knows.
        os.environ.setdefault("AUTOGRADER_ORIGIN", origin)
        url, token = f"{origin}{server.base_url}", server.identity_provider.token
        tickets = _Tickets(right.announce, url, token)
        server.web_app.add_handlers(  # type: ignore[no-untyped-call]
            ".*$",
            [
                (
                    url_path_join(server.base_url, r"study/enter/([A-Za-z0-9_-]+)/(.*)"),
                    EnterHandler,
                    {"use": tickets.use},
                )
            ],
        )
        # Queued behind the server's own step that makes it listen.
        server.io_loop.add_callback(lambda: ready(tickets.issue()))
        server.start()
        end_tasks(server.io_loop.asyncio_loop)  # type: ignore[attr-defined]
    finally:
        tidy()
        _end_children(_PATIENCE)


def end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """End what still answers somebody, in a loop that has stopped.

    A thread in which anyio reads a file ends with the task that asked for it; else this process would wait for it
    for ever, when all is said and done.
    """

    async def end() -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=2)
        await asyncio.sleep(0)  # what waits for their end hears of it

    if not loop.is_closed():
        loop.run_until_complete(end())


def _config(course: Course, options: Options) -> Config:
    config = Config()
    config.ServerApp.jpserver_extensions = dict.fromkeys(_EXTENSIONS, True)
    config.ServerApp.reraise_server_extension_failures = True
    config.ServerApp.ip = options.host
    config.ServerApp.port = options.port
    config.ServerApp.base_url = options.base_url
    config.ServerApp.default_url = "/course/"
    config.ServerApp.root_dir = str(course.work)
    config.ServerApp.open_browser = False
    # In a container everything is root's. It listens on loopback and asks for the token as anywhere.
    config.ServerApp.allow_root = True
    config.IdentityProvider.token = os.environ.get("JUPYTER_TOKEN") or secrets.token_urlsafe(24)
    if forwarded := _codespace(os.environ):
        config.ServerApp.allow_origin_pat = forwarded
    return config


def _codespace(environment: Mapping[str, str]) -> str:
    """What a browser calls our origin in GitHub's Codespaces, which tell us the host ``localhost``; else nothing."""
    name, domain = (
        environment.get(key, "") for key in ("CODESPACE_NAME", "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN")
    )
    return rf"https://{re.escape(name)}-\d+\.{re.escape(domain)}$" if name and domain else ""


def _keep_to(state: Path) -> str:
    """Read and write nothing in the learner's home, nor what has been configured there for another Jupyter.

    Returns the empty folder, new each time, that Jupyter takes for its configuration.
    """
    for variable, name in (
        ("JUPYTER_CONFIG_DIR", "config"),
        ("JUPYTER_DATA_DIR", "data"),
        ("JUPYTER_RUNTIME_DIR", "runtime"),
        ("IPYTHONDIR", "ipython"),
    ):
        folder = state / name
        folder.mkdir(parents=True, exist_ok=True)
        os.environ[variable] = str(folder)
    profile = state / "ipython" / "profile_default"
    profile.mkdir(exist_ok=True)
    (profile / "ipython_kernel_config.json").write_text(json.dumps(_KERNELS), encoding="utf-8")
    os.environ["JUPYTER_NO_CONFIG"] = "1"
    return jupyter_config_dir()


def _shown(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host


def _end_children(patience: float) -> None:
    """End every process that came from this one. ``patience``: seconds until they are killed."""
    # A thread of asyncio's waits for some of them too, and warns when it comes too late to hear how one ended.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    ours = psutil.Process()
    everyone = ours.children(recursive=True)
    # Each ends its own children in its own way. A shell in a terminal ends for the second signal only.
    for child in ours.children() if patience else ():
        with suppress(psutil.NoSuchProcess):
            child.send_signal(signal.SIGTERM)
            child.send_signal(signal.SIGHUP)
    alive = outlasting(everyone, patience)
    for child in alive:
        with suppress(psutil.NoSuchProcess):
            child.kill()
    outlasting(alive, 1.0)
