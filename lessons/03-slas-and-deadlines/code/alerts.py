"""What deadlines call in the triggerer: in a module of its own, because the triggerer reads no DAG files."""

from __future__ import annotations

# --8<-- [start:alert]
from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook


def message(context, owner):
    run, deadline = context["dag_run"], context["deadline"]
    due = f"{deadline['deadline_time']:%H:%M} UTC"
    return (
        f"{run['dag_id']} is late: due at {due}, still {run['state']}.\n"
        f"Run {run['dag_run_id']}. {owner}, please look."
    )


async def tell_slack(context, owner):
    hook = SlackWebhookHook(slack_webhook_conn_id="slack_webhook", timeout=2)
    await hook.async_send(text=message(context, owner))


# --8<-- [end:alert]
