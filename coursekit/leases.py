"""Leases, and the register of those this process has not given back."""

from __future__ import annotations

import itertools
import logging
import os
from types import TracebackType
from typing import Any

from coursekit import server

__all__ = ["Lease", "LeaseError", "LeaseRefused", "connect", "open_leases"]

log = logging.getLogger("coursekit")

_open: dict[str, Lease] = {}
_local_ids = itertools.count(1)

CLOSE_SECONDS = 5.0


class LeaseError(Exception):
    """A lease could not be opened or closed."""


class LeaseRefused(LeaseError):
    """The other side does not take the lease back. It is still open; other leases are not concerned."""


class Lease:
    """A resource that is held until it is closed. Made by ``connect``."""

    def __init__(self, kind: str, key: str, address: str | None, options: dict[str, Any]) -> None:
        self._kind = kind
        self._id = key
        self._address = address
        self._options = options
        self._closed = False

    @property
    def kind(self) -> str:
        return self._kind

    @property
    def id(self) -> str:
        return self._id

    @property
    def options(self) -> dict[str, Any]:
        """What ``connect`` was given besides the kind."""
        return dict(self._options)

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self, timeout: float = CLOSE_SECONDS) -> None:
        """Give it back. Closing what is closed does nothing.

        :param timeout: seconds to wait for an answer.
        :raises LeaseRefused: when the other side does not take it back; it stays open.
        :raises LeaseError: when the other side cannot be asked, or does not answer in time.
        """
        if self._closed:
            return
        if self._address is not None:
            answer = _ask("DELETE", f"{self._address}/{self._id}", None, timeout, f"{self!r} was not closed")
            if answer.status == 409:
                raise LeaseRefused(f"{self!r} was not closed: {answer.said}")
            if answer.status >= 400:
                raise LeaseError(f"{self!r} was not closed: {answer.said} (status {answer.status})")
        self._closed = True
        _open.pop(self._id, None)

    def __enter__(self) -> Lease:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Lease {self._id}: {self._kind}, {'closed' if self._closed else 'open'}>"


def connect(kind: str, /, timeout: float = CLOSE_SECONDS, **options: Any) -> Lease:
    """Take a resource of a kind, such as ``database`` or ``ftp``.

    :param timeout: seconds to wait for an answer.
    :param options: what a real client would want (a host, a name); kept on the lease, otherwise unused.
    :raises LeaseError: when there is none to be had.
    """
    if not isinstance(kind, str) or not kind:
        raise TypeError(f"connect wants the kind of a resource as text, such as 'database', not {kind!r}.")
    address = os.environ.get("COURSEKIT_LEASES")
    if address is None:
        key = _local_key()
    else:
        answer = _ask("POST", address, {"kind": kind}, timeout, f"No lease of kind {kind!r}")
        if answer.status != 201 or not answer.id:
            raise LeaseError(f"No lease of kind {kind!r}: {answer.said} (status {answer.status})")
        key = answer.id
    lease = _open[key] = Lease(kind, key, address, options)
    return lease


def open_leases() -> list[Lease]:
    """The leases this process has taken and not given back, oldest first."""
    return list(_open.values())


def _local_key() -> str:
    number = next(_local_ids)
    if number == 1:
        log.info("No grader watches: leases live in memory, and nobody sees whether they are given back.")
    return f"local-{number}"


def _ask(
    method: str, address: str, body: dict[str, Any] | None, timeout: float, failed: str
) -> server.Answer:
    try:
        return server.ask(method, address, body, timeout)
    except (OSError, server.BadAnswer) as error:
        raise LeaseError(f"{failed}: {error or type(error).__name__}") from error
