"""How the server and JupyterLab behave for a learner. Whoever runs the server may decide otherwise."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from traitlets import default
from traitlets.config import Config

from autograder.course import Course
from autograder.study import tiles

__all__ = ["OwnKernel", "defaults", "state_of"]

_HERE = Path(__file__).parent


class OwnKernel(KernelSpecManager):
    """Offers the Python that runs this server, and no kernel that somebody has registered elsewhere."""

    @default("kernel_dirs")
    def _no_kernel_dirs(self) -> list[str]:
        return []


def state_of(course: Course) -> Path:
    """What the server keeps between two starts: settings, layouts, the log."""
    return course.work / ".cache" / "study"


def _shell() -> str:
    return os.environ.get("SHELL") or shutil.which("bash") or "sh"


def defaults(course: Course) -> Config:
    config, state = Config(), state_of(course)
    config.ServerApp.root_dir = str(course.work)
    config.ServerApp.kernel_spec_manager_class = OwnKernel
    config.ServerApp.extra_template_paths = [str(_HERE / "jupyter")]
    # A login shell would begin with a path of its own, on which there is no `autograder`.
    config.ServerApp.terminado_settings = {"shell_command": [_shell()]}

    config.LabApp.app_settings_dir = str(_HERE / "lab")
    config.LabApp.user_settings_dir = str(state / "settings")
    config.LabApp.workspaces_dir = str(state / "workspaces")
    config.LabApp.labextensions_path = [str(Path(sys.prefix) / "share" / "jupyter" / "labextensions")]
    # Buttons of the course's pages open notebooks beside them through this.
    config.LabApp.expose_app_in_browser = True
    # Nothing asks another host for anything.
    config.LabApp.news_url = None
    config.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
    config.LabApp.extension_manager = "readonly"
    config.LabApp.lock_all_plugins = True

    config.ServerProxy.servers = tiles.servers()
    return config
