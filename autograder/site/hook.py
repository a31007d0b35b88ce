"""For whoever calls mkdocs by hand, as ``mkdocs serve`` does: the pages are written before it looks for them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from autograder.site import building, pages

__all__ = ["on_config"]

_folder = tempfile.TemporaryDirectory(prefix="autograder-pages-")


def on_config(config: Any) -> Any:
    """Point mkdocs to pages that are written now."""
    root, folder = Path(config.config_file_path).parent, Path(_folder.name)
    given = building.settings(pages.write(root, folder), folder)
    config.docs_dir, config.nav = given["docs_dir"], given["nav"]
    config.mdx_configs["pymdownx.snippets"]["base_path"] = [str(root)]
    return config
