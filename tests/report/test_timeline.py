from __future__ import annotations

import re
from itertools import combinations, pairwise

import pytest

from autograder.evidence import Evidence
from autograder.report import svg
from autograder.report.timeline import LETTER, MARK, Tick, layout
from tests.report import samples

EVERY = [samples.fails, samples.loses, samples.late, samples.stopped, samples.empty, samples.hostile]


def spaced(*starts: float, lasting: float = 0.01) -> Evidence:
    executions = [
        samples.attempt(
            number, "extract", number, start, terminal="success", ended=start + lasting, barrier=start
        )
        for number, start in enumerate(starts, start=1)
    ]
    return samples.empty().model_copy(update={"executions": executions})


def test_five_minutes_between_ten_milliseconds_are_a_jump() -> None:
    plan = layout(samples.fails())
    assert [jump.label for jump in plan.jumps] == ["+5 min"]
    assert plan.width < 900
    widest = max(bar.x_end - bar.x for row in plan.rows for bar in row.bars)
    narrowest = min(bar.x_end - bar.x for row in plan.rows for bar in row.bars)
    assert narrowest > 8
    assert plan.jumps[0].x_end - plan.jumps[0].x < 3 * widest


def test_waits_of_one_size_are_all_jumps_and_even_work_is_none() -> None:
    assert [jump.label for jump in layout(spaced(0, 60, 120)).jumps] == ["+59.99 s", "+59.99 s"]
    assert [jump.label for jump in layout(spaced(0, 60, 120, lasting=0)).jumps] == ["+1 min", "+1 min"]
    assert layout(spaced(0, 60, 120, lasting=50)).jumps == []


def lasting(*executions: tuple[float, float]) -> Evidence:
    made = [
        samples.attempt(number, "extract", number, start, terminal="success", ended=end, barrier=end)
        for number, (start, end) in enumerate(executions, start=1)
    ]
    return samples.empty().model_copy(update={"executions": made})


def test_a_jump_may_lie_within_an_execution() -> None:
    plan = layout(lasting((0.0, 0.01), (0.02, 7200.0)))
    _, bar = plan.rows[0].bars
    assert any(bar.x < jump.x_end <= bar.x_end for jump in plan.jumps)


def test_rows_are_in_the_order_of_the_dag_and_by_component() -> None:
    plan = layout(samples.fails())
    assert [(row.component, row.label) for row in plan.rows] == [
        ("worker", samples.MAIL),
        ("worker", samples.SLACK),
        ("worker", "connection_cleanup"),
        ("DAG processor", "DAG processor"),
    ]
    assert plan.rows[2].note == "upstream failed, never started"


def test_bars_say_try_and_state_and_marks_what_arrived() -> None:
    mail, slack, *_ = layout(samples.fails()).rows
    assert [bar.label for bar in mail.bars] == ["try 1 up for retry", "try 2 failed"]
    assert [(mark.kind, mark.tone) for mark in slack.marks] == [
        ("call", "success"),
        ("slack", "other"),
        ("metric", "other"),
        ("post", "other"),
        ("call", "failed"),
    ]
    assert slack.marks[2].label == "metric: failures"


def test_a_callback_in_the_dag_processor_is_in_its_lane() -> None:
    lane = layout(samples.loses()).rows[-1]
    assert lane.component == "DAG processor"
    assert [bar.label for bar in lane.bars] == ["reads the file", "1 callback"]
    assert [mark.tone for mark in lane.marks] == ["other"]


@pytest.mark.parametrize("make", EVERY)
def test_time_runs_to_the_right_and_nothing_overlaps(make: object) -> None:
    plan = layout(make())  # type: ignore[operator]
    places = sorted(
        [(bar.start, bar.x) for row in plan.rows for bar in row.bars]
        + [(jump.end, jump.x_end) for jump in plan.jumps]
    )
    for (one, x), (other, later) in pairwise(places):
        assert later > x if other > one else later == x
    for row in plan.rows:
        assert all(b.x - a.x >= MARK - 1e-6 for a, b in pairwise(row.marks))
        assert all(b.x > a.x_end and b.x > a.x + 5 * len(a.label) for a, b in pairwise(row.bars))
        assert all(0 <= bar.x <= bar.x_end <= plan.width for bar in row.bars)


def test_deliveries_of_one_instant_are_one_mark() -> None:
    evidence = samples.fails()
    many = [evidence.mails[1].model_copy(update={"id": 100 + n}) for n in range(50)]
    plan = layout(evidence.model_copy(update={"mails": many}))
    assert [mark.label for mark in plan.rows[0].marks if mark.kind == "mail"] == [
        "50 mails: callback_exercise_dag.email_notification failed …"
    ]


def test_a_delivery_to_nobodys_address_is_shown_as_such() -> None:
    evidence = samples.fails()
    stray = evidence.mails[0].model_copy(update={"execution": None, "component": None, "task_id": None})
    plan = layout(evidence.model_copy(update={"mails": [stray]}))
    assert plan.rows[-1].label == "an address that was nobody's"


def test_too_many_rows_are_counted() -> None:
    executions = [samples.attempt(n, f"task_{n}", 1, n, terminal="success") for n in range(100)]
    plan = layout(samples.empty().model_copy(update={"executions": executions}))
    assert len(plan.rows) + plan.more == 100
    assert plan.more > 0


def test_the_picture_describes_itself() -> None:
    picture = svg.draw(layout(samples.fails()), name="p", title="Timeline of fails")
    assert 'role="img"' in picture
    assert '<title id="p-title">Timeline of fails</title>' in picture
    assert "email_notification, try 2, worker: failed, at 5 min 0.04 s, lasted 14 ms" in picture
    assert "callback on_failure_callback[1] count_failure, raised KeyError" in picture
    assert ">+5 min</text>" in picture


def test_the_last_time_on_the_axis_is_written_out() -> None:
    last = Tick(x=500, label="5 min 50 s")
    drawn = layout(spaced(0, 1)).model_copy(update={"width": 510.0, "ticks": [last]})
    picture = str(svg.draw(drawn, name="p", title="t"))
    found = re.search(r'<text x="([\d.]+)"[^>]*>5 min 50 s<', picture)
    width = re.search(r'width="(\d+)"', picture)
    assert found
    assert width
    assert int(width[1]) >= int(float(found[1]) + LETTER * len(last.label))


def test_hours_that_are_filled_are_to_scale() -> None:
    plan = layout(samples.late())
    assert plan.jumps == []
    assert [tick.label for tick in plan.ticks] == ["0 s", "1 h", "2 h", "3 h", "4 h", "5 h"]
    hours = [b.x - a.x for a, b in pairwise(plan.ticks)]
    assert max(hours) < 2 * min(hours)
    assert plan.width < 900


def test_one_wait_that_dwarfs_all_others_is_a_jump_even_then() -> None:
    evidence = samples.late()
    last = evidence.deadlines[2].model_copy(update={"at": 864000.0, "missed": 864000.0})
    plan = layout(evidence.model_copy(update={"deadlines": [*evidence.deadlines[:2], last], "executions": [
        execution for execution in evidence.executions if execution.deadline != 2]}))  # fmt: skip
    assert [jump.label for jump in plan.jumps] == ["+9 days 21 h"]


def test_what_happened_to_the_run_stands_above_all() -> None:
    plan = layout(samples.late())
    assert [(one.kind, one.label, one.tone) for one in plan.moments] == [
        ("answer", "answer to ask: Approve", "other"),
        ("deadline", "deadline early missed", "failed"),
        ("deadline", "deadline missed", "failed"),
        ("dropped", "deadline daily dropped", "other"),
        ("mark", "compute marked failed", "other"),
        ("end", "run failed", "failed"),
        ("deadline", "deadline last missed", "failed"),
    ]
    assert plan.moments[1].detail == (
        "deadline early, 1 h after the run was queued: missed at 1 h 0 min 0.01 s"
    )
    assert layout(samples.fails()).moments == []


def test_labels_of_moments_do_not_meet_and_no_line_crosses_an_earlier_one() -> None:
    told = layout(samples.late()).moments
    for earlier, later in combinations(told, 2):
        end = earlier.x + LETTER * len(earlier.label) + 20
        assert earlier.x <= later.x
        assert end <= later.x or earlier.line < later.line


def test_too_many_moments_are_counted() -> None:
    evidence = samples.late()
    many = [evidence.deadlines[0].model_copy(update={"id": n, "name": f"d{n}"}) for n in range(100)]
    told = layout(evidence.model_copy(update={"deadlines": many})).moments
    assert len(told) == 40
    assert told[-1].label == "64 more"


def test_each_component_has_its_lane_with_what_it_ran() -> None:
    plan = layout(samples.late())
    assert [(row.component, row.label) for row in plan.rows] == [
        ("worker", "compute"),
        ("worker", "ask"),
        ("triggerer", "ask"),
        ("triggerer", "alerts.warn"),
        ("triggerer", "dag.late"),
        ("DAG processor", "DAG processor"),
        ("executor", "dag.tell"),
    ]
    bars = {(row.component, row.label): [(bar.label, bar.tone) for bar in row.bars] for row in plan.rows}
    assert bars["triggerer", "ask"] == [("HITLTrigger", "other")]
    assert bars["triggerer", "alerts.warn"] == [("early: success", "success")]
    assert bars["triggerer", "dag.late"] == [("last: failed", "failed")]
    assert bars["executor", "dag.tell"] == [("failed", "failed")]


def test_the_picture_tells_what_happened_to_the_run() -> None:
    picture = svg.draw(layout(samples.late()), name="p", title="Timeline of late")
    assert ">the run</text>" in picture
    assert ">deadline early missed</text>" in picture
    assert picture.count('class="ag-plumb') == 7
    assert "compute marked failed from outside at 3 h 0 min 0 s." in picture
    assert "dag.tell, executor: failed" in picture


def test_deadlines_without_names_that_are_missed_together_are_told_together() -> None:
    evidence = samples.late()
    three = [evidence.deadlines[1].model_copy(update={"id": n}) for n in range(3)]
    told = layout(evidence.model_copy(update={"deadlines": three})).moments
    assert [one.label for one in told if one.kind == "deadline"] == ["3 deadlines missed"]


def test_a_task_that_was_made_to_stop_says_so() -> None:
    evidence = samples.late()
    stopped = evidence.executions[1].model_copy(update={"stopped": True})
    (bar,) = layout(evidence.model_copy(update={"executions": [stopped]})).rows[0].bars
    assert (bar.label, bar.tone) == ("try 1 stopped", "other")


def test_some_last_seconds_do_not_fill_the_picture() -> None:
    plan = layout(lasting((0.0, 0.01), (0.02, 7200.0), (7200.01, 7205.0)))
    _, long, short = plan.rows[0].bars
    assert plan.jumps == []
    assert short.x_end - short.x < 0.1 * (long.x_end - long.x)
