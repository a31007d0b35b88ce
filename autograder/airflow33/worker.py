"""The jail's side of Airflow: its own task runner and DAG processor, with our hooks in them.

``prepare`` runs once, in the warm parent: it imports what every child needs and puts the hooks in place. ``run``
never returns: it becomes Airflow's own child process for a task or for a DAG file.
"""

from __future__ import annotations

import functools
import importlib
import io
import logging
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

from autograder.airflow33.environ import BUNDLE
from autograder.jail.calls import flush, recorded, recorded_deadline
from autograder.jail.faults import replacement
from autograder.jail.orders import Orders
from autograder.jail.printed import Counted, Stamped
from autograder.jail.side import SideChannel
from autograder.jail.virtual import clock

__all__ = ["prepare", "run"]

_WARM = (
    "airflow.dag_processing.bundles.local",
    "airflow.dag_processing.processor",
    "airflow.jobs.triggerer_job_runner",
    "airflow.models.dagwarning",
    "airflow.models.serialized_dag",
    "airflow.providers.slack.hooks.slack_webhook",
    "airflow.providers.slack.notifications.slack_webhook",
    "airflow.providers.smtp.hooks.smtp",
    "airflow.providers.smtp.notifications.smtp",
    "airflow.providers.standard.decorators.python",
    "airflow.providers.standard.operators.bash",
    "airflow.providers.standard.operators.empty",
    "airflow.providers.standard.operators.python",
    "airflow.providers.standard.operators.trigger_dagrun",
    "airflow.providers.standard.sensors.external_task",
    "airflow.providers.standard.sensors.python",
    "airflow.sdk._shared.logging.factory",
    "airflow.sdk._shared.logging.remote",
    "airflow.sdk._shared.observability.metrics.statsd_logger",
    "airflow.sdk.api.datamodels.activities",
    "airflow.sdk.bases.operatorlink",
    "airflow.sdk.definitions.asset.metadata",
    "airflow.sdk.definitions.decorators.condition",
    "airflow.sdk.definitions.decorators.setup_teardown",
    "airflow.sdk.definitions.decorators.task_group",
    "airflow.sdk.definitions.retry_policy",
    "airflow.sdk.execution_time.cache",
    "airflow.sdk.execution_time.callback_supervisor",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "airflow.sdk.observability.metrics.statsd_logger",
    "airflow.sdk.observability.stats",
    "airflow.task.priority_strategy",
    "airflow.triggers.callback",
    "airflow.version",
    "concurrent.futures",
    "coursekit",
    "email.mime.multipart",
    "email.mime.text",
    "encodings.idna",
    "encodings.unicode_escape",
    "html",
    "http.client",
    "jinja2.ext",
    "logging.config",
    "requests",
    "setproctitle",
    "smtplib",
    "statsd",
    "tempfile",
    "urllib.request",
)

_orders: Orders | None = None
_side: SideChannel | None = None


def prepare() -> None:
    """Import Airflow and hook into it."""
    # A grammar that jsonschema builds at import, which costs as much time as Airflow itself and which nothing needs.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    # Airflow makes no database engine in such a process; a child has no database.
    os.environ["PYTHON_OPERATORS_VIRTUAL_ENV_MODE"] = "1"
    import airflow.sdk  # noqa: F401
    from airflow import settings

    del os.environ["PYTHON_OPERATORS_VIRTUAL_ENV_MODE"]
    for name in _WARM:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    settings.get_policy_plugin_manager().register(_Policy(), "autograder")
    _share_adapters()
    _warm_up()
    _hook()


_TINY = """\
from airflow.sdk import DAG, task
with DAG("tiny"):
    @task(retries=1)
    def work(): ...
    work()
"""


def _warm_up() -> None:
    """Parse a DAG of ours once: what Airflow sets up on first use is then there in every child."""
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.sdk.listener import get_listener_manager
    from airflow.serialization.serialized_objects import DagSerialization

    get_listener_manager()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tiny.py")
        path.write_text(_TINY)
        bag = BundleDagBag(
            dag_folder=str(path), bundle_path=Path(folder), bundle_name=BUNDLE, load_op_links=False
        )
        DagSerialization.to_dict(bag.dags["tiny"])
    for name in [name for name in sys.modules if name.startswith("unusual_prefix_")]:
        del sys.modules[name]


def _share_adapters() -> None:
    """Build the validators of Airflow's wire once, here, and not in every child (5 ms each time)."""
    from airflow.dag_processing import processor
    from airflow.sdk.execution_time import comms, task_runner

    built = _Adapters()
    for module in (comms, processor, task_runner):
        vars(module)["TypeAdapter"] = built
    built(comms.ToTask)
    built[processor.ToDagProcessor](processor.ToDagProcessor)


class _Adapters:
    """Stands where pydantic's ``TypeAdapter`` is called, and gives the same adapter for the same type."""

    def __init__(self) -> None:
        from pydantic import TypeAdapter

        self._make = TypeAdapter
        self._made: dict[int, Any] = {}

    def __getitem__(self, kind: Any) -> _Adapters:
        return self

    def __call__(self, kind: Any) -> Any:
        if id(kind) not in self._made:
            self._made[id(kind)] = self._make(kind)
        return self._made[id(kind)]


class _Policy:
    """A cluster policy: the public door through which a scenario sets a task's retries."""

    def __init__(self) -> None:
        from airflow.policies import hookimpl

        type(self).task_policy = hookimpl(type(self)._task_policy)  # type: ignore[attr-defined]

    def _task_policy(self, task: Any) -> None:
        if _orders is not None and task.task_id in _orders.retries:
            task.retries = _orders.retries[task.task_id]


def _hook() -> None:
    from airflow.dag_processing import processor
    from airflow.sdk.execution_time import task_runner

    from autograder.airflow33 import executor_callback, trigger

    execute = task_runner._execute_task

    def execute_task(context: Any, ti: Any, log: Any) -> Any:
        try:
            return execute(context, ti, log)
        finally:
            flush()

    task_runner._execute_task = execute_task

    work = task_runner._run_execute_callable

    def run_execute_callable(context: Any, execute: Any, task: Any) -> Any:
        fault = None if _side is None else _side.fetch("work")
        resumes = isinstance(execute, functools.partial) and execute.func == task.resume_execution
        if fault is not None and not resumes:
            execute = replacement(fault, execute)
        return work(context, execute, task)

    task_runner._run_execute_callable = run_execute_callable

    outcome = task_runner._run_task_and_map_outcome

    def run_task_and_map_outcome(ti: Any, context: Any, log: Any) -> Any:
        try:
            return outcome(ti, context, log)
        finally:
            if (time := clock()) is not None:
                time.company.rest()

    task_runner._run_task_and_map_outcome = run_task_and_map_outcome

    callbacks = task_runner._run_task_state_change_callbacks

    def run_callbacks(task: Any, kind: Any, context: Any, log: Any) -> None:
        # All that Airflow reads of the task there.
        read: Any = SimpleNamespace(**{kind: _each_recorded(getattr(task, kind), kind)})
        callbacks(read, kind, context, log)

    task_runner._run_task_state_change_callbacks = run_callbacks

    find = processor._get_dag_with_task

    def get_dag_with_task(dagbag: Any, dag_id: str, task_id: str | None = None) -> Any:
        dag, task = find(dagbag, dag_id, task_id)
        if task is not None:
            for kind in ("on_failure_callback", "on_retry_callback"):
                _record(task, kind, kind, Sequence)
        else:
            for kind in ("on_failure_callback", "on_success_callback"):
                _record(dag, kind, kind.replace("on_", "dag_"), list)
        return dag, task

    processor._get_dag_with_task = get_dag_with_task
    executor_callback.record(lambda callback: _deadline_recorded(callback, awaited=False))
    trigger.record(lambda callback: _deadline_recorded(callback, awaited=True))


def _deadline_recorded(callback: Any, *, awaited: bool) -> Any:
    assert _orders is not None
    assert _side is not None
    return recorded_deadline(callback, _side, _orders.folder, awaited=awaited)


def _record(owner: Any, attribute: str, kind: str, several: type) -> None:
    """Record the calls of the callbacks in an attribute. ``several``: what Airflow takes for more than one there."""
    callbacks = getattr(owner, attribute)
    if isinstance(callbacks, several):
        setattr(owner, attribute, _each_recorded(callbacks, kind))
    elif callbacks:
        setattr(owner, attribute, _each_recorded([callbacks], kind))


def _each_recorded(callbacks: Any, kind: str) -> Any:
    """What cannot be gone through is left as it is, for Airflow to stumble over."""
    if _orders is None or _side is None or not isinstance(callbacks, Iterable):
        return callbacks
    return [recorded(callback, i, kind, _side, _orders.folder) for i, callback in enumerate(callbacks)]


def _configure_logs_quickly(supervisor: Any) -> None:
    """Setting up logging clears every logger's cache of levels once for every logger; once is enough (2 ms)."""
    configure = supervisor._configure_logs_over_json_channel

    def configured(log_fd: int) -> None:
        manager = logging.root.manager
        vars(manager)["_clear_cache"] = lambda: None
        try:
            configure(log_fd)
        finally:
            del vars(manager)["_clear_cache"]
            manager._clear_cache()  # type: ignore[attr-defined]

    supervisor._configure_logs_over_json_channel = configured


def _tell_the_order_of_lines(supervisor: Any) -> None:
    """Airflow's child prints on two sockets and logs on a third, from which nobody can tell what was first."""
    from airflow.sdk import log

    printed: list[Counted] = []
    reopen, configure = supervisor._reopen_std_io_handles, log.configure_logging

    def reopened(*doors: socket.socket) -> None:
        reopen(*doors)
        for name in ("stdout", "stderr"):
            counted = Counted(getattr(sys, name).detach().detach())
            printed.append(counted)
            setattr(sys, name, io.TextIOWrapper(io.BufferedWriter(counted), line_buffering=True))

    def configured(*args: Any, output: Any = None, **settings: Any) -> None:
        configure(*args, output=Stamped(output, printed) if output else None, **settings)

    supervisor._reopen_std_io_handles, log.configure_logging = reopened, configured  # type: ignore[assignment]


def run(orders: Orders, side: SideChannel, doors: list[socket.socket], log_fd: int) -> NoReturn:
    """Become the child that Airflow would have started for this. ``doors``: requests, stdout, stderr."""
    global _orders, _side
    from airflow.dag_processing.processor import _parse_file_entrypoint
    from airflow.sdk.execution_time import supervisor

    from autograder.airflow33 import executor_callback, trigger

    _orders, _side = orders, side
    if orders.plugins is not None:
        from autograder.airflow33 import plugins

        plugins.use(Path(orders.plugins))
    target: Callable[[], None]
    match orders.kind:
        case "task":
            target = supervisor._subprocess_main
        case "dag_file":
            target = _parse_file_entrypoint
        case "callback":
            target = executor_callback.target(orders.callback)
        case _:
            # As if it were on PYTHONPATH: Airflow puts a bundle's folder there for all but the triggerer.
            sys.path.append(orders.folder)
            target = trigger.target
    _configure_logs_quickly(supervisor)
    _tell_the_order_of_lines(supervisor)
    supervisor._fork_main(doors[0], doors[1], doors[2], log_fd, target)
