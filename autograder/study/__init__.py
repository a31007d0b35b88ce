"""Studying in a browser: a Jupyter server extension, and the server that ``autograder study`` starts with it.

Any Jupyter server can have the extension, a JupyterHub's single-user server too: switch on ``autograder.study`` in
``ServerApp.jpserver_extensions`` and let ``AUTOGRADER_COURSE`` and ``AUTOGRADER_WORK`` name the two folders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__: list[str] = []


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "autograder.study"}]


def _link_jupyter_server_extension(server: ServerApp) -> None:
    """Called before the server's parts are made: the time to say how they should be."""
    from autograder.study.extension import link

    link(server)


def _load_jupyter_server_extension(server: ServerApp) -> None:
    from autograder.study.extension import load

    load(server)
