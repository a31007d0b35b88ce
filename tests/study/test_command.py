"""``autograder study`` as a person starts and stops it."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from autograder.cli.studying import _output_to
from autograder.stack.processes import outlasting
from tests.study.serving import SLUG, Study, environment, family, make_course, studying, temporary, until


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


def busy(study: Study) -> None:
    """A kernel, and a terminal in which something runs."""
    assert study.ask("POST", "api/kernels", json={"name": "python3"}).status_code == 201
    assert study.ask("POST", "api/terminals", json={}).status_code == 200
    assert until(lambda: len(family(study.work)) >= 3)


def _airflow(study: Study) -> list[psutil.Process]:
    """The components of Airflow, which have an environment of their own."""
    for child in psutil.Process(study.process.pid).children():
        with suppress(psutil.Error):
            if "autograder.stack" in child.cmdline():
                return list(child.children())
    return []


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGTERM, signal.SIGHUP]
)
def test_a_signal_ends_everything_at_once(
    small_course: Path, work: Path, port: int, number: signal.Signals
) -> None:
    with studying(small_course, work, "--port", str(port)) as study:
        if number == signal.SIGINT:
            busy(study)
            page = study.get("airflow/", headers={"Accept": "text/html"})
            assert (page.status_code, "Airflow" in page.text) == (200, True)
            assert until(lambda: len(_airflow(study)) >= 3)
        started = psutil.Process(study.process.pid).children(recursive=True)
        code, said = study.stop(number)
        assert outlasting(started, 0.0) == []
        assert code == 0
        assert said.endswith("Stopped. Your work and your results are kept.\n")
        assert "Shut down this Jupyter server" not in said
        assert family(work) == []
        assert not (work / ".cache" / "study" / "server.json").exists()
        assert list(temporary(work).iterdir()) == []


def test_a_second_ctrl_c_does_not_wait_and_leaves_nothing_either(
    small_course: Path, work: Path, port: int
) -> None:
    with studying(small_course, work, "--port", str(port)) as study:
        busy(study)
        study.process.send_signal(signal.SIGINT)
        assert study.stop(signal.SIGINT)[0] == 0
        assert until(lambda: family(work) == [], 5)
        assert not (work / ".cache" / "study" / "server.json").exists()
        assert [one.name for one in temporary(work).iterdir() if "jupyter" in one.name] == []


def test_nothing_outlives_a_server_that_was_killed(small_course: Path, work: Path, port: int) -> None:
    with studying(small_course, work, "--port", str(port)) as study:
        busy(study)
        study.process.kill()
        study.process.wait()
        assert until(lambda: family(work) == [], 20)


def test_one_server_for_one_folder_with_a_quiet_terminal(small_course: Path, work: Path, port: int) -> None:
    layout = {"data": {"x": 1}, "metadata": {"id": "default"}}
    with httpx.Client() as browser:
        with studying(small_course, work, "--port", str(port)) as study:
            address = f"http://127.0.0.1:{port}/course/?token={study.token}"
            assert study.said.splitlines() == [
                "Starting …",
                "The course is open:",
                "",
                f"    {address}",
                "",
                "Your work is in work. Ctrl-C here stops everything.",
            ]
            log = (work / ".cache" / "study" / "server.log").read_text(encoding="utf-8")
            assert "Jupyter Server" in log
            assert study.token not in log
            second = _second(small_course, study)
            assert (second.returncode, second.stderr) == (0, "")
            assert second.stdout.startswith("The course is open already:")
            assert f"http://127.0.0.1:{port}/airflow/?token={study.token}" in second.stdout
            browser.get(address)
            study.ask("PUT", "lab/api/workspaces/default", json=layout)
        # An open tab and its layout outlive a restart.
        with studying(small_course, work, "--port", str(port)) as study:
            assert browser.get(study.address("course/assets/study.js")).status_code == 200
            assert study.get("lab/api/workspaces/default").json()["data"] == {"x": 1}


def _second(course: Path, study: Study) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "autograder", "study", "--no-browser", "--open", "airflow/"],
        env=environment(course, study.work, study.home),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_taken_port_makes_way_and_one_tab_opens(small_course: Path, work: Path, tmp_path: Path) -> None:
    opened, browser = tmp_path / "opened", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" >> {opened}\necho noise\necho more noise >&2\n')
    browser.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with studying(small_course, work, "--port", str(port), browser=browser) as study:
            assert f":{port}/" not in study.url
            assert f"Port {port} is taken; this is port " in study.said
            assert study.get("api/status").status_code == 200
            assert until(opened.is_file)
            assert "noise" not in study.said
            tabs = opened.read_text().splitlines()
            assert len(tabs) == 1
            assert study.token not in tabs[0]
            assert httpx.get(tabs[0], follow_redirects=True).url == study.address("course/")
            # Whoever reads it in the list of processes comes too late.
            late = httpx.get(tabs[0], follow_redirects=True)
            assert "/login?" in str(late.url)
            assert "Open the address that the terminal printed" in late.text
            assert "jupyter server list" not in late.text


def test_ctrl_c_counts_before_there_is_a_server(small_course: Path, work: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder", "study", "--no-browser"],
        env=environment(small_course, work, work.parent / "home"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "Starting …\n"
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "Stopped. Your work and your results are kept.\n")
    assert family(work) == []


def test_the_terminal_is_given_back_whatever_ends_the_server(tmp_path: Path) -> None:
    before, printed = os.listdir("/proc/self/fd"), sys.stdout
    places = [os.readlink(f"/proc/self/fd/{number}") for number in (1, 2)]
    with pytest.raises(FileNotFoundError), _output_to(tmp_path / "not there" / "server.log"):
        pass
    with pytest.raises(KeyboardInterrupt), _output_to(tmp_path / "server.log"):
        raise KeyboardInterrupt
    assert sys.stdout is printed
    assert [os.readlink(f"/proc/self/fd/{number}") for number in (1, 2)] == places
    assert os.listdir("/proc/self/fd") == before


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--host", "nowhere.invalid", "nowhere.invalid is no address of this machine"),
        ("--host", "192.0.2.1", "192.0.2.1 is no address of this machine"),
        ("--base-url", "/a?b/", "it is a path, such as /user/learner/."),
    ],
)
def test_where_it_cannot_be_is_said_in_a_sentence(
    small_course: Path, work: Path, port: int, option: str, value: str, said: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "autograder", "study", "--no-browser", "--port", str(port), option, value],
        env=environment(small_course, work, work.parent / "home"),
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "our fault" not in ended.stderr
    assert family(work) == []


@pytest.mark.slow
def test_pages_that_cannot_be_made_are_explained_and_made_once_they_are_mended(
    tmp_path: Path, port: int
) -> None:
    course = make_course(tmp_path)
    page = course / "docs" / "index.md"
    good = page.read_text(encoding="utf-8")
    page.write_text("# Home\n\n[gone](gone.md)\n", encoding="utf-8")
    with studying(course, tmp_path / "work", "--port", str(port)) as study:
        answer = study.get("course/", headers={"Accept": "text/html"})
        if answer.status_code == 200:
            assert "One moment" in answer.text
            assert 'http-equiv="refresh"' in answer.text
        answer = study.page("")
        assert answer.status_code == 500
        assert "docs/index.md:3: the link to docs/gone.md leads nowhere" in answer.text
        assert study.get("course/assets/study.js").status_code == 200
        page.write_text(good, encoding="utf-8")
        assert until(lambda: "A small course" in study.page("").text)


def snapshot(folder: Path) -> dict[str, tuple[int, int, int]]:
    found = {}
    for path in (folder, *folder.rglob("*")):
        status = path.lstat()
        found[str(path)] = (status.st_mtime_ns, status.st_size, status.st_mode)
    return found


def test_a_read_only_course_is_left_as_it_is_and_so_is_the_home(
    small_course: Path, work: Path, port: int
) -> None:
    before = snapshot(small_course)
    changed = {path: path.stat().st_mode for path in (small_course, *small_course.rglob("*"))}
    for path, mode in changed.items():
        path.chmod(mode & ~0o222)
    try:
        with studying(small_course, work, "--port", str(port), "--base-url", "user/learner") as study:
            assert study.base == "/user/learner/"
            assert study.page("").status_code == 200
            busy(study)
            for name in ("lab.ipynb", "exercise.ipynb", "dag.py"):
                study.get(f"study/open/{SLUG}/{name}")
                assert (work / SLUG / name).stat().st_mode & stat.S_IWUSR, name
            home = study.home
    finally:
        for path, mode in changed.items():
            path.chmod(mode)
    assert list(home.iterdir()) == []
    assert snapshot(small_course) == before


def test_only_loopback_is_listened_on(study: Study) -> None:
    busy(study)
    listening = [
        connection.laddr.ip
        for process in family(study.work)
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) > 1
    assert set(listening) == {"127.0.0.1"}


def test_kernels_know_the_course(small_course: Path, study: Study) -> None:
    busy(study)
    kernel = next(one for one in family(study.work) if "ipykernel_launcher" in " ".join(one.cmdline()))
    known = kernel.environ()
    assert known["AUTOGRADER_COURSE"] == str(small_course)
    assert known["AUTOGRADER_BASE_URL"] == study.base
    assert known["AUTOGRADER_ORIGIN"] + study.base == study.url
    assert kernel.cmdline()[0] == sys.executable
    assert os.path.dirname(sys.executable) in known["PATH"].split(os.pathsep)
