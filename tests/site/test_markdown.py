"""What is prose, what is a link, what is an id."""

from __future__ import annotations

import pytest

from autograder.site import markdown


def prose(text: str) -> list[int]:
    return [line.number for line in markdown.lines(text) if line.prose]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\ntwo", [1, 2]),
        ("one\n```\ntwo\n```\nthree", [1, 5]),
        ("one\n~~~ python\n```\n~~~\nthree", [1, 5]),
        ("````markdown\n```python\n```\n````\nfive", [5]),
        ("    ```python\n    two\n    ```\nfour", [4]),
        ("---\nminutes: 5\n---\nfour", [4]),
        ("```inline``` is no fence", [1]),
    ],
)
def test_fences_and_front_matter_are_no_prose(text: str, expected: list[int]) -> None:
    assert prose(text) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[a](b.md) and [c](d.md#e)", "[a](<b.md>) and [c](<d.md#e>)"),
        ('[a](b.md "A title")', '[a](<b.md> "A title")'),
        ("![alt](b.svg)", "![alt](<b.svg>)"),
        ("[![alt](b.svg)](c.md)", "[![alt](<b.svg>)](<c.md>)"),
        ("[a]: b.md", "[a]: <b.md>"),
        ("[^1]: b.md is a note", "[^1]: b.md is a note"),
        (
            "`[a](b.md)` stays, ``[`c`](d.md)`` too, [e](f.md) not",
            "`[a](b.md)` stays, ``[`c`](d.md)`` too, [e](<f.md>) not",
        ),
        (
            '<a class="x" href="b.md">b</a><img src=\'c.png\'>',
            '<a class="x" href="<b.md>">b</a><img src=\'<c.png>\'>',
        ),
        ('[a](b.md){ .md-button data-open="x/y" }', '[a](<b.md>){ .md-button data-open="x/y" }'),
    ],
)
def test_every_form_of_a_link_is_rewritten(line: str, expected: str) -> None:
    assert markdown.rewritten(line, lambda target, html: f"<{target}>") == expected


def test_a_link_that_leads_nowhere_on_purpose_leaves_its_words() -> None:
    line = "See [the *solution*](s.md){ .md-button } and [b](c.md)."
    kept = markdown.rewritten(line, lambda target, html: None if target == "s.md" else target)
    assert kept == "See the *solution* and [b](c.md)."


def test_ids_are_those_written_down_and_those_of_headings() -> None:
    text = '# One `two` {#own}\n\n## What is *run*, [here](x.md)?\n\n<p id="html">x</p>\n\n```\n# not this\n```\n'
    assert {"own", "what-is-run-here", "html"} <= markdown.anchors(text)
    assert "not-this" not in markdown.anchors(text)


def test_code_in_a_sentence_is_escaped() -> None:
    assert markdown.code("a `b < c` & d") == "a <code>b &lt; c</code> &amp; d"
