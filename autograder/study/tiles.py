"""The tiles of JupyterLab's launcher: pages of this server that open in a tab of JupyterLab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_server_proxy.config import ServerProcess  # type: ignore[import-untyped]

from autograder import stack

__all__ = ["servers"]

_ICONS = Path(__file__).parent / "icons"
_CATEGORY = "Notebook"
"""The only section (but for "Console") whose tiles show the icon of a proxied server."""


class _Page(ServerProcess):  # type: ignore[misc]
    """A tile for a page that this server has anyhow: there is nothing to start and nothing to proxy."""

    def get_proxy_base_class(self) -> tuple[None, dict[str, Any]]:
        return None, {}


def servers() -> dict[str, ServerProcess]:
    """By the name of the tile, which is its address too."""
    airflow = stack.proxy()
    airflow["launcher_entry"] = {**airflow["launcher_entry"], "category": _CATEGORY}
    return {
        "course": _page("course", "Course"),
        "airflow": ServerProcess(name="airflow", **airflow),
        "inbox": _page("inbox", "Inbox"),
        "slack": _page("slack", "Slack"),
    }


def _page(name: str, title: str) -> _Page:
    return _Page(name=name, new_browser_tab=False, launcher_entry=_entry(name, title))


def _entry(name: str, title: str) -> dict[str, Any]:
    return {
        "enabled": True,
        "title": title,
        "icon_path": str(_ICONS / f"{name}.svg"),
        "path_info": f"{name}/",
        "category": _CATEGORY,
    }
