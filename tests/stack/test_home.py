"""Airflow's home: made from the template, kept from start to start, used by one at a time."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from autograder.airflow33 import database, environ
from autograder.airflow33.components import settings
from autograder.course import Course
from autograder.stack.home import IGNORE_HEAD, AlreadyRunning, Home

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    work = tmp_path / "work"
    (work / ".cache").mkdir(parents=True)
    template = sqlite3.connect(database.template_path(work / ".cache"))
    template.execute("create table dag (dag_id text)")
    template.close()
    return Home(Course(ROOT, work))


def test_it_begins_as_a_copy_and_is_kept(home: Home) -> None:
    keys = home.prepare()
    with sqlite3.connect(home.database) as kept:
        kept.execute("insert into dag values ('mine')")
    assert home.prepare() == keys
    with sqlite3.connect(home.database) as kept:
        assert kept.execute("select dag_id from dag").fetchall() == [("mine",)]
    assert oct((home.folder / "keys.json").stat().st_mode)[-3:] == "600"


def test_a_database_of_another_version_is_left_as_it_is(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.prepare()
    home.database.rename(home.folder / "airflow-3.3.0.db")
    home.prepare()
    assert {path.name for path in home.folder.glob("*.db")} == {"airflow-3.3.0.db", home.database.name}


def test_broken_keys_are_made_anew(home: Home) -> None:
    home.prepare()
    (home.folder / "keys.json").write_text("{")
    assert set(home.prepare()) == {"fernet", "jwt", "session"}


def test_the_triggerer_can_import_the_module_of_an_exercise(home: Home) -> None:
    folders = home.modules["PYTHONPATH"].split(os.pathsep)
    assert str(home.dags / "03-slas-and-deadlines") in folders
    assert str(home.dags / "02-failure-callbacks") not in folders


def test_an_exercise_that_must_be_mended_keeps_nobody_from_airflow(tmp_path: Path) -> None:
    broken = tmp_path / "exercises" / "01-broken"
    broken.mkdir(parents=True)
    (broken / "exercise.toml").write_text("title = 1")
    assert Home(Course(tmp_path, tmp_path / "work")).modules == {}


def test_what_is_hidden_is_no_dag_and_one_s_own_rules_stay(home: Home) -> None:
    home.prepare()
    rules = home.dags / ".airflowignore"
    assert rules.read_text() == f"{IGNORE_HEAD}\n.*\n__pycache__/\n*.ipynb\n"
    rules.write_text(f"{IGNORE_HEAD}\nold\n")
    home.prepare()
    assert "old" not in rules.read_text()
    rules.write_text("mine.py\n")
    home.prepare()
    assert rules.read_text() == "mine.py\n"


def test_one_at_a_time(home: Home) -> None:
    home.acquire("http://127.0.0.1:1/")
    other = Home(Course(ROOT, home.dags))
    with pytest.raises(AlreadyRunning) as refused:
        other.acquire("http://127.0.0.1:2/")
    assert str(refused.value) == (
        f"Airflow already runs for {home.dags}, at http://127.0.0.1:1/ (process {os.getpid()}). "
        "Use that one, or stop it first: one database takes one scheduler."
    )
    home.release()
    other.acquire("http://127.0.0.1:2/")
    other.release()


def test_a_home_that_knows_no_locks_will_do(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    home.acquire("http://127.0.0.1:1/")
    home.release()


def test_a_second_start_is_refused_with_a_sentence(home: Home) -> None:
    home.acquire("http://127.0.0.1:1/")
    environment = os.environ | {"AUTOGRADER_COURSE": str(ROOT), "AUTOGRADER_WORK": str(home.dags)}
    command = [sys.executable, "-m", "autograder.stack", "--port", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Airflow already runs for ")
    # For whoever came by a proxy the sentence is a page.
    stays = subprocess.Popen(
        [*command, "--stay", "--base-url", "http://127.0.0.1:8888/user/x/airflow"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert stays.stderr is not None
    assert stays.stderr.readline().startswith("Airflow already runs for ")
    (port,) = {
        one.laddr.port
        for one in psutil.Process(stays.pid).net_connections("tcp")
        if one.status == psutil.CONN_LISTEN
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/user/x/airflow/", headers={"Accept": "text/html"}
    )
    with urllib.request.urlopen(request, timeout=5) as response:
        page = response.read().decode()
    assert "Airflow already runs for" in page
    assert 'action="/user/x/airflow/again"' in page
    stays.terminate()
    assert stays.wait(10) == -signal.SIGTERM
    home.release()


def test_a_port_that_is_taken_is_named(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "autograder.stack", "--port", str(port)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert (
        done.stderr
        == f"Error: Port {port} of 127.0.0.1 cannot be used: Address already in use. Try --port 0.\n"
    )


def test_the_settings_are_airflow_s_own() -> None:
    """Every variable names an option that this Airflow knows."""
    import airflow
    import yaml

    config = Path(airflow.__file__).with_name("config_templates") / "config.yml"
    known = yaml.safe_load(config.read_text(encoding="utf-8"))
    given = settings(
        Path("/h"),
        Path("/h/a.db"),
        Path("/w"),
        "http://127.0.0.1:1/a/",
        1,
        dict.fromkeys(("fernet", "jwt", "session"), ""),
    )
    added = given.keys() - environ.clean(Path("/h")).keys()
    named = [name.split("__")[1:] for name in added if name.startswith("AIRFLOW__")]
    assert [name for name in named if name[1].lower() not in known[name[0].lower()]["options"]] == []
    assert len(named) > 15
    assert given["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:1/a/execution/"
