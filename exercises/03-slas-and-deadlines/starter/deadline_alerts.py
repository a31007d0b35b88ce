"""Exercise 03: what runs in the triggerer. It cannot import `dag.py`; every process can import this module.

TODO: write the callbacks of asynchronous deadline alerts. Such a callback is a function like this one:

    async def sound_alarm(context):
        ...

`dag.py` imports it and gives it to a `DeadlineAlert`, inside an `AsyncCallback`.
"""
