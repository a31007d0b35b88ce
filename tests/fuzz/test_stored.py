"""Stored evidence and results, spoilt."""

from __future__ import annotations

from hypothesis import given

from tests.fuzz import stored
from tests.fuzz.inputs import STORED
from tests.fuzz.settings import profile


@profile(60)
@given(STORED)
def test_what_is_stored_is_read_or_refused(data: bytes) -> None:
    stored.stored(data)
