"""What the control side sees of the stand-ins."""

from __future__ import annotations

import json

import pytest

from autograder.services import StandIns


def test_a_kind_without_a_stand_in_is_named_with_those_there_are(rig):
    with pytest.raises(ValueError, match=r"'fax'; there are: smtp, slack, slack_api, monitoring"):
        rig.services.connection("fax", rig.child())


def test_a_connection_has_the_fields_of_airflows(rig):
    child = rig.child()
    for kind in ("smtp", "slack", "slack_api", "monitoring"):
        fields = rig.services.connection(kind, child)
        assert set(fields) == {"conn_type", "host", "port", "login", "password", "schema", "extra"}
        assert fields["extra"] is None or json.loads(fields["extra"])
        assert fields == rig.services.connection(kind, child)


def test_two_children_have_no_address_in_common(rig):
    first, second = rig.child(1), rig.child(2)
    for kind in ("smtp", "slack", "slack_api", "monitoring"):
        passwords = {rig.services.connection(kind, child)["password"] for child in (first, second)}
        assert len(passwords) == 2
    for name in ("COURSEKIT_LEASES", "AIRFLOW__METRICS__STATSD_PORT"):
        assert first.environ[name] != second.environ[name]


def test_nothing_works_before_the_start_or_after_the_end():
    services = StandIns()
    with pytest.raises(RuntimeError, match=r"call start\(\) first"):
        services.drain()
    services.stop()
    services.start()
    services.stop()
    with pytest.raises(RuntimeError, match=r"not after stop\(\)"):
        services.collect()
