"""Run as a program: Jupyter's server with the stack's parts and nothing else of ours.

Arguments: the course's root, the work folder, the base URL. Prints the port, and serves with the token ``secret``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from jupyter_server.serverapp import ServerApp
from traitlets.config import Config

from autograder.stack import proxy
from autograder.stack.pages import handlers
from autograder.stack.standing import Standing

__all__ = ["TOKEN"]

TOKEN = "secret"


def main() -> None:
    root, work, base_url = sys.argv[1:]
    os.environ |= {"AUTOGRADER_COURSE": root, "AUTOGRADER_WORK": work}
    config = Config()
    config.ServerApp.update(
        allow_root=True,
        base_url=base_url,
        ip="127.0.0.1",
        jpserver_extensions={"jupyter_server_proxy": True},
        open_browser=False,
        port=0,
        root_dir=work,
    )
    config.IdentityProvider.token = TOKEN
    config.ServerProxy.servers = {"airflow": proxy()}
    standing = Standing(Path(work))
    standing.start()
    os.environ.update(standing.environment)
    server = ServerApp.instance(config=config)
    server.initialize(argv=[], find_extensions=False)
    server.web_app.add_handlers(".*$", handlers(server.base_url, Path(work)))
    os.environ["AUTOGRADER_ORIGIN"] = f"http://127.0.0.1:{server.port}"
    server.io_loop.add_callback(lambda: print(server.port, flush=True))
    server.start()


if __name__ == "__main__":
    main()
