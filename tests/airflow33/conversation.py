"""Requests to the Execution API that cover every operation of Airflow's client, and its refusals."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from airflow.models.connection import Connection
from airflow.models.taskinstance import TaskInstance
from airflow.sdk.api.datamodels._generated import AssetProfile, TerminalStateNonSuccess
from airflow.sdk.execution_time.comms import (
    AwaitInputTask,
    DeferTask,
    RescheduleTask,
    SkipDownstreamTasks,
)
from airflow.utils.session import create_session
from airflow.utils.state import TaskInstanceState

from tests.airflow33.asking import PID, Asking
from tests.airflow33.seed import BEFORE, DAG_ID, EARLIER, EPOCH, NOW, STOPS, TARGET

__all__ = ["Conversation"]

NOBODY = uuid.UUID(int=7)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Conversation(Asking):
    """What is asked, in this order."""

    def hold(self) -> None:
        for part in (
            self._start_and_beat,
            self._xcoms,
            self._variables_and_connections,
            self._state_stores,
            self._outcomes,
            self._assets,
            self._runs_and_counts,
            self._people,
            self._malformed,
            self._impossible,
        ):
            part()

    def _start_and_beat(self) -> None:
        not_queued = self.ti("succeeds")
        self.ask("task_instances.start", not_queued, PID, self.tick())
        ti = self.start("succeeds")
        self.ask("task_instances.start", ti, PID, self.tick())
        self.ask("task_instances.start", ti, PID + 1, self.tick())
        self.ask("task_instances.start", NOBODY, PID, self.tick())
        self.ask("task_instances.set_rtif", ti, {"command": "echo", "env": {"a": 1}, "none": None})
        self.ask("task_instances.set_rtif", NOBODY, {"command": "echo"})
        self.ask("task_instances.heartbeat", ti, PID)
        self.ask("task_instances.heartbeat", ti, PID + 1)
        self.ask("task_instances.heartbeat", NOBODY, PID)
        self.ask("task_instances.heartbeat", self.ti("group.inside"), PID)
        self.ask("task_instances.set_rendered_map_index", ti, "first of all")
        self.ask("task_instances.set_rendered_map_index", ti, "")
        self.ask("task_instances.set_rendered_map_index", NOBODY, "x")
        self.ask("task_instances.get_previous_successful_dagrun", ti)
        self.ask("task_instances.get_previous_successful_dagrun", NOBODY)
        self.ask("task_instances.get_previous_successful_dagrun", self.ids[BEFORE, "succeeds", -1])
        self.ask("task_instances.get_reschedule_start_date", ti)
        self.ask("task_instances.validate_inlets_and_outlets", ti)
        self.ask("task_instances.validate_inlets_and_outlets", self.ti("reads_what_nobody_makes"))
        self.ask("task_instances.validate_inlets_and_outlets", NOBODY)

    def _xcoms(self) -> None:
        own = (DAG_ID, NOW, "succeeds")
        mapped = (DAG_ID, NOW, "mapped")
        for key, value in (
            ("return_value", {"rows": [1, 2.5, None, True, "ü€"]}),
            ("a/b c", "slash and space"),
            ("nothing", None),
            ("deep", [[[{}]]]),
            ("50%", "percent"),
            ("huge number", 2**80),
        ):
            self.ask("xcoms.set", *own, key, value)
            self.ask("xcoms.get", *own, key)
        self.ask("xcoms.set", *own, "return_value", "again")
        self.ask("xcoms.set", *own, "lengthy", [1, 2, 3], mapped_length=3)
        self.ask("xcoms.set", *own, "lengthy", [1, 2], mapped_length=2)
        self.ask("xcoms.set", *own, "too long", [], mapped_length=5000)
        self.ask("xcoms.set", *own, "result", 1, dag_result=True)
        self.ask("xcoms.set", DAG_ID, "no such run", "succeeds", "k", 1)
        self.ask("xcoms.set", DAG_ID, NOW, "no such task", "k", 1)
        self.ask("xcoms.set", *own, "k", 1, map_index=99)
        self.ask("xcoms.set", *own, "", 1)
        for index in range(3):
            self.ask("xcoms.set", *mapped, "return_value", index * 10, map_index=index)
        self.ask("xcoms.get", *mapped, "return_value", map_index=1)
        self.ask("xcoms.get", *mapped, "return_value", map_index=7)
        self.ask("xcoms.get", *own, "unknown")
        self.ask("xcoms.get", DAG_ID, NOW, "group.inside", "old", include_prior_dates=True)
        self.ask("xcoms.head", *mapped, "return_value")
        self.ask("xcoms.head", *own, "unknown")
        for offset in (0, 2, -1, -3, 3, -4):
            self.ask("xcoms.get_sequence_item", *mapped, "return_value", offset)
        for start, stop, step in (
            (None, None, None),
            (1, None, None),
            (None, 2, None),
            (-2, None, None),
            (None, -1, None),
            (0, -1, 2),
            (-1, 0, -1),
            (2, 0, -1),
            (None, None, -1),
            (5, 9, None),
        ):
            self.ask("xcoms.get_sequence_slice", *mapped, "return_value", start, stop, step)
        self.ask(
            "xcoms.get_sequence_slice", *mapped, "return_value", None, None, None, include_prior_dates=True
        )
        self.ask("xcoms.delete", *own, "deep")
        self.ask("xcoms.delete", *own, "deep")
        self.ask("xcoms.delete", *mapped, "return_value", map_index=1)
        self.ask("xcoms.get_sequence_slice", *mapped, "return_value", None, None, None)

    def _variables_and_connections(self) -> None:
        self.ask("variables.set", "plain", "text", "what it is for")
        self.ask("variables.set", "plain", "other text")
        self.ask("variables.set", "none", None)
        self.ask("variables.set", "with/slash and ü", "{}")
        for key in ("plain", "none", "with/slash and ü", "unknown", "keys"):
            self.ask("variables.get", key)
        self.ask("variables.keys")
        self.ask("variables.keys", prefix="p")
        self.ask("variables.keys", limit=1, offset=1)
        self.ask("variables.keys", limit=0)
        self.ask("variables.keys", offset=-1)
        self.ask("variables.delete", "plain")
        self.ask("variables.delete", "plain")
        self.ask("variables.get", "plain")
        with create_session(scoped=False) as session:
            session.add(Connection(conn_id="there", uri="smtp://me:secret@example.org:25/path?a=b"))
            session.add(Connection(conn_id="bare", conn_type="http"))
        for conn_id in ("there", "bare", "not_there", "with space"):
            self.ask("connections.get", conn_id)

    def _state_stores(self) -> None:
        ti = self.ti("succeeds")
        for key, value in (("checkpoint", {"row": 7}), ("a/b", [1]), ("%41 100%", "all"), ("zero", 0)):
            self.ask("task_state_store.set", ti, key, value, None)
            self.ask("task_state_store.get", ti, key)
        self.ask("task_state_store.set", ti, "checkpoint", {"row": 8}, self.tick() + timedelta(hours=1))
        self.ask("task_state_store.set", ti, "past", "gone", LONG_AGO)
        self.ask("task_state_store.get", ti, "checkpoint")
        self.ask("task_state_store.get", ti, "past")
        self.ask("task_state_store.get", ti, "unknown")
        self.ask("task_state_store.delete", ti, "zero")
        self.ask("task_state_store.delete", ti, "zero")
        self.ask("task_state_store.get", NOBODY, "checkpoint")
        self.ask("task_state_store.set", NOBODY, "checkpoint", 1, None)
        self.ask("task_state_store.delete", NOBODY, "checkpoint")
        self.ask("task_state_store.clear", NOBODY)
        other = self.ti("retries")
        self.ask("task_state_store.set", other, "kept", "for the next try", None)
        self.ask("task_state_store.set", self.ti("mapped", 0), "k", 0, None)
        self.ask("task_state_store.clear", self.ti("mapped", 0))
        self.ask("task_state_store.get", self.ti("mapped", 0), "k")
        for where in ({"name": "made"}, {"uri": "x://made/"}):
            self.ask("asset_state_store.get", "mark", **where)
            self.ask("asset_state_store.set", "mark", {"at": 1}, **where)
            self.ask("asset_state_store.get", "mark", **where)
            self.ask("asset_state_store.delete", "mark", **where)
            self.ask("asset_state_store.set", "other", [1], **where)
            self.ask("asset_state_store.clear", **where)
            self.ask("asset_state_store.get", "other", **where)
        self.ask("asset_state_store.set", "mark", 1, name="made")
        self.ask("asset_state_store.get", "mark", name="unknown")
        self.ask("asset_state_store.set", "mark", 1, uri="x://unknown")
        self.ask("asset_state_store.delete", "mark", name="unknown")
        self.ask("asset_state_store.clear", name="unknown")

    def _outcomes(self) -> None:
        ti = self.ti("succeeds")
        self.ask("task_instances.succeed", NOBODY, self.tick(), [], [], None)
        self.ask("task_instances.succeed", self.ti("group.inside"), self.tick(), [], [], None)
        self._succeed_with_assets(ti)
        self.ask("task_instances.succeed", ti, self.tick(), [], [], None)
        self.ask("task_instances.finish", ti, TerminalStateNonSuccess.FAILED, self.tick(), None)
        self.ask("task_state_store.get", ti, "checkpoint")

        first = self.start("retries")
        self.ask("xcoms.set", DAG_ID, NOW, "retries", "partial", 1)
        self.ask("task_instances.set_rtif", first, {"command": "first try"})
        self.ask("task_instances.retry", first, self.tick(), "rendered")
        self.ask("task_instances.heartbeat", first, PID)
        self.ask("task_instances.set_rtif", first, {"command": "too late"})
        second = self.start("retries")
        self.ask("task_state_store.get", second, "kept")
        self.ask(
            "task_instances.retry",
            second,
            self.tick(),
            None,
            retry_delay_seconds=90.5,
            retry_reason="the policy said so " * 40,
        )
        third = self.start("retries")
        self.ask("task_instances.finish", third, TerminalStateNonSuccess.FAILED, self.tick(), "last")
        self.ask("task_instances.finish", third, TerminalStateNonSuccess.FAILED, self.tick(), "last")

        ti = self.start("reschedules")
        for minutes in (1, 5):
            now = self.tick()
            message = RescheduleTask(reschedule_date=now + timedelta(minutes=minutes), end_date=now)
            self.ask("task_instances.reschedule", ti, message)
            self.ask("task_instances.get_reschedule_start_date", ti)
            with create_session(scoped=False) as session:
                row = session.get(TaskInstance, ti)
                assert row is not None
                row.state = TaskInstanceState.QUEUED
            self.ask("task_instances.start", ti, PID, self.tick())
        self.ask("task_instances.get_reschedule_start_date", NOBODY)

        ti = self.start("defers")
        deferral = DeferTask(
            classpath="airflow.providers.standard.triggers.temporal.TimeDeltaTrigger",
            trigger_kwargs={"delta": 60},
            trigger_timeout=timedelta(minutes=3),
            next_method="execute_complete",
            next_kwargs={"a": [1]},
        )
        self.ask("task_instances.defer", ti, deferral)
        self.ask("task_instances.defer", ti, deferral)
        with create_session(scoped=False) as session:
            row = session.get(TaskInstance, ti)
            assert row is not None
            row.state = TaskInstanceState.QUEUED
        self.ask("task_instances.start", ti, PID, self.tick())
        self.ask("task_instances.finish", ti, TerminalStateNonSuccess.SKIPPED, self.tick(), None)

        ti = self.start("skips_others")
        self.ask(
            "task_instances.skip_downstream_tasks", ti, SkipDownstreamTasks(tasks=["below", ("mapped", 2)])
        )
        self.ask("task_instances.skip_downstream_tasks", ti, SkipDownstreamTasks(tasks=["succeeds"]))
        self.ask("task_instances.skip_downstream_tasks", NOBODY, SkipDownstreamTasks(tasks=["below"]))
        self.ask("task_instances.finish", ti, TerminalStateNonSuccess.UPSTREAM_FAILED, self.tick(), None)

        for index in range(2):
            ti = self.start("mapped", index)
            self.ask("task_instances.succeed", ti, self.tick(), [], [], f"element {index}")

        ti = self.start("fails", dag_id=STOPS)
        self.ask("task_instances.finish", ti, TerminalStateNonSuccess.FAILED, self.tick(), None)

    def _succeed_with_assets(self, ti: uuid.UUID) -> None:
        made = {"name": "made", "uri": "x://made/"}
        outlets = [
            AssetProfile(name="made", uri="x://made/", type="Asset"),
            AssetProfile(name="unknown", uri="x://unknown/", type="Asset"),
            AssetProfile(name="nick", type="AssetAlias"),
        ]
        empty_key = [{"dest_asset_key": made, "extra": {}, "partition_key": " "}]
        self.ask("task_instances.succeed", ti, self.tick(), outlets, empty_key, None)
        events = [
            {"dest_asset_key": made, "extra": {"rows": 3}},
            {
                "source_alias_name": "nick",
                "dest_asset_key": made,
                "dest_asset_extra": {"b": 1},
                "extra": {"through": "the alias"},
            },
        ]
        self.ask("task_instances.succeed", ti, self.tick(), outlets, events, None)

    def _assets(self) -> None:
        self.ask("assets.get", name="made")
        self.ask("assets.get", uri="x://made/")
        self.ask("assets.get", name="unknown")
        self.ask("assets.get", uri="x://unknown")
        self.ask("assets.get_by_alias", "nick")
        self.ask("assets.get_by_alias", "unknown")
        for which in (
            {"name": "made"},
            {"uri": "x://made/"},
            {"name": "made", "uri": "x://made/"},
            {"alias_name": "nick"},
        ):
            self.ask("asset_events.get", **which)
        self.ask("asset_events.get", name="made", ascending=False, limit=1)
        self.ask("asset_events.get", name="made", after=EPOCH + timedelta(days=1))
        self.ask("asset_events.get", name="made", before=EPOCH + timedelta(days=1))
        self.send("GET", "asset-events/by-asset", params={"name": "", "uri": ""})

    def _runs_and_counts(self) -> None:
        self.ask("dag_runs.get_detail", DAG_ID, NOW)
        self.ask("dag_runs.get_detail", DAG_ID, "unknown")
        self.ask("dag_runs.get_state", DAG_ID, BEFORE)
        self.ask("dag_runs.get_state", DAG_ID, "unknown")
        self.ask("dag_runs.get_count", DAG_ID)
        self.ask("dag_runs.get_count", DAG_ID, states=["success", "failed"], run_ids=[BEFORE, NOW])
        self.ask("dag_runs.get_count", DAG_ID, logical_dates=[EARLIER])
        self.ask("dag_runs.get_count", "unknown")
        self.ask("dag_runs.get_previous", DAG_ID, EPOCH)
        self.ask("dag_runs.get_previous", DAG_ID, EPOCH, state="failed")
        self.ask("dag_runs.get_previous", DAG_ID, EARLIER)
        self.send("GET", "dag-runs/previous", params={"dag_id": DAG_ID, "logical_date": "yesterday"})
        self.ask("dags.get", DAG_ID)
        self.ask("dags.get", "unknown")

        for where in (
            {},
            {"task_ids": ["mapped", "succeeds"]},
            {"task_ids": ["mapped"], "map_index": 1},
            {"task_group_id": "group"},
            {"task_group_id": "unknown"},
            {"run_ids": [NOW]},
            {"logical_dates": [EARLIER, EPOCH]},
        ):
            self.ask("task_instances.get_count", DAG_ID, **where)
            self.ask("task_instances.get_task_states", DAG_ID, **where)
        self.ask("task_instances.get_count", DAG_ID, states=["success", "null"])
        self.ask("task_instances.get_count", DAG_ID, states=["null"], run_ids=[NOW])
        self.ask("task_instances.get_task_states", "unknown", task_group_id="group")
        self.ask("task_instances.get_task_breakcrumbs", DAG_ID, NOW)
        self.ask("task_instances.get_task_breakcrumbs", DAG_ID, "unknown")
        self.ask("task_instances.get_previous", DAG_ID, "succeeds")
        self.ask("task_instances.get_previous", DAG_ID, "succeeds", logical_date=EPOCH, state="success")
        self.ask("task_instances.get_previous", DAG_ID, "succeeds", logical_date=EARLIER)
        self.ask("task_instances.get_previous", DAG_ID, "mapped", map_index=2, state="skipped")
        self.ask("task_instances.get_previous", DAG_ID, "mapped", state="no such state")

        self.ask("dag_runs.trigger", TARGET, "by_a_task", {"a": 1}, run_after=EPOCH, note="why")
        self.ask("dag_runs.trigger", TARGET, "by_a_task")
        self.ask("dag_runs.trigger", TARGET, "by_a_task", reset_dag_run=True)
        self.ask("dag_runs.trigger", TARGET, "not a run's name")
        self.ask("dag_runs.trigger", "unknown", "by_a_task")
        self.ask("dag_runs.clear", DAG_ID, BEFORE)
        self.ask("dag_runs.clear", DAG_ID, "unknown")
        self.ask("dag_runs.clear", "unknown", "unknown")

    def _people(self) -> None:
        ti = self.start("asks")
        self.ask("hitl.get_detail_response", ti_id=ti)
        self.ask(
            "hitl.add_response",
            ti_id=ti,
            options=["yes", "no"],
            subject="Go on?",
            defaults=["no"],
            params={},
            assigned_users=[],
        )
        self.ask(
            "task_instances.await_input",
            ti,
            AwaitInputTask(next_method="go_on", next_kwargs={}, timeout=timedelta(hours=1)),
        )
        self.ask("hitl.get_detail_response", ti_id=ti)
        self.ask("hitl.update_response", ti_id=ti, chosen_options=["yes"], params_input={})
        self.ask("hitl.update_response", ti_id=ti, chosen_options=["no"], params_input={})
        self.ask("hitl.get_detail_response", ti_id=ti)
        self.ask("hitl.update_response", ti_id=NOBODY, chosen_options=["no"], params_input={})

    def _malformed(self) -> None:
        """What the models of the API refuse."""
        ti = self.ti("succeeds")
        state = f"task-instances/{ti}/state"
        for method, path, body in (
            ("PATCH", f"task-instances/{ti}/run", {}),
            ("PATCH", f"task-instances/{ti}/run", {"state": "running", "pid": "many", "hostname": "h"}),
            ("PATCH", state, {"state": "flying"}),
            ("PATCH", state, {"state": "success"}),
            ("PATCH", state, {"state": "failed", "end_date": "yesterday"}),
            ("PATCH", state, {"state": "failed", "end_date": "2026-03-02T06:00:00Z", "extra": 1}),
            ("PATCH", state, {"state": "deferred", "classpath": "a.B"}),
            ("PATCH", state, [1]),
            ("PATCH", state, None),
            ("PUT", f"task-instances/{ti}/heartbeat", {"hostname": "h"}),
            ("PUT", f"task-instances/{ti}/rtif", ["not", "a", "mapping"]),
            ("PATCH", f"task-instances/{ti}/rendered-map-index", 3),
            ("PATCH", f"task-instances/{ti}/skip-downstream", {"tasks": "below"}),
            ("PUT", "variables/x", {"value": 3}),
            ("PUT", f"store/ti/{ti}/k", {"expires_at": "soon"}),
            ("POST", f"dag-runs/{TARGET}/x", {"conf": 3}),
        ):
            self.send(method, path, json=body)
        self.send("PUT", f"task-instances/{ti}/rtif")
        self.send("GET", f"xcoms/{DAG_ID}/{NOW}/mapped/return_value", params={"map_index": "first"})
        self.send(
            "GET", f"xcoms/{DAG_ID}/{NOW}/mapped/return_value/slice", params={"start": "x", "stop": "y"}
        )
        self.send("GET", f"xcoms/{DAG_ID}/{NOW}/mapped/return_value/item/first")
        self.send("GET", "task-instances/count")
        self.send("GET", f"task-reschedules/{ti}x/start_date")
        self.send("GET", "assets/by-name")
        self.send("GET", "store/asset/by-name/value", params={"name": "", "key": "k"})
        self.send("GET", "no/such/place")

    def _impossible(self) -> None:
        """What only the database refuses."""
        self.ask("xcoms.set", DAG_ID, NOW, "succeeds", "k", 1, map_index=2**70)
        self.ask("xcoms.get", DAG_ID, NOW, "succeeds", "k", map_index=2**70)
        late = self.ti("group.beside")
        self.queue(late)
        self.ask("task_instances.start", late, 2**70, self.tick())
