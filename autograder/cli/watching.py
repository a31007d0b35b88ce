"""Watch mode: what happened (a save, a key), in order, from whatever source tells it."""

from __future__ import annotations

import os
import queue
import select
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["KEYS", "Actions", "Event", "Key", "Saved", "Sources", "loop", "snapshot"]

KEYS = {"h": "hint", "l": "list", "n": "next exercise", "q": "quit"}
_PATIENCE_MS = 1000
_MOST_FILES = 2000


@dataclass(frozen=True)
class Saved:
    """Files that are new, gone or different."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Key:
    letter: str


Event = Saved | Key


@dataclass(frozen=True)
class Actions:
    """What watch mode does about an event."""

    check: Callable[[tuple[str, ...]], None]
    hint: Callable[[], None]
    list: Callable[[], None]
    next: Callable[[], None]
    unknown: Callable[[str], None]


def loop(take: Callable[[bool], Event | None], actions: Actions) -> None:
    """Act on events until `q`. ``take(wait)`` gives the next one; without waiting, None if there is none.

    Saves that arrived while a check ran are answered by one more check.
    """
    event = take(True)
    while event is not None and event != Key("q"):
        following = None
        if isinstance(event, Saved):
            names = list(event.names)
            following = take(False)
            while isinstance(following, Saved):
                names += [name for name in following.names if name not in names]
                following = take(False)
            actions.check(tuple(names))
        else:
            _press(event.letter, actions)
        event = following or take(True)


def _press(letter: str, actions: Actions) -> None:
    known = {"h": actions.hint, "l": actions.list, "n": actions.next}
    if letter in known:
        known[letter]()
    elif not letter.isspace():
        actions.unknown(letter)


def snapshot(path: Path) -> dict[str, tuple[int, int]]:
    """Name → time and size of every file that counts: a file itself, or what is in a folder."""
    if not path.is_dir():
        return _stat({path.name: path})
    found: dict[str, Path] = {}
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        for name in names:
            if (
                not name.startswith(".")
                and not name.endswith(("~", ".pyc", ".tmp"))
                and len(found) < _MOST_FILES
            ):
                whole = Path(folder, name)
                found[str(whole.relative_to(path))] = whole
    return _stat(found)


def _stat(paths: dict[str, Path]) -> dict[str, tuple[int, int]]:
    seen = {}
    for name, path in paths.items():
        try:
            stat = path.stat()
        except OSError:
            continue
        seen[name] = (stat.st_mtime_ns, stat.st_size)
    return seen


class Sources:
    """File changes and keys from two threads, as one queue.

    A change is whatever a new snapshot shows: file events only wake us early, so where they do not arrive
    (network drives, some containers) a save is still seen within a second.
    """

    def __init__(self, path: Path) -> None:
        self._queue: queue.Queue[Event] = queue.Queue()
        self._stop = threading.Event()
        self._path = path
        self._seen = snapshot(path)
        self._lock = threading.Lock()

    def turn_to(self, path: Path) -> None:
        """Watch another file or folder from now on; changes of the old one that wait are forgotten."""
        with self._lock:
            self._path, self._seen = path, snapshot(path)
            kept = [event for event in self._drain() if isinstance(event, Key)]
            for event in kept:
                self._queue.put(event)

    def take(self, wait: bool) -> Event | None:
        try:
            return self._queue.get(block=wait)
        except queue.Empty:
            return None

    def put(self, event: Event) -> None:
        self._queue.put(event)

    @contextmanager
    def open(self) -> Iterator[Sources]:
        threads = [threading.Thread(target=work, daemon=True) for work in (self._follow, self._read_keys)]
        with _cbreak():
            for thread in threads:
                thread.start()
            try:
                yield self
            finally:
                self._stop.set()
                for thread in threads:
                    thread.join(timeout=2)

    def _drain(self) -> Iterator[Event]:
        while (event := self.take(False)) is not None:
            yield event

    def _follow(self) -> None:
        while not self._stop.is_set():
            path = self._path
            for _ in _wake_ups(path if path.is_dir() else path.parent, self._stop):
                self._compare()
                if self._path != path:
                    break

    def _compare(self) -> None:
        with self._lock:
            now = snapshot(self._path)
            changed = sorted(
                name for name in now.keys() | self._seen.keys() if now.get(name) != self._seen.get(name)
            )
            self._seen = now
            if changed:
                self._queue.put(Saved(tuple(changed)))

    def _read_keys(self) -> None:
        try:
            number = sys.stdin.fileno()
        except (OSError, ValueError, AttributeError):
            return
        while not self._stop.is_set():
            ready, _, _ = select.select([number], [], [], 0.2)
            if ready:
                letter = os.read(number, 1)
                if not letter:
                    return
                self._queue.put(Key(letter.decode("ascii", "replace").lower()))


def _wake_ups(folder: Path, stop: threading.Event) -> Iterator[None]:
    """Yield after each burst of file events, and once a second without any; end when events cannot be had."""
    try:
        from watchfiles import watch

        for _ in watch(
            folder,
            watch_filter=None,
            debounce=200,
            step=40,
            stop_event=stop,
            rust_timeout=_PATIENCE_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
        ):
            yield
    except OSError:
        # No inotify instance left, or the folder is gone: polling alone goes on.
        stop.wait(_PATIENCE_MS / 1000)
        yield


@contextmanager
def _cbreak() -> Iterator[None]:
    """Keys arrive one by one, without Enter, if there is a keyboard; the terminal is left as it was."""
    import termios
    import tty

    try:
        number = sys.stdin.fileno()
        before = termios.tcgetattr(number)
    except (OSError, ValueError, AttributeError, termios.error):
        yield
        return
    tty.setcbreak(number)
    try:
        yield
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
