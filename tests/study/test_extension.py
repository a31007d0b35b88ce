"""The extension in a Jupyter server that somebody else has set up, as a JupyterHub's is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.study.serving import SLUG, environment, until

TOKEN = "given-by-the-hub"


@pytest.fixture
def hub(small_course: Path, tmp_path: Path, port: int) -> Iterator[httpx.Client]:
    """Switched on by configuration only; shows the learner's home, in which the work folder is."""
    home = tmp_path / "home"
    work = home / "course"
    settings = {
        "ServerApp": {
            "jpserver_extensions": {"autograder.study": True},
            "base_url": "/user/ada/",
            "port": port,
            "root_dir": str(home),
            "open_browser": False,
            "allow_root": True,
        },
        "IdentityProvider": {"token": TOKEN},
    }
    config = tmp_path / "jupyter_server_config.json"
    config.write_text(json.dumps(settings), encoding="utf-8")
    known = environment(small_course, work, home)
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", f"--config={config}"],
        env={**known, "JUPYTERHUB_USER": "ada"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    headers = {"Authorization": f"token {TOKEN}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/user/ada/", headers=headers, timeout=30) as client:

        def answers() -> bool:
            try:
                return client.get("api/status").status_code == 200
            except httpx.TransportError:
                return False

        try:
            assert until(answers)
            yield client
        finally:
            process.terminate()
            process.wait(30)


@pytest.mark.slow
def test_any_jupyter_server_can_have_the_course(hub: httpx.Client) -> None:
    assert until(lambda: "A small course" in hub.get("course/", headers={"Accept": "text/html"}).text)
    assert '"lab": "/user/ada/lab"' in hub.get("course/assets/study.js").text
    tiles = hub.get("server-proxy/servers-info").json()["server_processes"]
    assert {tile["name"] for tile in tiles} >= {"course", "airflow", "inbox", "slack"}
    # The folder that is shown is the one that was configured: paths begin there.
    assert hub.get(f"study/open/{SLUG}/dag.py?format=json").json() == {"path": f"course/{SLUG}/dag.py"}
    settings = hub.get("lab").text
    assert '"exposeAppInBrowser": true' in settings
    assert list(hub.get("api/kernelspecs").json()["kernelspecs"]) == ["python3"]
