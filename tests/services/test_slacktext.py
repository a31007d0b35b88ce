"""What a Slack message says."""

from __future__ import annotations

import pytest

from autograder.services.slacktext import block_error, texts


def test_texts_come_in_reading_order_with_the_addresses_of_links():
    payload = {
        "text": "fallback &lt;b&gt; &amp;amp;",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "Failed"}},
            {
                "type": "section",
                "fields": [{"type": "mrkdwn", "text": "*DAG*"}, {"type": "mrkdwn", "text": "etl"}],
                "text": {"type": "mrkdwn", "text": "Look:"},
                "accessory": {
                    "type": "button",
                    "text": {"type": "plain_text", "text": "Log"},
                    "url": "http://log",
                    "value": "hidden",
                    "action_id": "hidden",
                },
            },
            {"type": "divider"},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "try 2"}]},
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "text", "text": "run "},
                            {"type": "link", "url": "http://run", "text": "it"},
                            {"type": "text", "text": " "},
                            {"type": "emoji", "name": "fire"},
                        ],
                    }
                ],
            },
        ],
        "attachments": [
            {
                "color": "danger",
                "fallback": "hidden",
                "title": "Old",
                "title_link": "http://old",
                "text": "way",
                "fields": [{"title": "Error", "value": "boom", "short": True}],
                "footer": "end",
            }
        ],
    }
    assert list(texts(payload)) == [
        "fallback <b> &amp;",
        "Failed",
        "Look:",
        "*DAG*",
        "etl",
        "Log",
        "http://log",
        "try 2",
        "run it (http://run) :fire:",
        "Old",
        "http://old",
        "way",
        "Error",
        "boom",
        "end",
    ]


def test_nonsense_has_no_texts():
    assert list(texts({"text": 3, "blocks": [None, "x", {"type": "rich_text_section", "elements": 5}]})) == [
        ""
    ]
    assert list(texts("x")) == []


@pytest.mark.parametrize("kind", [{}, [], None, 1])
def test_a_type_that_is_no_word_is_no_type(kind):
    message = {"blocks": [{"type": kind, "text": {"type": kind, "text": "read me"}}]}
    assert list(texts(message)) == ["read me"]
    assert block_error(message["blocks"]) == "invalid_blocks"
