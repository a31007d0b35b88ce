"""What the container runs, run without one: the command that compose gives, and the questions that are asked of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
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


class Service:
    """The command of compose's service, in this environment, until it is stopped."""

    def __init__(self, folder: Path, **extra: str) -> None:
        self.port, self.home, self._said = free_port(), folder / "home", folder / "said"
        self.home.mkdir()
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AUTOGRADER_", "JUPYTER"))
        }
        self.environment = {
            **kept,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOME": str(self.home),
            "AUTOGRADER_COURSE": str(ROOT),
            "AUTOGRADER_WORK": str(self.home / "work"),
            "JUPYTER_TOKEN": TOKEN,
            **extra,
        }
        command = [word.replace("${AUTOGRADER_PORT:-8888}", str(self.port)) for word in STUDY["command"]]
        with self._said.open("w") as out:
            self.process = subprocess.Popen(
                command, env=self.environment, cwd=self.home, stdout=out, stderr=out, start_new_session=True
            )

    @property
    def said(self) -> str:
        return self._said.read_text()

    def wait(self) -> str:
        """The address, once the question that Docker asks is answered."""
        health = [sys.executable, str(ROOT / "tools" / "ask.py"), "api", "--show=course/"]
        until = time.monotonic() + PATIENCE
        while True:
            asked = subprocess.run(health, env=self.environment, capture_output=True, text=True, check=False)
            if asked.returncode == 0:
                return asked.stdout.strip()
            assert self.process.poll() is None, self.said
            assert time.monotonic() < until, asked.stderr
            time.sleep(0.5)

    def stop(self) -> int:
        """As Compose stops it, which kills it after ``stop_grace_period``."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(int(STUDY["stop_grace_period"].removesuffix("s")))

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


Start = Callable[..., Service]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Service] = []

    def start(**extra: str) -> Service:
        started.append(Service(tmp_path, **extra))
        return started[-1]

    yield start
    for service in started:
        service.kill()


@pytest.mark.slow
def test_the_service_starts_answers_and_stops(start: Start) -> None:
    service = start()
    address = service.wait()
    assert address == f"http://127.0.0.1:{service.port}/course/?token={TOKEN}"
    assert address in service.said
    status = f"http://127.0.0.1:{service.port}/api/status"
    with urllib.request.urlopen(f"{status}?token={TOKEN}", timeout=PATIENCE) as response:
        assert response.status == 200
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(status, timeout=PATIENCE)
    assert service.stop() == 0
    assert {entry.name for entry in service.home.iterdir()} == {"work"}


@pytest.mark.slow
def test_in_a_codespace_only_its_own_pages_may_ask(start: Start) -> None:
    """GitHub passes on what the browser asks as if it were for localhost; the browser names its real origin."""
    service = start(CODESPACE_NAME="fluffy-dog-7", GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN="app.github.dev")
    service.wait()
    status = f"http://127.0.0.1:{service.port}/api/status"
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def ask(address: str, **headers: str) -> int:
        asked = urllib.request.Request(address, headers={"Host": f"localhost:{service.port}", **headers})
        try:
            with browser.open(asked, timeout=PATIENCE) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code

    assert ask(f"{status}?token={TOKEN}") == 200
    own = f"https://fluffy-dog-7-{service.port}.app.github.dev"
    assert ask(status, Origin=own) == 200
    assert ask(status, Origin="https://evil.example") == 404
    assert ask(status, Origin=f"{own}.evil.example") == 404
