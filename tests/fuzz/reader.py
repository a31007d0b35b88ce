"""The reader of what a child sends: frames, lines, and the words of the side channel.

Each property takes bytes, of which the first decide in what pieces the others arrive.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from autograder.control.heard import Heard
from autograder.control.recording import Recording, Who
from autograder.control.wire import CHUNK, LINE, LOG_KEPT, MAX_FRAME, Allowance, Breach, Frames, Lines
from autograder.evidence import CallbackCall, Channel, LogEvent
from autograder.jail.doors import open_doors
from autograder.services.address import Address

__all__ = ["frames", "heard", "lines", "words"]

_ROOM = 4 << 20
"""Bytes of log that all lines together may have here."""
_CHANNELS: tuple[Channel, ...] = ("stdout", "stderr", "log")


def _pieces(data: bytes) -> Iterator[bytes]:
    """All but the first three bytes, in pieces of the sizes that those say."""
    sizes, rest, turn = [size or 256 for size in data[:3]], data[3:], 0
    while rest:
        size = sizes[turn % 3]
        yield rest[:size]
        rest, turn = rest[size:], turn + 1


def _read(frames: Frames, pieces: Iterator[bytes]) -> tuple[list[bytes], str]:
    """The frames, and how the conversation ended."""
    found: list[bytes] = []
    try:
        for piece in pieces:
            for frame in frames.feed(piece):
                found.append(frame)
                assert 0 < len(frame) <= MAX_FRAME
            # The present frame, and no more than was read with its beginning.
            assert len(frames._buffer) < 4 + MAX_FRAME
    except Breach as breach:
        return found, str(breach)
    return found, ""


def frames(data: bytes) -> None:
    """The same frames in whatever pieces they come, each of them a request, or words, or a breach."""
    found = _read(Frames(20), _pieces(data))
    assert found == _read(Frames(20), iter([data[3:]]))
    assert len(found[0]) <= 20
    for frame in found[0]:
        try:
            request = Frames(20).request(frame)
            assert isinstance(request.id, int)
            assert isinstance(request.type, str)
        except Breach:
            pass
        try:
            said = Frames.side(frame)
            assert isinstance(said[0], str)
        except Breach:
            pass


def lines(data: bytes) -> None:
    """Nothing longer than a line may be, nothing beyond what is kept, nothing added."""
    reader, found, fed = Lines(Allowance(_ROOM)), [], 0
    for number, piece in enumerate(_pieces(data)):
        # Now and then much more than there is, so that every limit is met.
        piece = piece * (1 << (piece[0] % 13)) if number % 5 == 4 else piece
        for start in range(0, len(piece), CHUNK):
            fed += len(piece[start : start + CHUNK])
            try:
                found += reader.feed(piece[start : start + CHUNK])
            except Breach:
                assert fed > _ROOM
                return
            assert len(reader._buffer) <= LINE
    found += reader.rest()
    assert all(len(line) <= LINE and b"\n" not in line for line in found)
    assert sum(map(len, found)) <= min(fed, LOG_KEPT + CHUNK)
    assert reader.dropped <= fed


def heard(data: bytes) -> None:
    """Every line is told once, and those of one channel in the order in which they came."""
    told: dict[Channel, list[bytes]] = {channel: [] for channel in _CHANNELS}
    came: dict[Channel, list[bytes]] = {channel: [] for channel in _CHANNELS}
    reader = Heard()
    for number, line in enumerate(data[1:].split(b"\n")):
        channel = _CHANNELS[(line[0] if line else number) % 3]
        came[channel].append(line)
        reader.add(channel, line)
        if sum(data[:1]) % 7 == number % 7:
            for where, text in reader.in_order():
                told[where].append(text)
    for where, text in reader.in_order():
        told[where].append(text)
    assert list(reader.in_order()) == []
    for channel in _CHANNELS:
        assert len(told[channel]) == len(came[channel])
        if channel != "log":  # a line of the log loses its stamp
            assert told[channel] == came[channel]
        assert all(full.endswith(text) for full, text in zip(came[channel], told[channel], strict=True))


def words(data: bytes) -> None:
    """Lines of log, and words about callback calls, make records that can be stored and read again."""
    recording = Recording(lambda: 1.5, {"/scratch/run": "."})
    who = Who(1, "worker", _address(), "first", -1, 1)
    for line in data.split(b"\n"):
        for channel in _CHANNELS:
            recording.line(who, channel, line)
        try:
            said = Frames.side(line)
        except Breach:
            continue
        match said:
            case ["call", dict(told)]:
                recording.call_opened(who, told)
            case ["returned", error] if who.calls:
                recording.call_returned(who, error)
    recording.ended(who, 0, [], stopped=False)
    for event in recording.logs:
        assert LogEvent.model_validate_json(event.model_dump_json()) == event
    for call in recording.finished_calls([]):
        assert CallbackCall.model_validate_json(call.model_dump_json()) == call
    assert len(recording.logs) <= 3 * (data.count(b"\n") + 1)


def _address() -> Address:
    """Of a child with whom nobody talks."""
    with closing(open_doors()) as doors:
        return Address(
            execution=1,
            component="worker",
            task_id="first",
            map_index=-1,
            try_number=1,
            phase="before",
            doors=doors,
        )
