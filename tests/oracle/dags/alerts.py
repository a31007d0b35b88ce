"""What the deadlines' callbacks of ``deadlines.py`` and ``other_deadlines.py`` do; no DAG."""

import asyncio
import time


def late(context, word="late"):
    time.sleep(30)
    print(word, context["dag_run"]["state"], context["deadline"]["deadline_time"])


async def later(context, word="later"):
    await asyncio.sleep(30)
    print(word, context["dag_run"]["state"])
    return "told"


def raises(context):
    raise OSError("the alert broke")


async def raises_later(context):
    raise OSError("the alert broke, too")
