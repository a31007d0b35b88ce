from __future__ import annotations

import random
import time
from typing import Any

import pytest

from autograder.report.slack_html import mrkdwn, render
from tests.report import samples
from tests.report.pages import Page


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*bold* _italic_ ~gone~ `code`", "<b>bold</b> <i>italic</i> <s>gone</s> <code>code</code>"),
        ("*Task*\n`a_b_c`", "<b>Task</b><br><code>a_b_c</code>"),
        ("2 * 3 * 4, snake_case_name, a*b*c", "2 * 3 * 4, snake_case_name, a*b*c"),
        ("*_both_*", "<b><i>both</i></b>"),
        ("```a *b*\n<c>```", "<pre>a *b*\n&lt;c&gt;</pre>"),
        ("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;"),
        ("> quoted\nafter", "<blockquote>quoted</blockquote>after"),
        ("<!here> <@U123> <#C1|alerts>", '<span class="ag-mention">@here</span> <span class="ag-mention">@U123</span>'
         ' <span class="ag-mention">#alerts</span>'),
        ("<b>", "&lt;b&gt;"),
        ("", ""),
    ],
)  # fmt: skip
def test_mrkdwn(text: str, shown: str) -> None:
    assert mrkdwn(text) == shown


def test_an_emoji_name_is_no_italics() -> None:
    shown = mrkdwn(":red_circle: _nightly_ :no_such_thing: *x*")
    assert "🔴" in shown
    assert "<i>nightly</i>" in shown
    assert '<span class="ag-emoji">:no_such_thing:</span>' in shown
    assert shown.count("<i>") == 1


def test_links_only_lead_where_a_reader_may_go() -> None:
    assert 'href="https://a.b/?x=1&amp;y=2"' in mrkdwn("*<https://a.b/?x=1&amp;y=2|log>*")
    assert mrkdwn("<https://a.b>").endswith(">https://a.b</a>")
    shown = mrkdwn("<javascript:alert(1)|press> <data:text/html,x>")
    assert "href" not in shown
    assert "press <code>javascript:alert(1)</code>" in shown


def test_plain_text_has_no_mark_up_but_emoji() -> None:
    shown = render(
        {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": ":red_circle: *a* <b> `c`"}}]}
    )
    assert "🔴" in shown
    assert "*a* &lt;b&gt; `c`" in shown


def test_a_message_as_slack_shows_it() -> None:
    shown = render(samples.SLACK_PAYLOAD)
    for piece in (
        '<p class="ag-slack-header">',
        '<ul class="ag-slack-fields"><li><b>Task</b><br><code>slack_notification</code></li>',
        "OSError: &lt;b&gt;disk&lt;/b&gt; &amp; 77aa01b2c3d4",
        '<hr class="ag-slack-divider">',
        '<a class="ag-button ag-button-primary" href="http://localhost:8080/log"',
        '<span class="ag-button">Runbook</span> <code>javascript:alert(1)</code>',
        'style="border-color:#c42b1c"',
        "In the notification: slack_notification failed",
    ):
        assert piece in shown


def test_blocks_as_a_form_sends_them() -> None:
    assert "<b>x</b>" in render(
        {"blocks": '[{"type": "section", "text": {"type": "mrkdwn", "text": "*x*"}}]'}
    )


def test_rich_text() -> None:
    block = {"type": "rich_text", "elements": [
        {"type": "rich_text_section", "elements": [
            {"type": "text", "text": "<b>", "style": {"bold": True}},
            {"type": "link", "url": "https://a.b", "text": "log"},
            {"type": "emoji", "name": "x"}]},
        {"type": "rich_text_list", "style": "ordered", "elements": [{"type": "rich_text_section", "elements": []}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "a\nb"}]}]}  # fmt: skip
    shown = render({"blocks": [block]})
    assert "<b>&lt;b&gt;</b>" in shown
    assert 'href="https://a.b"' in shown
    assert "❌" in shown
    assert "<ol><li>" in shown
    assert "<pre>a\nb</pre>" in shown


def test_what_we_do_not_know_is_shown_and_named() -> None:
    assert "a block of type &#39;video&#39;" in render({"blocks": [{"type": "video"}]})
    assert "an empty message" in render({})


@pytest.mark.parametrize("deep", [500, 900, 50_000])
def test_what_is_nested_too_deeply_to_be_read_is_shown_as_it_came(deep: int) -> None:
    nested = "[" * deep + "]" * deep
    for payload in (
        {"blocks": nested},
        {"attachments": nested},
        {"blocks": [{"type": "context", "elements": nested}]},
    ):
        assert "[[[[" in render(payload)


@pytest.mark.parametrize("seed", range(40))
def test_any_payload_is_shown_and_none_acts(seed: int) -> None:
    page = Page(render(Payloads(seed).payload()))
    assert page.dangers() == []


@pytest.mark.parametrize(
    "text",
    ["*a" * 20_000, "_" * 40_000, "<" * 40_000, "`a" * 20_000, ":a" * 20_000, "> " * 20_000, "```" * 13_001],
)
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    mrkdwn(text)
    assert time.process_time() - started < 1


def test_private_characters_cannot_stand_for_pieces() -> None:
    assert "\U000f0000" not in mrkdwn("`a` \U000f0000")
    assert mrkdwn("`a` \U000f0000").count("<code>") == 1


class Payloads:
    """Payloads of any shape, made of the words that Slack knows."""

    KEYS = [
        "type",
        "text",
        "blocks",
        "fields",
        "elements",
        "accessory",
        "url",
        "title",
        "title_link",
        "color",
        "attachments",
        "style",
        "placeholder",
        "alt_text",
        "image_url",
        "footer",
        "actions",
        "value",
        "short",
        "pretext",
        "username",
        "mrkdwn",
        "name",
    ]
    WORDS = [
        "header",
        "section",
        "context",
        "divider",
        "actions",
        "image",
        "rich_text",
        "rich_text_section",
        "rich_text_list",
        "mrkdwn",
        "button",
        "plain_text",
        "markdown",
        "text",
        "link",
        "emoji",
        "primary",
        "ordered",
    ]

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def payload(self) -> dict[str, Any]:
        return {key: self.value(0) for key in ("text", "blocks", "attachments", "username")}

    def value(self, depth: int) -> Any:
        kinds = (
            "word word hostile number none" if depth > 6 else "word word hostile list dict dict number none"
        )
        match self.random.choice(kinds.split()):
            case "list":
                return [self.value(depth + 1) for _ in range(self.random.randrange(4))]
            case "dict":
                keys = self.random.sample(self.KEYS, self.random.randrange(1, 8))
                return {"type": self.random.choice(self.WORDS)} | {key: self.value(depth + 1) for key in keys}
            case "number":
                return self.random.choice([0, 1, -1.5, True, False])
            case "none":
                return None
            case "hostile":
                return self.random.choice(
                    [samples.HOSTILE, "javascript:alert(1)", "<javascript:alert(1)|x>", '"><img>']
                )
        return self.random.choice(self.WORDS)
