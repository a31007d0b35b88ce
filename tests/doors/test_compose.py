"""docker-compose.yml: valid, pinned, on loopback only, and of commands and settings that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import Any

import pytest
import yaml

from autograder.limits import Limits
from tests.doors import ROOT, accepts
from tests.doors.image import instructions

FILE = ROOT / "docker-compose.yml"
COMPOSE = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
IMAGE = instructions((ROOT / "Dockerfile").read_text(encoding="utf-8"))


def settled(text: str) -> str:
    """A value as Compose reads it where nothing is set: ``${NAME:-default}`` is its default."""
    settled = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    assert "$" not in settled, text
    return settled


def test_it_is_valid_compose() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "profile", [[], ["--profile", "airflow"], ["--profile", "grade"]], ids=["plain", "airflow", "grade"]
)
def test_compose_itself_reads_it(profile: list[str]) -> None:
    for command in (["docker", "compose"], ["docker-compose"]):
        there = (
            shutil.which(command[0])
            and subprocess.run([*command, "version"], capture_output=True).returncode == 0
        )
        if there:
            break
    else:
        pytest.skip("Docker Compose is not installed")
    command += ["--file", str(FILE), *profile, "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_one_service_starts_when_nothing_is_asked_for() -> None:
    assert [name for name, service in SERVICES.items() if not service.get("profiles")] == ["study"]
    assert SERVICES["airflow"]["profiles"] == ["airflow"]


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_names_is_there(name: str) -> None:
    service = SERVICES[name]
    for other in service.get("depends_on", ()):
        assert other in SERVICES
    mode = service.get("network_mode", "none")
    assert mode == "none" or (mode.startswith("service:") and mode.removeprefix("service:") in SERVICES)
    for mount in service.get("volumes", ()):
        source = mount.split(":")[0]
        assert source in COMPOSE["volumes"] or (ROOT / source).exists(), mount
    if service["build"] == ".":
        assert (ROOT / "Dockerfile").is_file()


@pytest.mark.parametrize("name", SERVICES)
def test_no_port_is_published_beyond_loopback(name: str) -> None:
    for port in SERVICES[name].get("ports", ()):
        host, outer, inner = settled(port).split(":")
        assert host == "127.0.0.1"
        # The address that the server prints is right outside too.
        assert outer == inner
        assert f"--port={inner}" in [settled(word) for word in SERVICES[name]["command"]]


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_ours_or_pinned(name: str) -> None:
    service = SERVICES[name]
    tag = service["image"].rpartition(":")[2]
    assert "/" not in tag
    assert tag != "latest"
    assert "build" in service or re.search(r"\d+\.\d+", tag), service["image"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")


@pytest.mark.parametrize("name", SERVICES)
def test_its_command_is_one_of_ours(name: str) -> None:
    assert accepts([settled(word) for word in SERVICES[name]["command"]])


@pytest.mark.parametrize("name", SERVICES)
def test_work_is_where_the_image_has_it(name: str) -> None:
    (volume,) = (one.text for one in IMAGE if one.word == "VOLUME")
    assert [mount.split(":")[1] for mount in SERVICES[name]["volumes"]] == [volume]


@pytest.mark.parametrize("name", ["study", "grade"])
def test_what_is_written_outside_of_work_has_a_place(name: str) -> None:
    places = {mount.split(":")[0] for mount in SERVICES[name]["tmpfs"]}
    assert places == {"/tmp", "/home/learner"}


def test_what_others_handed_in_is_graded_without_a_network_and_within_bounds() -> None:
    grade = SERVICES["grade"]
    assert grade["profiles"] == ["grade"]
    assert grade["network_mode"] == "none"
    assert not grade.get("ports")
    assert "/tmp:size=1g" in grade["tmpfs"]
    assert grade["mem_limit"]
    # Two runs side by side, each of as many processes as an exercise may allow by default, and the grader's own.
    assert grade["pids_limit"] > 2 * Limits().processes
