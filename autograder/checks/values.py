"""Demands on what was taken out of evidence: a text, a number, a state, a mapping, an order of events."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Self

from autograder.checks import diagnosis, reading, shape, structured, words
from autograder.checks.failure import CheckFailed
from autograder.checks.items import Item
from autograder.checks.shown import Shown, flat

__all__ = ["OrderExpectation", "ValueExpectation"]


class OrderExpectation:
    """Demands on things of several kinds that were looked at one by one."""

    def __init__(self, items: list[Item[Any]]) -> None:
        self._items = items

    def in_order(self) -> Self:
        """None happened before the one that stands before it."""
        for earlier, later in pairwise(self._items):
            if later.at < earlier.at:
                raise diagnosis.failed(
                    f"This came too early: {later.summary}",
                    expected="; then ".join(item.summary for item in self._items),
                    observed=f"{later.at:g} s: {later.summary}; {earlier.at:g} s: {earlier.summary}",
                    items=(later, earlier),
                )
        return self


class ValueExpectation:
    """Demands on a single value: a text, a number, a state, a mapping."""

    def __init__(self, value: Any) -> None:
        self._value = value

    @property
    def _what(self) -> str:
        return self._value.what if isinstance(self._value, Shown) else "it"

    def _fail(self, message: str, expected: str, observed: str | None = None) -> CheckFailed:
        noted = reading.current()
        item = self._value.item if isinstance(self._value, Shown) else None
        return CheckFailed(
            message[:1].upper() + message[1:],
            expected=expected,
            observed=str(self._value) if observed is None else observed,
            lines=(item.line,) if item is not None else (),
            where=(item.where if item is not None else None) or noted.where,
        )

    def equals(self, other: Any) -> Self:
        """The same value."""
        if self._value != other:
            raise self._fail(f"{self._what} is {self._said()}, not {other!r}.", repr(other))
        return self

    def differs_from(self, other: Any) -> Self:
        """Not the same value."""
        if self._value == other:
            raise self._fail(f"{self._what} is the same in both cases.", "two that differ")
        return self

    def one_of(self, *others: Any) -> Self:
        """One of these values."""
        if self._value not in others:
            wish = words.listing([repr(other) for other in others], "or")
            raise self._fail(f"{self._what} is {self._said()}.", wish)
        return self

    def at_least(self, number: float) -> Self:
        """This number or more."""
        return self.that(structured.between(number, float("inf")), f"{number} or more")

    def at_most(self, number: float) -> Self:
        """This number or less."""
        return self.that(structured.between(float("-inf"), number), f"{number} or less")

    def between(self, low: float, high: float) -> Self:
        """A number from ``low`` to ``high``, both included."""
        return self.that(structured.between(low, high), f"a number from {low} to {high}")

    def that(self, condition: Callable[[Any], bool], wish: str) -> Self:
        """The condition holds of it. ``wish`` says what it should be: ``a list of blocks``."""
        if not condition(self._value):
            raise self._fail(f"{self._what} is {self._said()}, not {wish}.", wish)
        return self

    def matches(self, pattern: str, wish: str) -> Self:
        """The regular expression is found in its text. ``wish`` says what that means."""
        if not re.search(pattern, self._text()):
            raise self._fail(f"{self._what} does not have {wish}.", wish)
        return self

    def has(self, **fields: Any) -> Self:
        """It is a mapping with these fields, at the top or inside; values as in ``contains_record``."""
        wish = ", ".join(f"`{key}` {structured.wording(value)}" for key, value in fields.items())
        if not isinstance(self._value, Mapping):
            raise self._fail(f"{self._what} is {self._said()}, not a record.", wish)
        wrong = structured.differences(self._value, fields)
        if wrong:
            raise self._fail(f"{self._what} is not as asked: {words.listing(wrong)}.", wish)
        return self

    def names(self, *texts: Any, try_number: int | None = None) -> Self:
        """Each of these texts can be read in it; with ``try_number``, also the try's number, by itself."""
        wanted = [str(text) for text in texts]
        text = flat(self._text())
        missing = [one for one in wanted if flat(one) not in text]
        wish = [f"`{one}`" for one in wanted]
        said = [f"`{one}`" for one in missing]
        if try_number is not None:
            wish.append(f"the try ({try_number})")
            if not self._has_try(text, wanted, try_number):
                said.append(f"the try ({try_number})")
        if said:
            message = f"{self._what} does not show {words.listing(said, 'or')}."
            raw = flat(self._value.raw) if isinstance(self._value, Shown) else ""
            if any(flat(one) in raw for one in missing):
                message += " It was written, but as markup, so a reader does not see it: escape it."
            raise self._fail(message, f"a text that shows {words.listing(wish)}")
        return self

    def lacks(self, *texts: Any) -> Self:
        """None of these texts is in it."""
        text = flat(self._text())
        shown = [f"`{one}`" for one in map(str, texts) if flat(one) in text]
        if shown:
            raise self._fail(
                f"{self._what} shows {words.listing(shown)}.", f"a text without {words.listing(shown)}"
            )
        return self

    def _has_try(self, text: str, wanted: list[str], number: int) -> bool:
        """Whether the number stands there by itself: those inside ids, dates and addresses do not count."""
        for one in sorted(map(flat, wanted), key=len, reverse=True):
            text = text.replace(one, " ")
        item = self._value.item if isinstance(self._value, Shown) else None
        if item is not None:
            text = shape.mask(text, item.evidence, numbers=False)
        return re.search(rf"(?<![\w.:-]){number}(?![\w:])(?!\.\d)", text) is not None

    def _text(self) -> str:
        return "" if self._value is None else str(self._value)

    def _said(self) -> str:
        return "nothing" if self._value is None else words.shorten(repr(self._value))
