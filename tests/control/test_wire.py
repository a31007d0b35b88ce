"""The reader of what a child sends: nothing that arrives can hang, fill or crash it."""

from __future__ import annotations

import msgspec
import pytest

from autograder.control import wire
from autograder.control.wire import Breach, Frames, Lines


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


def test_frames_arrive_in_any_pieces() -> None:
    data = framed(b"one") + framed(b"two")
    frames = Frames()
    found = [frame for byte in data for frame in frames.feed(bytes([byte]))]
    assert found == [b"one", b"two"]


@pytest.mark.parametrize("length", [0, wire.MAX_FRAME + 1, 0xFFFFFFFF, int.from_bytes(b'{"ev', "big")])
def test_a_length_that_cannot_be_is_a_breach_before_anything_is_kept(length: int) -> None:
    with pytest.raises(Breach, match=f"{length} bytes"):
        list(Frames().feed(length.to_bytes(4, "big")))


def test_too_many_frames_are_a_breach() -> None:
    with pytest.raises(Breach, match="more than 3 frames"):
        list(Frames(3).feed(framed(b"x") * 4))


@pytest.mark.parametrize(
    "value",
    [
        1,
        "text",
        [],
        [1],
        ["1", {"type": "x"}],
        [1, {"kind": "x"}],
        [1, {"type": 3}],
        [1, {"type": "x"}, None, 4],
    ],
)
def test_what_is_not_a_request_is_a_breach(value: object) -> None:
    with pytest.raises(Breach, match="not a request"):
        Frames().request(msgspec.msgpack.encode(value))


def test_garbage_is_a_breach() -> None:
    with pytest.raises(Breach, match="not msgpack"):
        Frames().request(b"\xc1\xff\x00")
    with pytest.raises(Breach, match="not JSON"):
        Frames.side(b"\xff{")
    with pytest.raises(Breach, match="without a word"):
        Frames.side(b"[1]")


def test_json_that_would_break_its_reader_is_a_breach() -> None:
    with pytest.raises(Breach, match="not JSON"):
        Frames.side(b"[" * 50_000)
    with pytest.raises(Breach, match="not JSON"):
        Frames.side(b'["call", ' + b"[" * 500 + b"]" * 501)
    assert Frames.side(b'["call", "\\ud800"]') == ["call", "?"]


def test_a_request_is_read() -> None:
    request = Frames().request(msgspec.msgpack.encode([7, {"type": "GetXCom", "key": "k"}, None]))
    assert (request.id, request.type, request.body["key"]) == (7, "GetXCom", "k")


def test_lines_are_kept_up_to_a_megabyte_and_counted_beyond() -> None:
    lines = Lines()
    kept = [line for _ in range(40) for line in lines.feed(b"x" * 65535 + b"\n")]
    assert 15 <= len(kept) <= 18
    assert lines.dropped > 20 * 65536
    assert sum(map(len, kept)) <= wire.LOG_KEPT + 65536


def test_what_comes_after_a_renewal_is_kept_from_the_next_line_on() -> None:
    lines = Lines()
    for _ in range(40):
        list(lines.feed(b"x" * 65535 + b"\n"))
    assert list(lines.feed(b"this line began too early: ")) == []
    before = lines.dropped
    lines.renew()
    assert list(lines.feed(b"its end\nand this one not\n")) == [b"and this one not"]
    assert lines.dropped == before + len(b"its end\n")


def test_an_endless_line_is_cut_and_a_flood_is_a_breach() -> None:
    lines = Lines()

    def flood() -> None:
        for _ in range(2000):
            for line in lines.feed(b"y" * 65536):
                assert len(line) <= wire.LINE

    with pytest.raises(Breach, match="64 MiB of log"):
        flood()


def test_what_came_without_a_line_end_is_the_rest() -> None:
    lines = Lines()
    assert list(lines.feed(b"a\nb")) == [b"a"]
    assert list(lines.rest()) == [b"b"]
