"""What strangers send can always be stored, and read again."""

from __future__ import annotations

import pytest

from autograder.evidence import Post
from autograder.services.bodies import clean, parse_json


@pytest.mark.parametrize(
    "text",
    ['"\\ud800"', '{"\\udfff": [1, 2.5, null, true]}', "1" * 4000, "[" * 60 + "]" * 60, "-0.0", "1e300"],
)
def test_json_that_is_taken_survives_storing(text):
    post = Post(
        id=1,
        execution=1,
        phase="after",
        at=0,
        method="POST",
        path="/",
        body=parse_json(text),
        authorized=True,
        status=1,
    )
    assert Post.model_validate_json(post.model_dump_json()) == post


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", "-Infinity", "1e999", "1" * 5000, "[" * 100 + "]" * 100, "[" * 100_000]
)
def test_json_that_is_not(text):
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)


def test_text_without_a_partner_is_replaced():
    assert clean("a\ud800b") == "a?b"
    assert clean("ä💥") == "ä💥"
