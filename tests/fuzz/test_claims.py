"""Claims and deliveries of any content, before the checks of every exercise."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.fuzz import claims
from tests.fuzz.claims import Heap
from tests.fuzz.settings import profile


@pytest.mark.parametrize("slug", claims.SLUGS)
def test_facts_of_an_answer_that_tells_nobody_earn_nothing(slug: str) -> None:
    result = claims.graded(slug, claims.plain(slug))
    assert (result.outcome, result.score, result.bonus_score) == ("graded", 0, 0)


@pytest.mark.parametrize("slug", claims.SLUGS)
def test_claims_break_no_check_and_pass_none_that_rests_on_facts(slug: str) -> None:
    @profile(2)
    @given(claims.sent())
    def test(heap: Heap) -> None:
        claims.nothing_gained((slug, heap))

    test()
