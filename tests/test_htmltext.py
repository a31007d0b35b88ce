"""The words of an HTML mail."""

from __future__ import annotations

import time

import pytest

from autograder.htmltext import html_to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("a<br>b<br/>c<BR >d", "a\nb\nc\nd"),
        ("<style>p {}</style><script>x('<p>')</script>seen", "seen"),
        ("<STYLE type='x'>p</Style >seen", "seen"),
        ("<script>never closed", ""),
        ("  much \n  space <b>bold</b> word ", "much space bold word"),
        ("<b>no</b>space", "nospace"),
        ("<pre>line 1\n  line  <b>2</b></pre>after  it", "line 1\nline  2\nafter it"),
        ('<a href="http://log/1">the log</a>.', "the log (http://log/1)."),
        ("<A class=x HREF=http://log/1>the log</A>", "the log (http://log/1)"),
        ("<a data-href='no' href = 'http://log/1'>log", "log (http://log/1)"),
        ('<a href="http://log/1">http://log/1</a>', "http://log/1"),
        ('<a href="http://log/?a=1&amp;b=2">log</a>', "log (http://log/?a=1&b=2)"),
        ('<a name="x">no link</a>', "no link"),
        ("<table><tr><td>DAG</td><td>etl</td></tr></table>", "DAG\netl"),
        ('<img src="x" alt="chart">', "chart"),
        ("&lt;b&gt;disk&lt;/b&gt; &amp; abc", "<b>disk</b> & abc"),
        ("unescaped <b>disk</b> & abc", "unescaped disk & abc"),
        ("1 < 2 and 3 > 2, <3", "1 < 2 and 3 > 2, <3"),
        ("<!DOCTYPE html><!-- hidden <p> --><?php hidden ?>seen", "seen"),
        ("seen<!-- never closed <p>x", "seen"),
        ("<my-tag>kept</my-tag></p></a></pre>", "kept"),
    ],
)
def test_html_as_text(html, text):
    assert html_to_text(html) == text


MEGABYTE = 1_000_000
PIECES = [
    "a<b>",
    "<a href=x>a",
    "<a ",
    "<",
    "<!",
    "<!--",
    "<![CDATA[",
    "<script>",
    "</scrip",
    "<?",
    "<a b=c ",
    "&",
    "<pre>\n",
]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("end", ["", ">", "</a>"])
def test_a_page_made_to_take_forever_does_not(piece, end):
    started = time.perf_counter()
    html_to_text(piece * (MEGABYTE // len(piece)) + end)
    assert time.perf_counter() - started < 5


def test_a_character_of_a_number_beyond_all_numbers() -> None:
    assert html_to_text("a&#" + "9" * 5000 + ";b") == "a\ufffdb"
