"""What is handed in, of any content and shape."""

from __future__ import annotations

from hypothesis import given

from tests.fuzz import submissions
from tests.fuzz.inputs import PYTHON
from tests.fuzz.settings import profile
from tests.fuzz.submissions import Shape, shapes


@profile(60)
@given(PYTHON)
def test_any_content_is_read_or_refused(data: bytes) -> None:
    submissions.content(data)


@profile(40)
@given(shapes())
def test_any_shape_is_read_or_refused(given: Shape) -> None:
    submissions.shape(given)
