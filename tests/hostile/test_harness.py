"""The harness would notice: each way in which a submission could get away is a failure, and a quiet one is none."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from autograder.evidence import Evidence, Isolation
from autograder.scenario import Scenario
from tests.checks.made import Recorder
from tests.hostile.bait import Bait
from tests.hostile.cases import ISOLATION, Case, load
from tests.hostile.harness import SETTINGS, Encounter, failures
from tests.hostile.leftovers import MARK, Snapshot

A, C = SETTINGS["A"], SETTINGS["C"]


def case(tmp_path: Path, below: str = "") -> Case:
    path = tmp_path / "tries.py"
    path.write_text(f'"""Tries.\n\n---\n{below}\n"""\n')
    return load(path)


def evidence(*lines: str, mail: str = "", **fields: Any) -> Evidence:
    recorder = Recorder("tries", Scenario("work", None))
    recorder.attempt("work", state="success")
    for line in lines:
        recorder.log(line, in_callback=False)
    if mail:
        recorder.mail(subject=mail)
    return recorder.evidence(**fields)


def test_who_tried_in_vain_is_contained(tmp_path: Path) -> None:
    seen = Encounter(case(tmp_path), evidence("TRIED: to get out: EPERM"), [], [], 1.0)
    assert failures(seen, A) == []


@pytest.mark.parametrize(
    ("lines", "mail", "says"),
    [
        (["TRIED: a", "BROKEN: /etc/shadow"], "", "BROKEN: /etc/shadow"),
        (["TRIED: a"], "BROKEN: /etc/shadow", "by mail: BROKEN: /etc/shadow"),
        (["hello"], "", "did not try anything"),
    ],
)
def test_confessions_and_silence_are_heard(tmp_path: Path, lines: list[str], mail: str, says: str) -> None:
    wrong = failures(Encounter(case(tmp_path), evidence(*lines, mail=mail), [], [], 1.0), A)
    assert len(wrong) == 1
    assert says in wrong[0]


@pytest.mark.parametrize(
    ("below", "says"),
    [
        ('ends = ["timeout"]', "its outcome is ran, not timeout"),
        ('state = ["success"]', "its run is failed, not success"),
        ("exit_codes = [-9]", "its task ended with"),
        ('says = "memory"', "nothing says `memory`"),
        ('mails = ["an honest mail"]', "its mails are []"),
        ('prints = ["hello"]', "no line has `hello`"),
        ("seconds = 0.5", "it took 1 s"),
    ],
)
def test_what_is_not_as_the_submission_says_is_seen(tmp_path: Path, below: str, says: str) -> None:
    (wrong,) = failures(Encounter(case(tmp_path, below), evidence("TRIED: a"), [], [], 1.0), A)
    assert says in wrong


def test_where_it_need_not_hold_the_record_says_what_is_missing(tmp_path: Path) -> None:
    weak = case(tmp_path, 'settings = ["A", "B"]\nmissing = "udp"')
    lines = ("TRIED: a", "BROKEN: reached")
    said = Isolation(layer="C", active=[], missing={"udp": "cannot be kept from the network"})
    assert failures(Encounter(weak, evidence(*lines, isolation=said), [], [], 1.0), C) == []
    (wrong,) = failures(Encounter(weak, evidence(*lines), [], [], 1.0), C)
    assert "does not say that `udp` is missing" in wrong
    assert failures(Encounter(weak, evidence(*lines), [], [], 1.0), A) == ["BROKEN: reached"]


def test_the_bait_remembers_every_visitor(tmp_path: Path) -> None:
    with Bait(tmp_path, os.geteuid()) as bait:
        assert bait.visited() == []
        targets = bait.targets
        with socket.create_connection(("127.0.0.1", int(str(targets["tcp"])))):
            pass
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.sendto(b"x", ("127.0.0.1", int(str(targets["udp"]))))
        for address in (str(targets["unix"]), f"\0{targets['abstract']}"):
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(address)
        bait.files["checks"].write_text("")
        (bait.writable / "x").touch()
        found: list[str] = []
        while len(found) < 6:
            found += bait.visited()
            found = sorted(set(found))
    assert [line.split(" was ")[0] for line in found] == [
        "a TCP port of this machine",
        "a UDP port of this machine",
        "a socket in a folder of this machine",
        "an abstract socket of this machine",
        "the file of the checks",
        "x",
    ]


def test_what_is_left_behind_is_seen(tmp_path: Path) -> None:
    before = Snapshot.of(os.getpid(), [tmp_path])
    planted = Path("/tmp", f"{MARK}-{os.getpid()}")
    with subprocess.Popen(["sleep", "60"], env={}) as process, socket.socket(socket.AF_UNIX) as door:
        door.bind(f"\0{MARK}-{os.getpid()}")
        (tmp_path / "forgotten").touch()
        planted.touch()
        try:
            found = Snapshot.of(os.getpid(), [tmp_path]).beyond(before)
        finally:
            planted.unlink()
            process.kill()
    for piece in ("sleep", "socket:[N] (descriptors)", "forgotten", str(planted), f"@{MARK}"):
        assert any(piece in line for line in found), (piece, found)
    (tmp_path / "forgotten").unlink()
    assert Snapshot.of(os.getpid(), [tmp_path]).beyond(before) == []


def test_every_submission_says_what_it_tries() -> None:
    cases = [load(path) for path in sorted(ISOLATION.glob("*.py"))]
    assert len(cases) >= 45
    for each in cases:
        assert each.sentence.endswith("."), each.name
        assert not each.settings or each.missing, each.name
