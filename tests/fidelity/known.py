"""The differences between the two worlds that stay, each with its reason. What the comparison leaves out, it leaves out
because of one of these."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KNOWN", "Known"]


@dataclass(frozen=True)
class Known:
    """A difference that is as it should be."""

    what: str
    really: str
    here: str
    reason: str


KNOWN = (
    Known(
        "The scheduler is never late",
        "A round of the scheduler takes from milliseconds to seconds. A task that comes back (`up_for_reschedule`, "
        "`deferred`) before the scheduler has seen that its last process has ended is taken for lost: it fails or is "
        "retried, its callback runs in the DAG processor (`scheduler_job_runner.py:1476-1567`). Seen with a sensor "
        "that pokes every four seconds, on a busy machine.",
        "The scheduler has seen everything before the clock moves on.",
        "It would depend on how busy the grader's machine is.",
    ),
    Known(
        "What happens side by side has one order",
        "Tasks that are ready at the same time begin in any order. A callback in the DAG processor may come after the "
        "task's next try has begun. Which task failed last, of which the DAG's callback is told, may be chance.",
        "The same order each time.",
        "Two checks of the same answer must say the same.",
    ),
    Known(
        "A task that somebody marks is told at once",
        "Its supervisor learns of it at the next heartbeat, up to `[workers] min_heartbeat_interval` (5 s) later.",
        "It is told at that moment.",
        "Nothing else happens in these seconds, except that the task's work goes on.",
    ),
    Known(
        "A run is alone",
        "Other runs take slots of pools, and earlier ones matter to `depends_on_past` and to averages.",
        "There is one run, the runs that it triggers of other DAGs of its file, and the durations in `history`.",
        "A scenario is a run.",
    ),
    Known(
        "A trigger has a process to itself",
        "All triggers share one event loop. One that blocks holds up the others and the callbacks of deadlines.",
        "Each has its own, so that only its own time passes.",
        "A delivery belongs to the process that it came from, and so to one trigger or one deadline.",
    ),
    Known(
        "A trigger that ends the triggerer",
        "One that exits, and a deadline's callback that returns a dict or a list, which Airflow's text column does not "
        "take (`models/callback.py:262`), end the triggerer with all its triggers, whenever it is started again.",
        "It ends for that trigger only, and for good. The execution says why; the deadline's callback stays `running`.",
        "The other triggers have processes of their own.",
    ),
    Known(
        "Memory that runs out",
        "The kernel kills a process that takes more than its container may: SIGKILL, and without a retry left no "
        "failure callback (`supervisor.py:1772-1780`).",
        "Whoever takes more than the exercise allows is killed too, and the run ends there: the report names the limit "
        "and whose code was running. `--kill` and `dies_by` do what the kernel does and let the run go on. Only who "
        "asks for four times the limit, and two gigabytes at least, at once gets a `MemoryError`.",
        "A run that was cut off says little of its callbacks, and the kernel's own way is there to be asked for.",
    ),
    Known(
        "A question that nobody answers",
        "A deadline's callback on the executor may read connections and Variables. Whatever else it asks is not "
        "answered, and it waits for ever (`callback_supervisor.py:77-83`).",
        "Its process is ended at once, and says why. Its state stays `running`, as there.",
        "A scenario has an end.",
    ),
    Known(
        "What a task packs up to go on with",
        "The `kwargs` of `defer(…)` may hold objects of Airflow's own classes, an `Asset` say.",
        "They may hold plain values, dates and the like; with others the task fails when it should go on.",
        "The API server unpacks them, which here is the trusted side: it makes nothing that a submission asks for.",
    ),
    Known(
        "No trace begins with the run",
        "A run that is triggered through the API has a `context_carrier`, which Airflow's default mail subject shows.",
        "It is None.",
        "Nobody triggers it through the API.",
    ),
    Known(
        "Names of places",
        "The bundle is what the settings call it, links to logs begin with `[api] base_url`.",
        "The bundle is `submission`, and links begin with Airflow's default address.",
        "They have to be something.",
    ),
    Known(
        "An executor that notices that a worker is gone",
        "Celery's and Kubernetes' do, the local one does not: there the heartbeat's timeout comes first.",
        "`loses_worker` is the one, `loses_machine` the other.",
        "Only the second can be compared on one machine. The first rests on `scheduler_job_runner.py:1530-1567`, whose "
        "code runs here too.",
    ),
)
