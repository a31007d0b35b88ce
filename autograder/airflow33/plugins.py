"""The plugins that an exercise supplies, in either side of a run: for deadline references of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from airflow import plugins_manager, settings

__all__ = ["use"]

_NONE = "/nonexistent"


def use(folder: Path | None) -> None:
    """Airflow finds its plugins in this folder from now on, and they can be imported; None: there are none."""
    before, settings.PLUGINS_FOLDER = settings.PLUGINS_FOLDER, str(folder or _NONE)
    if before == settings.PLUGINS_FOLDER:
        return
    if before in sys.path:
        sys.path.remove(before)
    sys.path.append(settings.PLUGINS_FOLDER)
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(f"{before}/"):
            del sys.modules[name]
    for found in vars(plugins_manager).values():
        if hasattr(found, "cache_clear"):
            found.cache_clear()
    if folder is not None:
        # As every component of Airflow has done for its listeners' sake when it comes to a DAG's file (listener.py:
        # ``integrate_listener_plugins``): what a plugin's import registers is there without being imported.
        plugins_manager.ensure_plugins_loaded()
