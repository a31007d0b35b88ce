"""Airflow's own UI on demand, and the standing stand-ins whose inbox and Slack channel are pages.

What Jupyter's server does with it::

    from autograder.stack import proxy                     # an entry for jupyter-server-proxy: <base>airflow/
    from autograder.stack.standing import Standing         # stand-ins that live as long as the server
    from autograder.stack.pages import handlers            # tornado handlers of <base>inbox/ and <base>slack/

    standing = Standing(course.work)
    standing.start()                                       # when the server starts; a few milliseconds
    os.environ.update(standing.environment)                # so that kernels, terminals and Airflow find them
    web_app.add_handlers(".*$", handlers(base_url, course.work))
    …
    standing.stop()                                        # when the server ends

``proxy()`` starts ``python -m autograder.stack --stay`` at the first visit. It finds the course as all commands do
(``AUTOGRADER_COURSE``, ``AUTOGRADER_WORK``) and the stand-ins by ``AUTOGRADER_STAND_INS``, which is in
``standing.environment``; without one it has stand-ins of its own. ``AUTOGRADER_ORIGIN`` (``http://127.0.0.1:8888``)
says where a browser finds the server: links in mails and logs begin with it. Everything ends with the process that
started it, however that ends.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Any

from autograder.airflow33 import gate

__all__ = ["proxy"]

_ICONS = Path(__file__).with_name("templates")


def proxy() -> dict[str, Any]:
    """The entry ``airflow`` of jupyter-server-proxy. Its pages are shown through this entry only."""
    shown = secrets.token_urlsafe(24)
    return {
        "command": _command,
        "environment": {gate.VARIABLE: shown},
        "request_headers_override": {gate.HEADER: shown},
        "timeout": 30,
        "absolute_url": True,
        "new_browser_tab": False,
        # Its pages ask for news every few seconds, whether anybody looks or not.
        "update_last_activity": False,
        "launcher_entry": {
            "title": "Airflow",
            "icon_path": str(_ICONS / "airflow.svg"),
            "category": "Notebook",
        },
    }


def _command(port: int, base_url: str) -> list[str]:
    address = os.environ.get("AUTOGRADER_ORIGIN", "").rstrip("/") + base_url.rstrip("/") + "/airflow/"
    return [sys.executable, "-m", "autograder.stack", "--port", str(port), "--base-url", address, "--stay"]
