"""After ``drain`` nothing is missing that was sent before it, by another process that waits for no answer."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.parse

import pytest

SENDER = """
import socket, sys
host, http_port, path, udp_port = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
metrics = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for line in sys.stdin:
    number, clients = int(line), []
    for i in range(number % 4):
        body = b'{"text": "%d"}' % i
        client = socket.create_connection((host, http_port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = b"POST %s HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %d\\r\\n\\r\\n"
        client.sendall(head % (path.encode(), len(body)))
        client.sendall(body)
        clients.append(client)
    for i in range(number % 7):
        metrics.sendto(b"sent:1|c", (host, udp_port))
    sys.stdout.write("sent\\n")
    sys.stdout.flush()
    for client in clients:
        client.close()
"""

ROUNDS = 300


@pytest.fixture
def sender(rig):
    """A process that sends without waiting, and says when it has sent."""
    rig.begin(limit=10_000)
    child = rig.child()
    url = urllib.parse.urlsplit(rig.services.connection("slack", child)["password"])
    port = child.environ["AIRFLOW__METRICS__STATSD_PORT"]
    words = [sys.executable, "-S", "-c", SENDER, str(url.hostname), str(url.port), url.path, port]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def send(number: int) -> None:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{number}\n")
            process.stdin.flush()
            assert process.stdout.readline() == "sent\n"

        yield child, send
        process.stdin.close()


def test_everything_sent_before_is_recorded_and_stamped_before(rig, sender):
    child, send = sender
    expected = []
    for number in range(ROUNDS):
        child.call = number
        send(number)
        rig.services.drain()
        expected += [number] * (number % 4 + number % 7)
    # Nothing may be stamped with a later round: then it was read only after the drain of its own.
    collected = rig.collect()
    assert sorted(record.call for record in [*collected.slack, *collected.metrics]) == expected


def test_with_nothing_pending_it_takes_less_than_a_millisecond(rig):
    rig.child()
    times = []
    for _ in range(50):
        started = time.perf_counter()
        rig.services.drain()
        times.append(time.perf_counter() - started)
    assert sorted(times)[25] < 0.001


def test_a_flood_does_not_hold_it_up_for_long(rig, monkeypatch):
    monkeypatch.setattr("autograder.services.standins.SETTLE_SECONDS", 0.2)
    child = rig.child()
    flood = (
        "import socket, sys; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "def send(): s.sendto(b'a:1|c', ('127.0.0.1', int(sys.argv[1])))\n"
        "send(); print('go', flush=True)\n"
        "while True: send()"
    )
    port = child.environ["AIRFLOW__METRICS__STATSD_PORT"]
    with subprocess.Popen([sys.executable, "-S", "-c", flood, port], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        started = time.perf_counter()
        rig.services.drain()
        took = time.perf_counter() - started
        process.kill()
    rig.services.close(child)
    assert took < 1
    assert 0 < len(rig.collect().metrics) <= 50 * 40 + 20


def test_starting_and_beginning_are_quick(rig):
    from autograder.scenario import Scenario
    from autograder.services import Ledger, StandIns

    services = StandIns()
    started = time.perf_counter()
    services.start()
    start = time.perf_counter() - started
    begins = []
    for _ in range(9):
        started = time.perf_counter()
        services.begin(Scenario({}), lambda: 0.0, Ledger(50))
        begins.append(time.perf_counter() - started)
    services.stop()
    services.stop()
    assert start < 0.3
    assert sorted(begins)[4] < 0.005
    with pytest.raises(RuntimeError, match="not running"):
        services.drain()
