"""The end of the server: nothing is left for which the process would wait."""

from __future__ import annotations

import asyncio
import threading

from anyio import to_thread

from autograder.study.server import end_tasks


def test_a_page_that_is_still_being_answered_keeps_no_thread() -> None:
    loop = asyncio.new_event_loop()
    used: list[threading.Thread] = []

    async def answer() -> None:
        used.append(await to_thread.run_sync(threading.current_thread))
        loop.stop()
        await asyncio.sleep(3600)

    task = loop.create_task(answer())
    loop.run_forever()
    assert used[0].is_alive()
    end_tasks(loop)
    used[0].join(10)
    assert not used[0].is_alive()
    assert task.cancelled()
    loop.close()
