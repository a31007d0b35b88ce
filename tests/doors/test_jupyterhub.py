"""What the page for JupyterHub says to type does what it says; the walk through such a server is a test of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from tests.doors import ROOT

PAGE = (ROOT / "docs" / "install" / "jupyterhub.md").read_text(encoding="utf-8")


def jupyter(*arguments: str, config: Path) -> str:
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(config), "JUPYTER_DATA_DIR": str(config / "data")}
    command = [sys.executable, "-m", "jupyter", *arguments]
    done = subprocess.run(
        command,
        env=environment,
        cwd=config,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_extension_is_on_as_the_page_says(tmp_path: Path) -> None:
    """For this test in a folder of its own, rather than for everybody who uses this environment."""
    start = PAGE.index("folder=$(")
    snippet = PAGE[start : PAGE.index("```", start)]
    prefix = "$(python -c 'import sys; print(sys.prefix)')/etc/jupyter"
    assert prefix in snippet
    subprocess.run(["sh", "-euc", snippet.replace(prefix, str(tmp_path))], check=True)
    listed = jupyter("server", "extension", "list", config=tmp_path)
    plain = re.sub(r"\x1b\[\d+m", "", listed)
    assert "    autograder.study enabled\n" in plain
    assert re.search(r"^ +autograder\.study .*OK$", plain, re.MULTILINE), plain


def test_the_settings_are_those_that_the_course_reads(tmp_path: Path) -> None:
    from autograder import course

    block = PAGE[PAGE.index("```python\n") + len("```python\n") :]
    config = SimpleNamespace(Spawner=SimpleNamespace())
    exec(block[: block.index("```")], {"c": config})
    given = dict(config.Spawner.environment)
    assert set(given) == {"AUTOGRADER_COURSE", "AUTOGRADER_WORK"}
    found = course.find(tmp_path, {**given, "AUTOGRADER_COURSE": str(ROOT)})
    assert found.root == ROOT
    assert found.work == Path.home() / "when-tasks-fail"
    assert config.Spawner.default_url == "/course/"
