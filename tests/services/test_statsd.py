"""The StatsD stand-in."""

from __future__ import annotations

import socket

import pytest

from autograder.scenario import never_answers, refuses
from autograder.services.statsd import parse


def send(child, *datagrams: bytes) -> None:
    host = child.environ["AIRFLOW__METRICS__STATSD_HOST"]
    port = int(child.environ["AIRFLOW__METRICS__STATSD_PORT"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for datagram in datagrams:
            client.sendto(datagram, (host, port))


@pytest.mark.parametrize(
    ("line", "name", "value", "kind", "tags"),
    [
        (b"failures:1|c", "failures", 1, "counter", {}),
        (b"failures:1|c|@0.1", "failures", 10, "counter", {}),
        (b"failures:-2|c\n", "failures", -2, "counter", {}),
        (b"depth:+4|g", "depth", 4, "gauge", {}),
        (b"took:12.5|ms", "took", 12.5, "timer", {}),
        (b"took:12.5|ms|@0.5", "took", 12.5, "timer", {}),
        (b"who:anna|s", "who", 1, "set", {}),
        (b"size:3|h", "size", 3, "histogram", {}),
        (b"size:3|d", "size", 3, "distribution", {}),
        (b"failures,dag_id=etl,kind=a:1|c", "failures", 1, "counter", {"dag_id": "etl", "kind": "a"}),
        (b"failures:1|c|#dag_id:etl,flag", "failures", 1, "counter", {"dag_id": "etl", "flag": ""}),
        (b"failures:1|c|@0.5|#url:http://x", "failures", 2, "counter", {"url": "http://x"}),
        ("störung:1|c".encode(), "störung", 1, "counter", {}),
    ],
)
def test_each_form_is_understood(line, name, value, kind, tags):
    (reading,) = parse(line)
    assert reading is not None
    assert (reading.name, reading.value, reading.type, reading.tags) == (name, value, kind, tags)
    assert reading.raw == line.decode().strip()


def test_a_datagram_holds_several():
    assert [r and (r.name, r.value) for r in parse(b"a:1|c\n\nb:2:3|ms\n")] == [("a", 1), ("b", 2), ("b", 3)]


NO_METRICS = """a
a:1
:1|c
a:|c
a:x|c
a:1|x
a:1|c|@0
a:1|c|@x
a:nan|g
a:1e999|c
_sc|name|0
_e{5,4}:title|text
,k=v:1|c
\0\1\2"""


@pytest.mark.parametrize(
    "line", [*NO_METRICS.encode().split(b"\n"), b"\xff\x00\xfe", b"a" + b":1" * 200 + b"|c"]
)
def test_what_is_no_metric_is_not_understood(line):
    assert list(parse(line)) == [None]


def test_a_metric_belongs_to_the_child_whose_port_it_came_to(rig):
    first, second = rig.child(1), rig.child(2, task_id="load", phase="after")
    second.call = 9
    send(second, b"b:2|c|#k:v", b"nonsense")
    send(first, b"a:1|c")
    collected = rig.collect()
    by_name = {metric.name: metric for metric in collected.metrics}
    assert (by_name["a"].execution, by_name["a"].task_id, by_name["a"].phase) == (1, "extract", "before")
    assert (by_name["b"].execution, by_name["b"].phase, by_name["b"].call) == (2, "after", 9)
    assert by_name["b"].tags == {"k": "v"}
    assert by_name["a"].own is False
    assert collected.dropped == {"metrics": 1}


def test_what_is_queued_when_the_child_ends_is_not_lost(rig):
    child = rig.child()
    send(child, *(b"a:1|c" for _ in range(100)))
    rig.services.close(child)
    assert len(rig.collect().metrics) == 100
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", int(child.environ["AIRFLOW__METRICS__STATSD_PORT"])))


def test_refuses_means_that_nobody_listens(rig):
    rig.begin(metrics=refuses())
    child = rig.child()
    port = int(child.environ["AIRFLOW__METRICS__STATSD_PORT"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", port))
        client.send(b"a:1|c")
        with pytest.raises(ConnectionRefusedError):
            client.send(b"a:1|c")
    rig.services.close(child)
    assert rig.collect().metrics == []


def test_statsd_never_answers_anyway(rig):
    rig.begin(metrics=never_answers())
    send(rig.child(), b"a:1|c")
    assert len(rig.collect().metrics) == 1
