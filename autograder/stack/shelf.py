"""What has arrived at the standing stand-ins, kept on disk: the newest so many, whoever wrote or reads them."""

from __future__ import annotations

import logging
import secrets
import shutil
import time
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from autograder.evidence import Mail, SlackMessage
from autograder.records import Record
from autograder.services import Ledger
from autograder.services.ledger import SIZE_LIMIT

__all__ = ["Delivery", "Kind", "Shelf", "ShelfLedger"]

log = logging.getLogger(__name__)

Kind = Literal["mails", "slack"]
Delivery = Mail | SlackMessage

KEPT = 200
"""Deliveries of a kind; what is older makes room."""


class Shelf:
    """``work/.cache/deliveries``: one file each, named by the moment of arrival. Safe for several processes.

    In what is kept, ``at`` is in Unix seconds.
    """

    def __init__(self, work: Path) -> None:
        self._folder = work / ".cache" / "deliveries"

    def put(self, kind: Kind, delivery: Delivery) -> None:
        """Keep a delivery.

        :raises OSError: when it cannot be written.
        """
        folder = self._folder / kind
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns():020}-{secrets.token_hex(3)}.json"
        part = folder / f".{name}.part"
        part.write_text(delivery.model_dump_json(), encoding="utf-8")
        part.replace(folder / name)
        for old in self.names(kind)[KEPT:]:
            (folder / old).unlink(missing_ok=True)

    def names(self, kind: Kind) -> list[str]:
        """What there is, newest first."""
        try:
            found = [path.name for path in (self._folder / kind).iterdir() if path.suffix == ".json"]
        except FileNotFoundError:
            return []
        return sorted(found, reverse=True)

    def read(self, kind: Kind, name: str) -> Delivery | None:
        """One of ``names``; None when it is gone meanwhile, or was written by another version of the course."""
        try:
            return _read(self._folder / kind / name, kind)
        except (OSError, ValidationError):
            return None

    def clear(self, kind: Kind) -> None:
        shutil.rmtree(self._folder / kind, ignore_errors=True)


@lru_cache(maxsize=2 * KEPT)
def _read(path: Path, kind: Kind) -> Delivery:
    record: type[Delivery] = Mail if kind == "mails" else SlackMessage
    return record.model_validate_json(path.read_bytes())


class ShelfLedger(Ledger):
    """Puts mails and Slack messages on a shelf. The rest is answered, and forgotten."""

    forgets = True

    def __init__(self, shelf: Shelf, leases: int) -> None:
        super().__init__(leases)
        self._shelf = shelf

    def has_room(self, kind: str, weight: int) -> bool:
        return weight <= 2 * SIZE_LIMIT

    def add(self, kind: str, record: Record, weight: int) -> None:
        if isinstance(record, (Mail, SlackMessage)):
            try:
                self._shelf.put("mails" if isinstance(record, Mail) else "slack", record)
            except OSError as error:
                # Whoever sent it is told that it arrived: that nobody can look at it is no fault of theirs.
                log.warning("A delivery could not be kept: %s", error)
