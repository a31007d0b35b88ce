"""Values and texts that nobody sends on purpose: strategies for ``hypothesis``. Imports no Airflow."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

__all__ = ["json_values", "replaced", "texts"]

texts = st.one_of(
    st.sampled_from(["", "\0", "../..", "{{ 1 }}", "%s"]),
    st.just("9").map(lambda digit: digit * 5000),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20),
)

_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.sampled_from([0, -1, 1, 2**31, 1e300, "inf", "os.system", "__type", "__var"]),
    texts,
)

json_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value within a value."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _places(item, (*path, index))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


@st.composite
def replaced(draw: st.DrawFn, value: Any) -> Any:
    """The value with something in it put in the place of something else, or taken away."""
    made = copy.deepcopy(value)
    places = list(_places(made))
    if not places:
        return draw(json_values)
    *way, last = draw(st.sampled_from(places))
    holder = _at(made, tuple(way))
    kind = draw(st.sampled_from(["junk", "gone", "another", "within"]))
    if kind == "gone":
        del holder[last]
    elif kind == "another":
        holder[last] = copy.deepcopy(_at(value, draw(st.sampled_from(places))))
    elif kind == "within":
        holder[last] = draw(
            st.sampled_from([[holder[last]], {"__type": "dict", "__var": holder[last]}, str(holder[last])])
        )
    else:
        holder[last] = draw(json_values)
    return made
