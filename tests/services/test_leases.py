"""The lease server, as its wire shows it; ``coursekit`` has its own tests."""

from __future__ import annotations

import json

import pytest

from autograder.scenario import answers, refuses


@pytest.fixture
def lease(http):
    """Open or close a lease as a child."""

    def ask(child, method="POST", key="", kind="database"):
        url = child.environ["COURSEKIT_LEASES"] + (f"/{key}" if key else "")
        reply = http(url, json.dumps({"kind": kind}).encode() if method == "POST" else None, method=method)
        answer = json.loads(reply.body)
        return answer["id"] if reply.status in (200, 201) else reply.status

    return ask


def test_a_lease_given_back_and_one_that_is_not(rig, lease):
    child = rig.child(try_number=2)
    kept = lease(child, kind="ftp")
    given = lease(child)
    rig.now = 12.5
    assert lease(child, "DELETE", given) == given
    assert lease(child, "DELETE", given) == given
    rig.services.close(child)
    leaked, closed = rig.collect().leases
    assert (leaked.kind, leaked.execution, leaked.task_id, leaked.try_number) == ("ftp", 1, "extract", 2)
    assert (leaked.opened, leaked.closed, leaked.leaked) == (10.0, None, True)
    assert (closed.kind, closed.closed, closed.leaked, closed.refused) == ("database", 12.5, False, 0)
    assert kept != given


def test_a_lease_ends_with_the_process_that_opened_it(rig, lease):
    first, second = rig.child(1), rig.child(2)
    key = lease(first)
    rig.services.close(first)
    assert lease(second, "DELETE", key) == 410
    with pytest.raises(OSError, match="refused"):
        lease(first)
    assert [(record.execution, record.leaked) for record in rig.collect().leases] == [(1, True)]


def test_another_child_closes_a_lease_only_by_its_id(rig, lease):
    first, second = rig.child(1), rig.child(2)
    key = lease(first)
    assert lease(second, "DELETE", "1") == 404
    assert lease(second, "DELETE", key) == key
    assert rig.collect().leases[0].leaked is False


def test_another_childs_callback_closes_a_lease_before_its_own_childs_outcome(rig, lease):
    first, second = rig.child(1), rig.child(2)
    early, late = lease(first), lease(first)
    second.phase = "after"
    lease(second, "DELETE", early)
    first.phase = "after"
    lease(second, "DELETE", late)
    assert [record.closed_phase for record in rig.collect().leases] == ["before", "after"]


def test_refuses_concerns_the_first_lease_of_each_execution_once(rig, lease):
    rig.begin(leases=refuses())
    for child in (rig.child(1), rig.child(2)):
        first, second = lease(child), lease(child)
        assert lease(child, "DELETE", second) == second
        assert lease(child, "DELETE", first) == 409
        assert lease(child, "DELETE", first) == first
    assert [record.refused for record in rig.collect().leases] == [1, 0, 1, 0]


def test_a_lease_refused_and_not_asked_for_again_is_leaked(rig, lease):
    rig.begin(leases=refuses())
    child = rig.child()
    assert lease(child, "DELETE", lease(child)) == 409
    (record,) = rig.collect().leases
    assert (record.refused, record.closed, record.leaked) == (1, None, True)


def test_answers_concerns_closing_only(rig, lease):
    rig.begin(leases=answers(503))
    child = rig.child()
    assert lease(child, "DELETE", lease(child)) == 503
    assert rig.collect().leases[0].refused == 1


def test_a_lease_tells_on_which_side_of_the_barrier_it_was_given_back(rig, lease):
    child = rig.child()
    first, second = lease(child), lease(child)
    lease(child, "DELETE", first)
    child.phase = "after"
    lease(child, "DELETE", second)
    assert [record.closed_phase for record in rig.collect().leases] == ["before", "after"]


def test_what_is_no_request_for_a_lease(rig, http):
    url = rig.child().environ["COURSEKIT_LEASES"]
    for body in (
        b"",
        b"{}",
        b"[]",
        b'{"kind": ""}',
        b'{"kind": 1}',
        json.dumps({"kind": "x" * 101}).encode(),
    ):
        assert http(url, body).status == 400
    assert http(url).status == 404
    assert http(url + "/1-abc", b"{}").status == 404
    assert http(url, method="DELETE").status == 404
    assert http(url[:-4] + "0000", b'{"kind": "x"}').status == 403
    assert http(url.replace("/leases/", "/other/"), b'{"kind": "x"}').status == 403
    assert rig.collect().leases == []


def test_no_more_leases_than_the_limit(rig, lease):
    rig.begin(limit=2)
    child = rig.child()
    assert [lease(child), lease(child), lease(child)][2] == 429
    collected = rig.collect()
    assert (len(collected.leases), collected.dropped) == (2, {"leases": 1})
    assert rig.ledger.over == {"leases": 2}
