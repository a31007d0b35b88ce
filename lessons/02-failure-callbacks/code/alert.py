"""What a failure is told as, in Slack's blocks. It imports no Airflow, so its tests take no time."""

from __future__ import annotations


# --8<-- [start:message]
def message(context):
    ti, error = context["ti"], context.get("exception")
    if error is None:
        heading, advice = "A worker was lost", "Look at its machine."
    elif isinstance(error, PermissionError):
        heading, advice = "We are not let in", "Ask the partner for access."
    else:
        heading, advice = "An import failed", "Read the log."
    said = "no exception" if error is None else str(error)
    for sign, name in {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.items():
        said = said.replace(sign, name)
    text = f"`{ti.task_id}` failed at try {ti.try_number}: {said}\n{advice}"
    text += f" <{ti.log_url}|Log>"
    return {
        "text": f"{heading}: {ti.task_id}",  # what a locked phone shows
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": heading}},
            {"type": "section", "text": {"type": "mrkdwn", "text": text}},
        ],
    }
    # --8<-- [end:message]
