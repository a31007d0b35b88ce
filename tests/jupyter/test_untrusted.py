"""A card in a notebook that is not trusted: what JupyterLab's sanitizer leaves of it can still be read."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from autograder.predictions import Compared
from autograder.report import html
from autograder.report.beside import Beside
from tests.report import samples

ALLOWED = frozenset(
    """
    a abbr acronym address area article aside audio b bdi bdo big blockquote br button canvas caption center cite code
    col colgroup colspan command data datalist dd del details dfn dir div dl dt em fieldset figcaption figure font
    footer form h1 h2 h3 h4 h5 h6 header hgroup hr i img input ins kbd label legend li map mark menu meter nav nobr ol
    optgroup option output p pre progress q rowspan s samp section select small source span strike strong sub summary
    sup table tbody td textarea tfoot th thead time tr track tt u ul var video wbr
    """.split()  # noqa: SIM905
)
"""The tags of JupyterLab 4.6. Of any other only the text stays; of styles and scripts not even that."""
BLOCKS = {"p", "div", "li", "dd", "dt", "h1", "h2", "h3", "tr", "td", "th", "summary", "article", "section"}


class Sanitized(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.lines = [""]
        self.kept: list[str] = []
        self._mute = 0
        self.feed(markup)

    @property
    def text(self) -> str:
        return "\n".join(re.sub(r"\s+", " ", line).strip() for line in self.lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._mute += tag in ("style", "script")
        if tag in ALLOWED:
            self.kept.append(tag)
        if tag in BLOCKS:
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        self._mute -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._mute:
            self.lines[-1] += data


def card() -> Sanitized:
    evidence = {one.name: one for one in (samples.fails(), samples.loses())}
    said = Compared(question="How many mails arrive?", said="1", happened="3 arrived", same=False)
    beside = Beside(
        site="/course/", in_lab=True, notes=("`dag.py` was kept.",), predicted=(said,), predicted_at="14:05"
    )
    return Sanitized(html.render_card(samples.partly(), evidence, {}, beside))


def test_every_check_keeps_its_outcome_its_sentence_and_its_points() -> None:
    text = card().text
    for check in samples.partly().checks:
        if check.outcome in ("passed", "failed"):
            title = check.title.replace("`", "")
            outcome = {"passed": "✓ passed: ", "failed": "✗ failed: "}[check.outcome]
            assert f"{outcome}{title}" in text.replace("bonus", "")
            assert f"{check.points}/{check.max_points}" in text


def test_hints_stay_folded_one_in_the_other() -> None:
    assert card().kept.count("details") > 5
    assert card().kept.count("details") == card().kept.count("summary")


def test_what_was_predicted_and_done_is_still_told() -> None:
    text = card().text
    assert "What you predicted at 14:05" in text
    assert "How many mails arrive?\n1\n3 arrived" in text
    assert "dag.py was kept." in text


def test_of_a_picture_its_words_remain_apart_from_each_other_and_once() -> None:
    run = Sanitized(html.render_run_card(samples.loses()))
    (line,) = [line for line in run.text.splitlines() if line.count("; ") > 8]
    pieces = line.split("; ")
    assert all(len(piece) < 200 for piece in pieces)
    assert "ag-" not in line


def test_no_style_is_shown_as_text() -> None:
    assert "{" not in card().text.split("Expected")[0]
