"""Servers that several tests share: starting one takes seconds."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.study.serving import Study, make_course, studying


@pytest.fixture(scope="session")
def small_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Never written to: the tests compare."""
    return make_course(tmp_path_factory.mktemp("study"))


@pytest.fixture
def port() -> int:
    """One that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number: int = listening.getsockname()[1]
    return number


@pytest.fixture(scope="session")
def study(small_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    """A server below a prefix, as a JupyterHub's is."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    work = tmp_path_factory.mktemp("learner") / "work"
    with studying(small_course, work, "--port", str(port), "--base-url", "/user/learner/") as running:
        yield running
