"""Asking the running course: one answer is enough, and until then the reason is said."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tools import ask

TOKEN = "a-secret"
ILL = {"metadatabase": {"status": "healthy"}, "scheduler": {"status": None}}
HEALTHY = {"metadatabase": {"status": "healthy"}, "scheduler": {"status": "healthy"}}


class Course(HTTPServer):
    """Answers with the next of ``answers``, the last of them for ever."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, object]] = [(200, {"version": "2"})]
        self.asked: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/user/learner/"


class _Handler(BaseHTTPRequestHandler):
    server: Course

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        answers = self.server.answers
        status, said = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUTOGRADER_WORK", str(tmp_path))
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    return tmp_path


@pytest.fixture
def course(work: Path) -> Iterator[Course]:
    server = Course()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    file = work / ".cache" / "study" / "server.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"url": server.url, "token": TOKEN, "pid": 1}))
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_answer_is_enough(course: Course) -> None:
    assert ask.main(["api"]) == 0
    assert course.asked == [("/user/learner/api", f"token {TOKEN}")]


def test_nothing_that_runs_is_said(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask.main(["api"]) == 1
    assert capsys.readouterr().err == f"No course runs for {work}.\n"


def test_a_server_that_is_gone_is_said(
    course: Course, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = work / ".cache" / "study" / "server.json"
    file.write_text(json.dumps({"url": "http://127.0.0.1:1/", "token": "", "pid": 1}))
    assert ask.main(["api"]) == 1
    assert "http://127.0.0.1:1/api does not answer: " in capsys.readouterr().err


def test_an_error_is_no_answer(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    course.answers = [(503, {"stack": {"phase": "starting"}})]
    assert ask.main(["api"]) == 1
    assert capsys.readouterr().err == f"{course.url}api answers 503.\n"


def test_it_waits_until_all_components_are_healthy(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    course.answers = [(503, {}), (200, ILL), (200, HEALTHY)]
    assert ask.main(["airflow/health", "--healthy", "--show", "airflow/"]) == 0
    assert len(course.asked) == 3
    assert capsys.readouterr().out == f"{course.url}airflow/?token={TOKEN}\n"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (ILL, "Not yet: scheduler is None."),
        ({}, "Not yet: no component."),
        ([1], "{url} says nothing of any component."),
    ],
)
def test_it_gives_up_and_says_why(
    course: Course, capsys: pytest.CaptureFixture[str], said: object, reason: str
) -> None:
    course.answers = [(200, said)]
    assert ask.main(["health", "--healthy", "--wait", "0"]) == 1
    assert capsys.readouterr().err == reason.format(url=f"{course.url}health") + "\n"


def test_it_needs_nothing_that_is_not_in_python(course: Course) -> None:
    done = subprocess.run([sys.executable, "-I", "-S", ask.__file__, "api"], check=False)
    assert done.returncode == 0
