"""A trigger for ``deferred.py``; no DAG."""

import asyncio

from airflow.triggers.base import BaseTrigger, TaskFailedEvent, TriggerEvent


class Patient(BaseTrigger):
    def __init__(self, minutes, then="asks"):
        super().__init__()
        self.minutes, self.then = minutes, then

    def serialize(self):
        return "patient.Patient", {"minutes": self.minutes, "then": self.then}

    async def run(self):
        for _ in range(self.minutes):
            await asyncio.sleep(60)
        if self.then == "raises":
            raise OSError("no line")
        if self.then == "fails":
            yield TaskFailedEvent()
        elif self.then == "asks":
            yield TriggerEvent({"minutes": self.minutes})
            await asyncio.sleep(3600)

    async def on_kill(self):
        print("on_kill", self.minutes)
        await asyncio.sleep(1)

    async def cleanup(self):
        print("cleanup", self.minutes)
