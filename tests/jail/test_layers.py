"""Layers are chosen by trying; one that is asked for is had, or refused with a sentence."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from autograder.jail import kernel, landlock, layers, root, seccomp, selftest, sweep
from autograder.jail.layers import Layer, LayerMissing, choose
from tests.jail.forks import NAMESPACES, SOMEBODY, become, inside, lacking, somebody

ROOT = os.geteuid() == 0
WHO = {"root": None, "an ordinary user": SOMEBODY} if ROOT else {"an ordinary user": None}


def chosen(forced: str | None, user: int | None, before: Callable[[], object] = lambda: None) -> Any:
    """The layer as a record, or the sentence with which it is refused."""

    def work() -> Any:
        before()
        try:
            return asdict(choose(forced))
        except LayerMissing as error:
            return str(error)

    return inside(work, user=user)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("forced", [None, "A", "B", "C", "D"])
def test_what_is_had_when_it_is_asked_for(forced: str | None, who: str) -> None:
    own, others = ("A", "B") if who == "root" else ("B", "A")
    said = chosen(forced, WHO[who])
    if forced == others:
        whose = {"A": "it is for root", "B": "it is for an ordinary user"}[others]
        assert said == f"Layer {others} of the jail cannot be had here: {whose}."
    elif lacking() is None:
        assert said["letter"] == (forced or own)
    elif forced == own:
        assert said.startswith(f"Layer {own} of the jail cannot be had here: ")
    else:
        assert said["letter"] == (forced or "C")
    if isinstance(said, dict):
        assert layers.LIMITS in said["active"]
        assert not {*said["active"]} & {*said["missing"]}
        assert all(said["missing"].values())
        sandboxed = {layers.FILTER, layers.PRIVILEGES} <= {*said["active"]}
        assert sandboxed == (said["letter"] != "D")


def test_there_is_no_other_letter() -> None:
    with pytest.raises(LayerMissing, match="There is no layer 'a' of the jail; there are A, B, C and D"):
        choose("a")


def test_without_namespaces_it_is_c_and_without_that_d() -> None:
    def none() -> None:
        layers._namespaces = lambda folder: layers.kernel.call("no such call")  # type: ignore[assignment]

    def nothing() -> None:
        none()
        landlock.version = lambda: 0  # type: ignore[assignment]

    c, d = chosen(None, None, none), chosen(None, None, nothing)
    assert (c["letter"], d["letter"]) == ("C", "D")
    assert "no such call is not known" in c["missing"][layers.NAMESPACES]
    assert c["missing"].keys() >= {layers.NAMESPACES, layers.ROOT, layers.DISK}
    assert d["missing"][layers.NAMESPACES] == c["missing"][layers.NAMESPACES]
    assert d["missing"][layers.LANDLOCK] == "this kernel has none"
    refused = [chosen(letter, None, nothing) for letter in (NAMESPACES, "C")]
    assert "cannot be had here: [Errno 38] no such call" in refused[0]
    assert refused[1] == "Layer C of the jail cannot be had here: this kernel has no Landlock, or no filters."


@pytest.mark.skipif(not ROOT, reason="only root becomes another user")
def test_what_was_installed_for_root_alone_is_read_by_root_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)

    def alone() -> None:
        needed = root.needed()
        root.needed = lambda: [*needed, str(tmp_path)]  # type: ignore[assignment]

    if lacking() is None:
        said = chosen("A", None, alone)
        assert said["missing"][layers.USER].startswith(f"Others may not read {tmp_path} (mode 0700)")
        assert layers.USER not in said["active"]


def test_an_older_landlock_is_said_to_be_one() -> None:
    def old() -> None:
        landlock.version = lambda: 3  # type: ignore[assignment]

    missing = chosen("C", None, old)["missing"]
    assert missing[layers.TCP] == "this kernel's Landlock is version 3; it takes 4"
    assert missing[layers.SIGNALS] == "this kernel's Landlock is version 3; it takes 6"


def test_what_is_tried_and_dies_is_refused() -> None:
    def dies() -> None:
        os.kill(os.getpid(), signal.SIGSYS)

    assert layers._tried(dies) == f"trying it ended with {-signal.SIGSYS}"
    assert layers._tried(lambda: sys.exit("no")) == "SystemExit('no')"
    assert layers._tried(lambda: None) is None


def test_what_a_self_test_finds_open_is_broken_unless_it_is_known_to_be_missing() -> None:
    found = dict.fromkeys((selftest.FILES, selftest.LOOPBACK, selftest.SIGNALS, selftest.NAMESPACES), False)
    assert Layer("D", ()).broken(found) == []
    assert Layer("A", ()).broken(found) == [*found]
    assert Layer("C", (), {layers.TCP: "x", layers.SIGNALS: "x"}).broken(found) == [
        selftest.FILES,
        selftest.NAMESPACES,
    ]
    assert Layer("A", (), {layers.FILTER: "x"}).broken({selftest.NAMESPACES: False}) == []
    assert Layer("A", ()).broken(dict.fromkeys(found, True)) == []


def test_a_user_of_its_own_is_nobodys_and_no_two_have_the_same() -> None:
    layer = Layer("A", (layers.USER,))

    def two() -> list[Any]:
        first = layers.user_of_its_own(layer, 0)
        # As another command that begins at the same place.
        second = inside(lambda: layers.user_of_its_own(layer, 0))
        third = layers.user_of_its_own(layer, 1)
        return [first, second, third, layers._running() & {first, second, third} == set()]

    if ROOT:
        first, second, third, free = inside(two)
        assert len({first, second, third}) == 3
        assert free
        assert all(layers._FIRST <= user < sweep.NOBODY for user in (first, second, third))
    for other in (Layer("B", ()), Layer("D", ()), Layer("A", (), {layers.USER: "x"})):
        assert layers.user_of_its_own(other, 0) is None
    assert inside(lambda: layers.user_of_its_own(layer, 0), user=SOMEBODY) is None


@pytest.mark.skipif(not ROOT, reason="only root has processes of other users")
@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc on this system")
def test_a_user_whose_last_process_is_not_buried_yet_is_not_free() -> None:
    user = somebody()

    def ended() -> bool:
        pid = os.fork()
        if pid == 0:
            become(user)
            kernel.dumpable(False)
            os._exit(0)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        taken = user in layers._running()
        os.waitpid(pid, 0)
        return taken and user not in layers._running()

    assert inside(ended)


def test_the_filter_that_is_tried_is_the_one_that_is_used() -> None:
    def refused() -> None:
        seccomp.program = lambda **how: b""  # type: ignore[assignment]

    said = chosen(NAMESPACES if lacking() is None else "D", None, refused)
    assert layers.FILTER in said["missing"]
    assert layers.FILTER not in said["active"]
