"""Whatever comes in at whichever port, those who behave are served."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import smtplib
import socket
import time
import urllib.parse

import pytest

from autograder.services import _listener, desk


@pytest.fixture
def ports(rig):
    """A child's TCP ports by name."""
    child = rig.child(99)

    def port(url):
        return urllib.parse.urlsplit(url).port

    return {
        "smtp": rig.services.connection("smtp", child)["port"],
        "slack": port(rig.services.connection("slack", child)["password"]),
        "leases": port(child.environ["COURSEKIT_LEASES"]),
        "monitoring": rig.services.connection("monitoring", child)["port"],
    }


@pytest.fixture
def still_served(rig, http):
    """Whether everything still works for a child that behaves."""

    def check():
        rig.begin()
        child = rig.child(1)
        rig.mail(child)
        assert http(rig.services.connection("slack", child)["password"], b'{"text": "x"}').status == 200
        fields = rig.services.connection("monitoring", child)
        url = f"http://{fields['host']}:{fields['port']}/"
        assert http(url, b"{}", Authorization=f"Bearer {fields['password']}").status == 200
        assert http(child.environ["COURSEKIT_LEASES"], b'{"kind": "x"}').status == 201
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"a:1|c", ("127.0.0.1", int(child.environ["AIRFLOW__METRICS__STATSD_PORT"])))
        rig.services.close(child)
        collected = rig.collect()
        kinds = (collected.mails, collected.slack, collected.posts, collected.leases, collected.metrics)
        assert [len(kind) for kind in kinds] == [1, 1, 1, 1, 1]

    return check


def throw(port: int, data: bytes, patience: float = 0.5) -> bytes:
    """Send, and read until the other side has had enough or nothing more comes."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as client:
        try:
            client.sendall(data)
            while piece := client.recv(1 << 16):
                answer += piece
        except OSError:
            pass
    return answer


GARBAGE = {
    "nothing": b"",
    "zeros": b"\0" * 5000,
    "newlines": b"\n" * 5000,
    "noise": random.Random(1).randbytes(50_000),
    "TLS": bytes.fromhex("1603010200010001fc0303") + b"\x11" * 500,
    "no length": b"POST / HTTP/1.1\r\nHost: x\r\n\r\n{}",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "negative length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}",
    "too long a length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{}",
    "bad chunks": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n{}\r\n0\r\n\r\n",
    "bad target": b"POST http://[::1/%zz?%ff HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    "long head": b"POST / HTTP/1.1\r\nX: " + b"x" * 200_000,
    "not ASCII": "POST /ü HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "upgrade": b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "connect": b"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "head": b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
    "old": b"GET / HTTP/1.0\r\n\r\n",
    "SMTP commands": b"EHLO x\r\nAUTH PLAIN ====\r\nAUTH LOGIN \xff\r\nDATA\r\nRCPT TO:<\r\n"
    b"MAIL FROM:\r\nVRFY\r\nBDAT 1\r\n",
    "SMTP auth": b"EHLO x\r\nAUTH CRAM-MD5\r\nAUTH PLAIN AAAA\r\nAUTH\r\nSTARTTLS\r\n"
    + b"AUTH LOGIN AA\r\n" * 9,
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_on_any_port(rig, ports, still_served, name, caplog):
    for port in ports.values():
        throw(port, GARBAGE[name], 0.05)
    still_served()
    assert "failed at a request" not in caplog.text


def test_garbage_as_metrics(rig, still_served):
    child = rig.child(99)
    place = ("127.0.0.1", int(child.environ["AIRFLOW__METRICS__STATSD_PORT"]))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for data in (
            b"",
            b"\0" * 60_000,
            os.urandom(1000),
            b"a:1|c\n" * 10_000,
            b"|" * 60_000,
            b":" * 60_000,
        ):
            client.sendto(data, place)
    rig.services.drain()
    still_served()


@pytest.mark.parametrize("name", ["slack", "leases", "monitoring"])
def test_ten_megabytes(rig, ports, still_served, name):
    body = b"x" * 10_000_000
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    throw(ports[name], head + body)
    kind = {"monitoring": "posts"}.get(name, name)
    assert rig.collect().dropped == {kind: 1}
    still_served()


def test_a_mail_over_the_limit_is_refused(rig):
    client = rig.login(rig.child())
    with pytest.raises(smtplib.SMTPSenderRefused) as caught:
        client.sendmail("a@example.com", ["b@example.com"], b"x\r\n" * 500_000)
    assert caught.value.smtp_code == 552
    client.docmd("MAIL", "FROM:<a@example.com>")
    client.docmd("RCPT", "TO:<b@example.com>")
    assert client.data(b"x" * 70 + b"\r\n" + b"y\r\n" * 400_000)[0] == 552
    assert client.noop()[0] == 250
    client.close()
    assert rig.collect().dropped == {"mails": 2}
    assert rig.collect().mails == []


def test_an_endless_mail_is_cut_off(rig, still_served):
    client = rig.login(rig.child())
    client.docmd("MAIL", "FROM:<a@example.com>")
    client.docmd("RCPT", "TO:<b@example.com>")
    client.docmd("DATA")
    with contextlib.suppress(ConnectionError):
        client.sock.sendall(b"x" * 10_000_000)
        client.sock.recv(1)
    client.close()
    assert rig.collect().dropped == {"mails": 1}
    still_served()


def test_no_more_recipients_than_a_hundred(rig):
    client = rig.login(rig.child())
    client.docmd("MAIL", "FROM:<a@example.com>")
    codes = [client.docmd("RCPT", f"TO:<b{i}@example.com>")[0] for i in range(101)]
    client.close()
    assert codes == [250] * 100 + [452]


def test_no_more_connections_than_the_limit(rig, ports, still_served):
    clients = [socket.create_connection(("127.0.0.1", ports["slack"]), timeout=5) for _ in range(70)]
    rig.services.drain()
    refused = 0
    for client in clients:
        client.settimeout(0.01)
        with contextlib.suppress(TimeoutError):
            refused += client.recv(1) == b""
        client.close()
    assert refused == 70 - desk.CONNECTION_LIMIT
    still_served()


def test_a_child_that_holds_all_its_connections_takes_none_of_anothers(rig, http):
    hog, other = rig.child(1), rig.child(2)
    port = rig.services.connection("smtp", hog)["port"]
    clients = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(70)]
    rig.services.drain()
    assert http(rig.services.connection("slack", other)["password"], b'{"text": "x"}').status == 200
    with pytest.raises(OSError, match=r"reset|closed"):
        rig.mail(hog)
    rig.services.close(hog)
    for client in clients:
        client.close()
    rig.mail(other)
    assert [mail.execution for mail in rig.collect().mails] == [2]


def test_all_children_together_cannot_fill_control(rig, monkeypatch, still_served):
    monkeypatch.setattr(desk, "ROOM_LIMIT", 10)
    doors = [("127.0.0.1", rig.services.connection("smtp", rig.child(n))["port"]) for n in range(3)]
    clients = [socket.create_connection(door, timeout=5) for door in doors for _ in range(5)]
    rig.services.drain()
    answered = 0
    for client in clients:
        with contextlib.suppress(ConnectionError):
            answered += client.recv(3) == b"220"
        client.close()
    assert answered == 10
    still_served()


def test_without_descriptors_nobody_is_taken_in_until_there_are_some(rig, monkeypatch, caplog):
    monkeypatch.setattr(_listener, "BREATHER", 0.05)
    child = rig.child()
    fields = rig.services.connection("smtp", child)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as client:
        client.settimeout(5)
        lowest = os.dup(client.fileno())
        os.close(lowest)
        # No new number is below this limit now; those that are taken already stay.
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
        try:
            client.connect((fields["host"], fields["port"]))
            time.sleep(0.15)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert client.recv(3) == b"220"
    assert "takes nobody in for a moment" in caplog.text


def test_a_client_that_dawdles_is_sent_away(rig, ports, still_served, monkeypatch):
    monkeypatch.setattr(desk, "IDLE_SECONDS", 0.2)
    started = time.monotonic()
    for port in ports.values():
        with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
            client.recv(1000) if port == ports["smtp"] else None
            client.sendall(b"P")
            for _ in range(10):
                try:
                    client.sendall(b"O")
                    client.settimeout(0.05)
                    if client.recv(1) == b"":
                        break
                except TimeoutError:
                    continue
                except ConnectionError:
                    break
            else:
                pytest.fail("it was never sent away")
    assert time.monotonic() - started < 3
    monkeypatch.undo()
    still_served()


def test_requests_nobody_waits_for_fill_no_memory(rig, still_served):
    """A client that asks and asks and never reads is no longer read itself."""
    url = urllib.parse.urlsplit(rig.services.connection("slack", rig.child())["password"])
    request = f"POST {url.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}".encode()
    with (
        socket.create_connection((url.hostname, url.port), timeout=0.5) as client,
        pytest.raises(TimeoutError),
    ):
        client.sendall(request * 200_000)
    still_served()


def test_deliveries_beyond_the_limit_are_counted(rig, http):
    rig.begin(limit=3)
    child = rig.child()
    url = rig.services.connection("slack", child)["password"]
    for number in range(5):
        http(url, json.dumps({"text": str(number)}).encode())
        rig.mail(child)
    collected = rig.collect()
    assert [message.text for message in collected.slack] == ["0", "1", "2"]
    assert len(collected.mails) == 3
    assert collected.dropped == {"slack": 2, "mails": 2}
    assert rig.ledger.over == {"slack": 3, "mails": 3}
    assert len({record.id for record in [*collected.slack, *collected.mails]}) == 6


def test_there_is_room_for_what_airflow_counts_in_every_child(rig):
    rig.begin(limit=1)
    ends = []
    for number in range(3):
        child = rig.child(number + 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
            for _ in range(20 if number else 61):
                door.sendto(
                    b"airflow.ti.start:1|c",
                    ("127.0.0.1", int(child.environ["AIRFLOW__METRICS__STATSD_PORT"])),
                )
        rig.services.close(child)
        ends.append(dict(rig.ledger.over))
    assert ends == [{"metrics": 60}] * 3, "40 for all and 20 for the first, of which one was too many"
    assert len(rig.collect().metrics) == 100
    assert rig.collect().dropped == {"metrics": 1}


def test_all_that_is_kept_has_a_limit_too(rig, http):
    url = rig.services.connection("slack", rig.child())["password"]
    body = json.dumps({"text": "x" * 1_000_000}).encode()
    for _ in range(20):
        assert http(url, body).status == 200
    collected = rig.collect()
    assert (len(collected.slack), collected.dropped["slack"]) == (16, 4)
    assert rig.ledger.over == {"bytes": 16 << 20}


def test_chunked_and_expected_bodies_are_read(rig):
    url = urllib.parse.urlsplit(rig.services.connection("slack", rig.child())["password"])
    chunked = (
        f"POST {url.path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    assert b"200" in throw(url.port, chunked.encode() + b'8\r\n{"text":\r\n5\r\n "a"}\r\n0\r\n\r\n')
    expected = f"POST {url.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection((url.hostname, url.port), timeout=5) as client:
        client.sendall(expected.encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 100")
        client.sendall(b'{"text": "b"}')
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
    assert [message.text for message in rig.collect().slack] == ["a", "b"]
