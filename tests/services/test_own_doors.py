"""Each child has doors and keys of its own, and nothing that comes otherwise is ever a child's."""

from __future__ import annotations

import json
import smtplib
import socket
import statistics
import time
import urllib.parse

import pytest

from autograder.jail.doors import HOST, open_doors, port_of
from autograder.scenario import never_answers, refuses

KINDS = ("smtp", "slack", "slack_api", "monitoring")


def at_door_of(child, url):
    """The same address at this child's door of the kind."""
    parts = urllib.parse.urlsplit(url)
    door = child.doors.leases if parts.path.startswith("/leases") else child.doors.slack
    return parts._replace(netloc=f"{HOST}:{port_of(door)}").geturl()


def shown(collected):
    return [(wrong.execution, wrong.stand_in, wrong.owner) for wrong in collected.wrong_keys]


def test_what_a_child_knows_from_the_start_opens_nothing_but_leases(rig):
    child = rig.child()
    given = json.dumps(child.environ)
    for kind in KINDS:
        assert rig.services.connection(kind, child)["password"].rpartition("/")[2] not in given
    fields = rig.services.connection("smtp", child)
    assert fields["login"] not in given
    assert json.loads(fields["extra"])["from_email"] not in given
    assert len(set(child.keys.all)) == 5


def test_a_mail_through_a_siblings_door_is_not_taken(rig):
    first, second = rig.child(1), rig.child(2)
    fields = rig.services.connection("smtp", first)
    with smtplib.SMTP(HOST, port_of(second.doors.smtp), timeout=5) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login(fields["login"], fields["password"])
        with pytest.raises(smtplib.SMTPSenderRefused):
            client.sendmail("a@example.com", ["b@example.com"], "Subject: x\r\n\r\n")
    collected = rig.collect()
    assert collected.mails == []
    assert set(shown(collected)) == {(2, "smtp", 1)}


def test_a_message_through_a_siblings_door_is_nobodys(rig, http):
    first, second = rig.child(1, phase="before"), rig.child(2, phase="after")
    webhook = rig.services.connection("slack", first)["password"]
    assert http(at_door_of(second, webhook), b'{"text": "x"}').status == 403
    key = rig.services.connection("slack_api", first)["password"]
    base = json.loads(rig.services.connection("slack_api", second)["extra"])["base_url"]
    reply = http(base + "chat.postMessage", b'{"channel": "C", "text": "x"}', Authorization=f"Bearer {key}")
    assert json.loads(reply.body) == {"ok": False, "error": "invalid_auth"}
    collected = rig.collect()
    assert [(message.execution, message.task_id) for message in collected.slack] == [(None, None)] * 2
    assert shown(collected) == [(2, "slack", 1), (2, "slack_api", 1)]
    assert collected.wrong_keys[0].phase == "after"


def test_a_key_opens_only_what_it_is_for(rig, http):
    child = rig.child()
    webhook = rig.services.connection("slack", child)["password"]
    other = webhook.replace(child.keys.slack, child.keys.leases)
    assert http(other, b'{"text": "x"}').status == 403
    collected = rig.collect()
    assert [message.execution for message in collected.slack] == [None]
    assert shown(collected) == [(1, "slack", 1)]


def test_a_lease_is_taken_at_ones_own_door(rig, http):
    first, second = rig.child(1), rig.child(2)
    url = at_door_of(second, first.environ["COURSEKIT_LEASES"])
    assert http(url, b'{"kind": "x"}').status == 403
    collected = rig.collect()
    assert collected.leases == []
    assert shown(collected) == [(2, "leases", 1)]


def test_the_key_of_a_child_that_has_ended_is_still_known_as_its_own(rig, http):
    first, second = rig.child(1), rig.child(2)
    webhook = rig.services.connection("slack", first)["password"]
    rig.services.close(first)
    assert http(at_door_of(second, webhook), b'{"text": "x"}').status == 403
    assert shown(rig.collect()) == [(2, "slack", 1)]


def test_no_key_is_no_wrong_key(rig, http):
    child = rig.child()
    base = json.loads(rig.services.connection("slack_api", child)["extra"])["base_url"]
    http(base + "chat.postMessage", b'{"channel": "C", "text": "x"}')
    http(f"http://{HOST}:{port_of(child.doors.monitoring)}/", b"{}")
    collected = rig.collect()
    assert ([message.execution for message in collected.slack], len(collected.posts)) == ([None], 1)
    assert collected.wrong_keys == []


def test_wrong_keys_have_a_limit_too(rig, http):
    rig.begin(limit=3)
    url = f"http://{HOST}:{port_of(rig.child().doors.slack)}/services/T/B/"
    for number in range(5):
        http(url + str(number), b'{"text": "x"}')
    collected = rig.collect()
    assert (len(collected.wrong_keys), collected.dropped["wrong_keys"]) == (3, 2)
    assert rig.ledger.over["wrong_keys"] == 3


def test_a_stand_in_that_refuses_is_not_to_be_had_at_its_real_door_either(rig):
    rig.begin(mail=refuses(), slack=refuses(), monitoring=refuses(), metrics=refuses())
    child = rig.child()
    for door in (child.doors.smtp, child.doors.slack, child.doors.monitoring):
        with socket.create_connection((HOST, port_of(door)), timeout=5) as client:
            assert client.recv(1) == b""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"a:1|c", (HOST, port_of(child.doors.metrics)))
    rig.services.close(child)
    assert rig.collect().metrics == []


def test_settled_is_said_of_a_childs_own_doors_only(rig):
    first, second = rig.child(1), rig.child(2)
    own = [
        port_of(door)
        for door in (first.doors.smtp, first.doors.slack, first.doors.leases, first.doors.monitoring)
    ]
    assert all(rig.services.settled(first, port) for port in own)
    assert not any(rig.services.settled(second, port) for port in own)
    assert not rig.services.settled(first, port_of(first.doors.closed_tcp))


def test_settled_waits_until_whoever_just_connected_is_answered(rig):
    child = rig.child()
    fields = rig.services.connection("smtp", child)
    for _ in range(50):
        with socket.create_connection((fields["host"], fields["port"]), timeout=5) as client:
            assert rig.services.settled(child, fields["port"])
            client.setblocking(False)
            assert client.recv(1000).startswith(b"220")
            client.sendall(b"EHLO x\r\n")
            assert rig.services.settled(child, fields["port"])
            assert client.recv(1000).endswith(b"250 HELP\r\n")


def test_settled_is_said_of_a_door_that_never_answers(rig):
    rig.begin(mail=never_answers())
    child = rig.child()
    fields = rig.services.connection("smtp", child)
    with socket.create_connection((fields["host"], fields["port"]), timeout=5) as client:
        client.sendall(b"EHLO x\r\n")
        assert rig.services.settled(child, fields["port"])
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)


def test_doors_made_elsewhere_are_used_and_closed_with_the_address(rig):
    doors = open_doors()
    child = rig.child(doors=doors)
    assert rig.services.connection("smtp", child)["port"] == port_of(doors.smtp)
    rig.mail(child)
    rig.services.close(child)
    assert [door.fileno() for door in doors.sockets] == [-1] * 7
    assert [mail.execution for mail in rig.collect().mails] == [1]


def test_a_new_scenario_closes_the_doors_of_the_last(rig):
    doors = rig.child().doors
    rig.begin()
    assert {door.fileno() for door in doors.sockets} == {-1}


def test_opening_and_closing_take_less_than_a_millisecond(rig):
    took = []
    for number in range(100):
        started = time.perf_counter()
        rig.services.close(rig.child(number))
        took.append(time.perf_counter() - started)
    assert statistics.median(took) < 0.001
