"""The monitoring stand-in."""

from __future__ import annotations

import base64
import json

import pytest

from autograder.scenario import answers, refuses


def place(rig, child):
    fields = rig.services.connection("monitoring", child)
    assert fields["conn_type"] == "http"
    return f"{fields['schema']}://{fields['host']}:{fields['port']}", fields["password"]


def basic(key):
    return "Basic " + base64.b64encode(f"anyone:{key}".encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        lambda key: {"Authorization": f"Bearer {key}"},
        lambda key: {"Authorization": f"Token {key}"},
        lambda key: {"Authorization": key},
        lambda key: {"Authorization": basic(key)},
        lambda key: {"X_API_Key": key},
        lambda key: {"DD_API_KEY": key},
    ],
)
def test_the_key_opens_in_whatever_header_it_comes(rig, http, headers):
    child = rig.child(phase="after")
    base, key = place(rig, child)
    event = {"title": "failed", "tags": ["a"]}
    assert http(base + "/api/events", json.dumps(event).encode(), **headers(key)).status == 200
    (post,) = rig.collect().posts
    assert (post.method, post.path, post.body, post.authorized) == ("POST", "/api/events", event, True)
    assert (post.execution, post.phase, post.status) == (1, "after", 200)


def test_the_key_in_the_query_opens_and_is_not_kept(rig, http):
    base, key = place(rig, rig.child())
    assert http(f"{base}/events?api_key={key}", b"plain text", method="PUT").status == 200
    (post,) = rig.collect().posts
    assert (post.method, post.path, post.body) == ("PUT", "/events", "plain text")
    assert key not in post.model_dump_json()


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer wrong", "Basic !!!", basic("wrong"), "ä"])
def test_without_the_key_it_is_403_and_still_somebodys(rig, http, authorization):
    base, _ = place(rig, rig.child())
    headers = {} if authorization is None else {"Authorization": authorization}
    reply = http(base + "/events", b"{}", **headers)
    assert reply.status == 403
    assert "API key" in json.loads(reply.body)["error"]
    (post,) = rig.collect().posts
    assert (post.execution, post.authorized, post.status) == (1, False, 403)


def test_a_request_with_a_siblings_key_is_nobodys(rig, http):
    first, second = rig.child(1), rig.child(2)
    base, key = place(rig, first)[0], place(rig, second)[1]
    assert http(base, b"", Authorization=f"Bearer {key}").status == 403
    collected = rig.collect()
    assert [(post.execution, post.authorized) for post in collected.posts] == [(None, False)]
    assert [(wrong.execution, wrong.stand_in, wrong.owner) for wrong in collected.wrong_keys] == [
        (1, "monitoring", 2)
    ]


def test_a_child_keeps_its_port_until_it_ends(rig, http):
    child = rig.child()
    base, _ = place(rig, child)
    assert place(rig, child)[0] == base != place(rig, rig.child(2))[0]
    rig.services.close(child)
    with pytest.raises(OSError, match="refused"):
        http(base)


def test_behaviours(rig, http):
    rig.begin(monitoring=answers(503))
    base, key = place(rig, rig.child())
    assert http(base, b"{}", Authorization=f"Bearer {key}").status == 503
    (post,) = rig.collect().posts
    assert (post.authorized, post.status) == (True, 503)
    rig.begin(monitoring=refuses())
    base, _ = place(rig, rig.child())
    with pytest.raises(OSError, match="refused"):
        http(base)
