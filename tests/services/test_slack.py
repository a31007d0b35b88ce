"""The Slack stand-in: its answers are Slack's."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request

import pytest

from autograder.scenario import answers, never_answers, refuses

JSON = "application/json"


@pytest.fixture
def webhook(rig, http):
    """Post to a child's webhook."""

    def post(child, payload, content_type=JSON):
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return http(rig.services.connection("slack", child)["password"], body, Content_Type=content_type)

    return post


@pytest.fixture
def api(rig, http):
    """Call a method of the Web API as a child."""

    def call(child, method, payload, token=None, content_type=JSON):
        fields = rig.services.connection("slack_api", child)
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        bearer = fields["password"] if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        reply = http(
            json.loads(fields["extra"])["base_url"] + method, body, Content_Type=content_type, **headers
        )
        return reply.status, json.loads(reply.body)

    return call


def test_a_webhook_says_ok(rig, webhook):
    child = rig.child(phase="after")
    child.call = 4
    reply = webhook(child, {"text": "It failed."})
    assert (reply.status, reply.body) == (200, b"ok")
    (message,) = rig.collect().slack
    assert (message.door, message.payload, message.text) == ("webhook", {"text": "It failed."}, "It failed.")
    assert (message.execution, message.phase, message.call, message.status, message.error) == (
        1,
        "after",
        4,
        200,
        "",
    )


def test_a_webhook_takes_a_form_too(rig, webhook):
    body = urllib.parse.urlencode({"payload": json.dumps({"text": "ä & b"})}).encode()
    assert webhook(rig.child(), body, "application/x-www-form-urlencoded").body == b"ok"
    assert rig.collect().slack[0].text == "ä & b"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"not json", "invalid_payload"),
        (b"", "invalid_payload"),
        (b'"text"', "invalid_payload"),
        (b'{"text": NaN}', "invalid_payload"),
        (b"[" * 5000, "invalid_payload"),
        (b"\xff\xfe\x00", "invalid_payload"),
        (b"{}", "no_text"),
        (b'{"text": ""}', "no_text"),
        (b'{"text": 3}', "no_text"),
        (b'{"blocks": []}', "no_text"),
        (b'{"blocks": "x"}', "invalid_blocks"),
        (b'{"blocks": [{"type": "sektion"}]}', "invalid_blocks"),
        (b'{"blocks": [{"type": "section"}]}', "invalid_blocks"),
        (b'{"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}', "invalid_blocks"),
    ],
)
def test_a_webhook_refuses_what_slack_refuses(rig, webhook, body, error):
    reply = webhook(rig.child(), body)
    assert (reply.status, reply.body.decode()) == (400, error)
    (message,) = rig.collect().slack
    assert (message.execution, message.status, message.error) == (1, 400, error)


def test_blocks_that_are_too_many_or_too_long_are_refused(rig, webhook):
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}
    assert webhook(rig.child(), {"blocks": [section] * 50}).status == 200
    assert webhook(rig.child(), {"blocks": [section] * 51}).body == b"invalid_blocks"
    long = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
    assert webhook(rig.child(), {"blocks": [long]}).body == b"invalid_blocks"


def test_a_webhook_that_is_nobodys_is_recorded_as_such(rig, http):
    url = rig.services.connection("slack", rig.child(phase="after"))["password"]
    reply = http(url[:-4] + "0000", b'{"text": "hello"}', Content_Type=JSON)
    assert (reply.status, reply.body) == (403, b"invalid_token")
    (message,) = rig.collect().slack
    assert (message.execution, message.task_id, message.phase) == (None, None, "import or callback")
    assert (message.status, message.error, message.text) == (403, "invalid_token", "hello")


def test_the_web_api_sends_a_message(rig, api):
    status, answer = api(rig.child(), "chat.postMessage", {"channel": "#alerts", "text": "It failed."})
    assert (status, answer["ok"], answer["message"]["text"]) == (200, True, "It failed.")
    assert answer["ts"]
    (message,) = rig.collect().slack
    assert (message.door, message.execution, message.payload["channel"]) == ("web_api", 1, "#alerts")


def test_the_web_api_takes_a_form_with_the_token_in_it(rig, http):
    fields = rig.services.connection("slack_api", rig.child())
    form = {"token": fields["password"], "channel": "C1", "blocks": '[{"type": "divider"}]', "text": "x"}
    url = json.loads(fields["extra"])["base_url"] + "chat.postMessage"
    reply = http(url, urllib.parse.urlencode(form).encode())
    assert json.loads(reply.body)["ok"] is True
    (message,) = rig.collect().slack
    assert message.payload == {"channel": "C1", "blocks": [{"type": "divider"}], "text": "x"}


def test_the_web_api_takes_texts_of_json_in_a_json_body(rig, api):
    """providers/slack/notifications/slack.py puts them there."""
    sent = {"channel": "C1", "text": "x", "blocks": "[]", "attachments": '[{"text": "more"}]'}
    assert api(rig.child(), "chat.postMessage", sent)[1]["ok"] is True
    assert api(rig.child(), "chat.postMessage", sent | {"blocks": "[1]"})[1]["error"] == "invalid_blocks"
    assert api(rig.child(), "chat.postMessage", sent | {"blocks": "["})[1]["error"] == "invalid_arguments"
    first, *_ = rig.collect().slack
    assert (first.payload["blocks"], first.payload["attachments"]) == ([], [{"text": "more"}])
    assert first.text == "x\nmore"


@pytest.mark.parametrize(
    ("payload", "token", "error", "execution"),
    [
        ({"channel": "C1", "text": "x"}, "", "not_authed", None),
        ({"channel": "C1", "text": "x"}, "xoxb-nobody", "invalid_auth", None),
        ({"text": "x"}, None, "channel_not_found", 1),
        ({"channel": "C1"}, None, "no_text", 1),
        ({"channel": "C1", "blocks": [1]}, None, "invalid_blocks", 1),
        (b"{", None, "invalid_arguments", 1),
    ],
)
def test_the_web_api_refuses_with_status_200(rig, api, payload, token, error, execution):
    assert api(rig.child(), "chat.postMessage", payload, token) == (200, {"ok": False, "error": error})
    (message,) = rig.collect().slack
    assert (message.execution, message.error, message.status) == (execution, error, 200)


def test_other_methods_are_no_messages(rig, api):
    child = rig.child()
    assert api(child, "auth.test", {})[1]["ok"] is True
    assert api(child, "auth.test", {}, "")[1]["error"] == "not_authed"
    assert api(child, "auth.test", {}, "xoxb-nobody")[1]["error"] == "invalid_auth"
    assert api(child, "users.list", {})[1]["error"] == "unknown_method"
    assert rig.collect().slack == []


def test_answers_gives_that_status_and_records_what_came(rig, webhook, http):
    rig.begin(slack=answers(500))
    child = rig.child()
    assert webhook(child, {"text": "x"}).status == 500
    base = json.loads(rig.services.connection("slack_api", child)["extra"])["base_url"]
    assert http(base + "auth.test", b"{}").status == 500
    (message,) = rig.collect().slack
    assert (message.status, message.error, message.text) == (500, "", "x")


def test_too_many_requests_says_when_to_come_back(rig, webhook):
    rig.begin(slack=answers(429))
    assert webhook(rig.child(), {"text": "x"}).headers["Retry-After"] == "1"


def test_refuses_means_that_nobody_listens(rig, webhook):
    rig.begin(slack=refuses())
    with pytest.raises(OSError, match="refused"):
        webhook(rig.child(), {"text": "x"})


def test_never_answers_reads_and_records_but_says_nothing(rig, http):
    rig.begin(slack=never_answers())
    url = rig.services.connection("slack", rig.child())["password"]
    request = urllib.request.Request(url, b'{"text": "anyone?"}', {"Content-Type": JSON})
    with pytest.raises(TimeoutError):
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=0.2)
    (message,) = rig.collect().slack
    assert (message.text, message.status) == ("anyone?", 0)
