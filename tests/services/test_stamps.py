"""A delivery belongs to the moment of its first byte, however long the rest of it takes."""

from __future__ import annotations

import smtplib
import socket
import urllib.parse

import pytest


@pytest.fixture
def opened(rig):
    """A TCP connection to a child's stand-in."""
    clients: list[socket.socket] = []

    def connect(fields_or_url):
        if isinstance(fields_or_url, str):
            parts = urllib.parse.urlsplit(fields_or_url)
            place = (parts.hostname, parts.port)
        else:
            place = (fields_or_url["host"], fields_or_url["port"])
        clients.append(socket.create_connection(place, timeout=5))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


def turn(rig, child, phase="after", call=5, now=20.0):
    """The barrier, as the control side passes it."""
    rig.services.drain()
    child.phase, child.call, rig.now = phase, call, now


def test_a_request_that_straddles_the_barrier_is_from_before(rig, opened):
    child = rig.child()
    url = rig.services.connection("slack", child)["password"]
    client = opened(url)
    client.sendall(b"P")
    turn(rig, child)
    client.sendall(f"OST {urllib.parse.urlsplit(url).path} HTTP/1.1\r\nHost: x\r\nContent-Le".encode())
    turn(rig, child, call=6, now=30.0)
    client.sendall(b'ngth: 13\r\n\r\n{"text": "x"}')
    assert client.recv(1000).startswith(b"HTTP/1.1 200")
    (message,) = rig.collect().slack
    assert (message.phase, message.call, message.at) == ("before", None, 10.0)


def test_each_request_of_a_connection_has_a_moment_of_its_own(rig, opened):
    child = rig.child()
    url = rig.services.connection("slack", child)["password"]
    head = (
        f"POST {urllib.parse.urlsplit(url).path} HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\n".encode()
    )
    client = opened(url)
    client.sendall(head + b'{"text": "1"}' + head[:10])
    turn(rig, child)
    client.sendall(head[10:] + b'{"text": "2"}')
    turn(rig, child, call=6, now=30.0)
    client.sendall(head + b'{"text": "3"}')
    turn(rig, child)
    moments = [(message.text, message.phase, message.call, message.at) for message in rig.collect().slack]
    assert moments == [("1", "before", None, 10.0), ("2", "before", None, 10.0), ("3", "after", 6, 30.0)]


def test_a_mail_begins_with_its_mail_command(rig):
    child = rig.child()
    client = rig.login(child)
    turn(rig, child)
    client.sendmail("a@example.com", ["b@example.com"], "Subject: after\r\n\r\n")
    (mail,) = rig.collect().mails
    assert (mail.phase, mail.call, mail.at) == ("after", 5, 20.0)
    client.close()


def test_a_mail_that_straddles_the_barrier_is_from_before(rig):
    child = rig.child()
    client = rig.login(child)
    client.send(b"MAIL FR")
    turn(rig, child)
    client.send(b"OM:<a@example.com>\r\n")
    assert client.getreply()[0] == 250
    client.docmd("RCPT", "TO:<b@example.com>")
    turn(rig, child, call=6, now=30.0)
    client.data("Subject: straddling\r\n\r\n")
    (mail,) = rig.collect().mails
    assert (mail.phase, mail.call, mail.at) == ("before", None, 10.0)
    client.close()


def test_two_children_at_once_keep_their_own_moments(rig, opened):
    first, second = (
        rig.child(1),
        rig.child(2, phase="import or callback", component="DAG processor", task_id=None),
    )
    urls = [rig.services.connection("slack", child)["password"] for child in (first, second)]
    clients = [opened(url) for url in urls]
    for client in clients:
        client.sendall(b"POST ")
    turn(rig, first)
    for client, url in zip(clients, urls, strict=True):
        path = urllib.parse.urlsplit(url).path
        client.sendall(f'{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\n{{"text": "x"}}'.encode())
    messages = {message.execution: message for message in rig.collect().slack}
    assert messages[1].phase == "before"
    assert (messages[2].phase, messages[2].component) == ("import or callback", "DAG processor")


def test_orphans_of_a_child_find_every_door_closed(rig, http):
    child = rig.child(phase="after")
    url = rig.services.connection("slack", child)["password"]
    inside = rig.login(child)
    rig.services.close(child)
    with pytest.raises(OSError, match="refused"):
        http(url, b'{"text": "late"}', Content_Type="application/json")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        inside.sendmail("a@example.com", ["b@example.com"], "Subject: late\r\n\r\n")
    collected = rig.collect()
    assert (collected.slack, collected.mails) == ([], [])


def test_a_new_scenario_forgets(rig, http):
    rig.mail(rig.child())
    client = rig.login(rig.child())
    rig.begin()
    collected = rig.collect()
    assert collected.mails == []
    assert client.sock.recv(1) == b""
    client.close()
