from __future__ import annotations

import pytest

from autograder.report.text import address, clip, lesson_address, lesson_file, plural, visible
from tests.report.samples import HOSTILE


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("caf\u00e9 \U0001f534 \u4e2d", "caf\u00e9 \U0001f534 \u4e2d"),
        ("\x1b[31mred", "⟨ESC⟩[31mred"),
        ("a\x00b\x07\x7f", "a⟨NUL⟩b⟨BEL⟩⟨DEL⟩"),
        ("\u202egnp.exe", "⟨U+202E⟩gnp.exe"),
        ("zero\u200bwidth\ufeff", "zero⟨U+200B⟩width⟨U+FEFF⟩"),
        ("line\u2028separator\x85", "line⟨U+2028⟩separator⟨U+0085⟩"),
        ("one\r\ntwo\rthree", "one\ntwo⟨CR⟩three"),
        ("tag\U000e0041", "tag⟨U+E0041⟩"),
        ("lone \ud800", "lone ⟨U+D800⟩"),
        ("", ""),
    ],
)
def test_hidden_characters_are_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_joiners_stay_because_emoji_need_them() -> None:
    family = "\U0001f468\u200d\U0001f469"
    assert visible(family) == family


def test_for_ascii_every_other_character_is_an_escape() -> None:
    assert visible("é\u202e\x1b", ascii_only=True) == "\\xe9<U+202E><U+001B>"
    assert visible(HOSTILE, ascii_only=True).isascii()


@pytest.mark.parametrize(
    "url", ["http://localhost:8080/log?a=b#c", "https://example.com", "HTTPS://EXAMPLE.COM/a"]
)
def test_addresses_that_may_be_followed(url: str) -> None:
    assert address(url) == url


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", " https://a.b", "//a.b", "/etc/passwd", "data:text/html,x", "file:///etc/passwd", "https://",
     "https:///etc", "https://a.b/\u202e", "https://a.b/ c", "java\nscript:alert(1)", "", None, 3, {}],
)  # fmt: skip
def test_addresses_that_may_not(url: object) -> None:
    assert address(url) is None


def test_clip_says_how_much_is_missing() -> None:
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abcdef", 2) == "ab… (4 more characters)"


def test_plural() -> None:
    assert (plural(1, "mail"), plural(2, "mail"), plural(0, "retry", "retries")) == (
        "1 mail",
        "2 mails",
        "0 retries",
    )


@pytest.mark.parametrize(
    ("docs", "site", "url", "file"),
    [
        ("lessons/02-x/#who", "/u/course/", "/u/course/lessons/02-x/#who", "lessons/02-x/index.md#who"),
        ("lessons/02-x/", "/course/", "/course/lessons/02-x/", "lessons/02-x/index.md"),
        ("lessons/02-x/#who", "", None, "lessons/02-x/index.md#who"),
        ("https://a.example/x", "", "https://a.example/x", "https://a.example/x"),
        ("javascript:alert(1)", "/course/", None, None),
        ("lessons/../../etc/", "/course/", None, None),
        ('lessons/02-x/#a"b', "/course/", None, None),
        (None, "/course/", None, None),
    ],
)
def test_where_a_lesson_is_read(docs: object, site: str, url: str | None, file: str | None) -> None:
    assert lesson_address(docs, site) == url
    assert lesson_file(docs) == file
