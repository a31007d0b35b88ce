"""The reader of what a child sends: nothing that arrives can hang, fill or crash it."""

from __future__ import annotations

import msgspec
import pytest

from autograder.control import wire
from autograder.control.wire import Allowance, Breach, Excess, Frames, Lines


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


def test_frames_arrive_in_any_pieces() -> None:
    data = framed(b"one") + framed(b"two")
    frames = Frames(9)
    found = [frame for byte in data for frame in frames.feed(bytes([byte]))]
    assert found == [b"one", b"two"]


@pytest.mark.parametrize("length", [0, wire.MAX_FRAME + 1, 0xFFFFFFFF, int.from_bytes(b'{"ev', "big")])
def test_a_length_that_cannot_be_is_a_breach_before_anything_is_kept(length: int) -> None:
    with pytest.raises(Breach, match=f"{length} bytes"):
        list(Frames(9).feed(length.to_bytes(4, "big")))


def test_too_many_frames_are_a_breach() -> None:
    with pytest.raises(Breach, match="more than 3 frames") as caught:
        list(Frames(3).feed(framed(b"x") * 4))
    assert not isinstance(caught.value, Excess), "the side channel is ours, and no limit of the run"


def test_too_many_requests_use_up_a_limit_of_the_run() -> None:
    frames = Frames(3, "frames")
    assert len(list(frames.feed(framed(b"x") * 3))) == 3
    with pytest.raises(Excess, match="more than 3 frames") as caught:
        list(frames.feed(framed(b"x")))
    assert caught.value.limit == "frames"


def test_too_much_in_frames_is_a_breach_however_few_they_are() -> None:
    frames, frame = Frames(1000), framed(b"x" * wire.MAX_FRAME)
    for _ in range(wire.MAX_FRAMES // wire.MAX_FRAME):
        assert len(list(frames.feed(frame))) == 1
    with pytest.raises(Breach, match="more than 128 MB in frames"):
        list(frames.feed(framed(b"x")))


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
        Frames(9).request(msgspec.msgpack.encode(value))


@pytest.mark.parametrize("inner", [[], None])
def test_more_values_than_anybody_sends_are_a_breach(inner: object) -> None:
    many = [1, {"type": "SetXCom", "value": [inner] * (wire.MAX_VALUES + 1)}]
    with pytest.raises(Breach, match="more than 500000 values"):
        Frames(9).request(msgspec.msgpack.encode(many))
    several = [1, {"type": "SetXCom", "value": [inner] * 100_000}]
    assert Frames(9).request(msgspec.msgpack.encode(several)).type == "SetXCom"


def test_garbage_is_a_breach() -> None:
    with pytest.raises(Breach, match="not msgpack"):
        Frames(9).request(b"\xc1\xff\x00")
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
    request = Frames(9).request(msgspec.msgpack.encode([7, {"type": "GetXCom", "key": "k"}, None]))
    assert (request.id, request.type, request.body["key"]) == (7, "GetXCom", "k")


def test_lines_are_kept_up_to_a_megabyte_and_counted_beyond() -> None:
    lines = Lines(Allowance(64 << 20))
    kept = [line for _ in range(40) for line in lines.feed(b"x" * 65535 + b"\n")]
    assert 15 <= len(kept) <= 18
    assert lines.dropped > 20 * 65536
    assert sum(map(len, kept)) <= wire.LOG_KEPT + 65536


def test_what_comes_after_a_renewal_is_kept_from_the_next_line_on() -> None:
    lines = Lines(Allowance(64 << 20))
    for _ in range(40):
        list(lines.feed(b"x" * 65535 + b"\n"))
    assert list(lines.feed(b"this line began too early: ")) == []
    before = lines.dropped
    lines.renew()
    assert list(lines.feed(b"its end\nand this one not\n")) == [b"and this one not"]
    assert lines.dropped == before + len(b"its end\n")


def test_an_endless_line_is_cut_and_a_flood_is_a_breach() -> None:
    lines = Lines(Allowance(64 << 20))

    def flood() -> None:
        for _ in range(2000):
            for line in lines.feed(b"y" * 65536):
                assert len(line) <= wire.LINE

    with pytest.raises(Excess, match="64 MB of log") as caught:
        flood()
    assert caught.value.limit == "log"


def test_what_may_be_logged_is_for_all_channels_of_all_processes_together() -> None:
    room = Allowance(100)
    one, other = Lines(room), Lines(room)
    assert list(one.feed(b"x" * 59 + b"\n")) == [b"x" * 59]
    assert list(other.feed(b"y" * 39 + b"\n")) == [b"y" * 39]
    with pytest.raises(Excess, match="more than 100 bytes of log"):
        list(other.feed(b"z"))


def test_what_came_without_a_line_end_is_the_rest() -> None:
    lines = Lines(Allowance(64 << 20))
    assert list(lines.feed(b"a\nb")) == [b"a"]
    assert list(lines.rest()) == [b"b"]
