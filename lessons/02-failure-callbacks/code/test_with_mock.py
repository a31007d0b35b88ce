"""A test that cannot fail: a mock has every key, and every attribute."""

from __future__ import annotations

from unittest.mock import MagicMock

from alert import message


# --8<-- [start:test]
def test_message():
    assert message(MagicMock())["blocks"]
    # --8<-- [end:test]
