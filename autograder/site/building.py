"""The build: pages first, then mkdocs over them, in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from autograder.course import Course
from autograder.site import navigation, pages
from autograder.site.contents import Contents
from autograder.site.problem import SiteError

__all__ = ["build", "settings"]

_THEME = Path(__file__).with_name("theme")
"""What our pages have in place of the theme's own."""


def build(course: Course, out: Path, *, strict: bool = False) -> Path:
    """Build the whole site into ``out``, in place of what is there, and return it.

    :raises SiteError: when the course must be mended first, or mkdocs is not installed or not content.
    """
    if importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("material") is None:
        raise SiteError(
            "mkdocs and its theme, which make the course's pages, are not installed: `make study` installs them."
        )
    with tempfile.TemporaryDirectory(prefix="autograder-site-") as name:
        folder = Path(name)
        contents = pages.write(course.root, folder / "pages")
        given = settings(contents, folder / "pages")
        given.pop("hooks", None)
        given["site_dir"] = str(out.absolute())
        config = folder / "mkdocs.yml"
        config.write_text(yaml.safe_dump(given, sort_keys=False, allow_unicode=True), encoding="utf-8")
        _run(config, strict)
    return out


def settings(contents: Contents, folder: Path) -> dict[str, Any]:
    """The course's ``mkdocs.yml``, with what depends on its pages in ``folder``.

    :raises SiteError: when the file is not there, or cannot be read.
    """
    root = contents.root
    try:
        given = yaml.safe_load((root / "mkdocs.yml").read_text(encoding="utf-8"))
    except OSError as error:
        raise SiteError(
            f"cannot be read: {error.strerror}. It says how the site looks.", root / "mkdocs.yml"
        ) from error
    except yaml.YAMLError as error:
        raise SiteError(f"is not YAML: {error}", root / "mkdocs.yml") from error
    given["docs_dir"] = str(folder)
    given["theme"]["custom_dir"] = str(_THEME)
    given["nav"] = navigation.complete(given.get("nav", []), folder, contents.titles)
    given["markdown_extensions"].setdefault("pymdownx.snippets", {})["base_path"] = [str(root)]
    return dict(given)


def _run(config: Path, strict: bool) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--config-file", str(config)]
    command += ["--strict"] if strict else []
    # The theme's own news is for whoever maintains this site, not for learners.
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONWARNINGS": "ignore"}
    ended = subprocess.run(
        command, cwd=config.parent, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if ended.returncode:
        said = [line for line in ended.stderr.splitlines() if line.startswith(("WARNING", "ERROR", "Error"))]
        raise SiteError("mkdocs is not content:\n" + "\n".join(said or [ended.stderr.strip()]))
