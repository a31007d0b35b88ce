"""What the container runs, run without one: the command that compose gives, and the questions that are asked of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

from tests.doors import ROOT

STUDY = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]["study"]
TOKEN = "a-token-of-my-own"
PATIENCE = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
def test_the_service_starts_answers_and_stops(tmp_path: Path) -> None:
    port, home = free_port(), tmp_path / "home"
    home.mkdir()
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AUTOGRADER_", "JUPYTER"))
        },
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(home),
        "AUTOGRADER_COURSE": str(ROOT),
        "AUTOGRADER_WORK": str(home / "work"),
        "JUPYTER_TOKEN": TOKEN,
    }
    command = [word.replace("${AUTOGRADER_PORT:-8888}", str(port)) for word in STUDY["command"]]
    said = tmp_path / "said"
    with said.open("w") as out:
        service = subprocess.Popen(
            command, env=environment, cwd=home, stdout=out, stderr=out, start_new_session=True
        )
    try:
        health = [sys.executable, str(ROOT / "tools" / "ask.py"), "api", "--show=course/"]
        until = time.monotonic() + PATIENCE
        while (asked := subprocess.run(health, env=environment, capture_output=True, text=True)).returncode:
            assert service.poll() is None, said.read_text()
            assert time.monotonic() < until, asked.stderr
            time.sleep(0.5)
        address = asked.stdout.strip()
        assert address == f"http://127.0.0.1:{port}/course/?token={TOKEN}"
        assert address in said.read_text()
        with urllib.request.urlopen(address, timeout=PATIENCE) as response:
            assert response.status == 200
        service.send_signal(signal.SIGTERM)
        # Compose kills it after stop_grace_period.
        assert service.wait(int(STUDY["stop_grace_period"].removesuffix("s"))) == 0
    finally:
        if service.poll() is None:
            os.killpg(service.pid, signal.SIGKILL)
            service.wait()
    assert {entry.name for entry in home.iterdir()} == {"work"}
