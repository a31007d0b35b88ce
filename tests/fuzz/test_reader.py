"""The reader of what a child sends, over bytes that are nearly right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given

from tests.fuzz import reader
from tests.fuzz.inputs import READER
from tests.fuzz.settings import profile


@pytest.mark.parametrize("name", reader.__all__)
def test_it_reads_or_refuses(name: str) -> None:
    read: Callable[[bytes], None] = getattr(reader, name)

    @profile(40)
    @given(READER)
    def test(data: bytes) -> None:
        read(data)

    test()
