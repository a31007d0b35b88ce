"""What the stand-ins are told, nearly right or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from tests.fuzz import standins
from tests.fuzz.inputs import DATAGRAMS, DOORS, HTML, MAILS, MESSAGES
from tests.fuzz.settings import profile

CASES = {"datagram": DATAGRAMS, "html": HTML, "mail": MAILS, "message": MESSAGES, "doors": DOORS}


@pytest.mark.parametrize("name", CASES)
def test_it_understands_or_refuses(name: str) -> None:
    hear: Callable[[bytes], None] = getattr(standins, name)
    inputs: Any = CASES[name]

    @profile(50)
    @given(inputs)
    def test(data: bytes) -> None:
        hear(data)

    test()
