"""No child delivers anything by another's stand-ins or keys, however it has learnt of them."""

from __future__ import annotations

from autograder.jail.layers import NAMESPACES, TCP
from autograder.scenario import Scenario
from tests.control.conftest import Run

DAG_OF_TWO = """
    import time
    from pathlib import Path
    import requests
    from airflow.sdk import DAG, BaseHook, task

    def tell(url, text):
        try:
            print(text, requests.post(url, json={{"text": text}}, timeout=2).status_code)
        except requests.ConnectionError:
            print(text, "refused")

    with DAG("one"):
        @task
        def lends():
            Path("url").write_text(BaseHook.get_connection("slack").password)
            time.sleep({lives})

        @task
        def borrows():
            time.sleep({waits})
            theirs = Path("url").read_text()
            mine = BaseHook.get_connection("slack").password
            tell(theirs, "their door")
            tell(mine.rpartition("/")[0] + "/" + theirs.rpartition("/")[2], "their key")
            tell(mine, "mine")
        lends()
        borrows()
"""


def test_the_address_of_a_sibling_that_lives(run: Run) -> None:
    source = DAG_OF_TWO.format(lives=60, waits=5)
    evidence = run(source, Scenario({}, others="run"), connections={"slack": "slack"})
    (lends,) = (life for life in evidence.executions if life.task_id == "lends")
    assert evidence.isolation is not None
    walls = {NAMESPACES, TCP} & set(evidence.isolation.active)
    said = [event.event for event in evidence.logs if event.channel == "stdout"]
    assert said == [f"their door {'refused' if walls else 200}", "their key 403", "mine 200"]
    told = {message.text: (message.task_id, message.status) for message in evidence.slack}
    assert told == {"their key": (None, 403), "mine": ("borrows", 200)} | (
        {} if walls else {"their door": ("lends", 200)}
    )
    (shown,) = evidence.wrong_keys
    assert (shown.task_id, shown.stand_in, shown.owner) == ("borrows", "slack", lends.id)


def test_the_address_of_a_sibling_that_has_ended(run: Run) -> None:
    source = DAG_OF_TWO.format(lives=1, waits=60)
    evidence = run(source, Scenario({}, others="run"), connections={"slack": "slack"})
    said = [event.event for event in evidence.logs if event.channel == "stdout"]
    assert said == ["their door refused", "their key 403", "mine 200"]
    assert {(message.text, message.task_id) for message in evidence.slack} == {
        ("their key", None),
        ("mine", "borrows"),
    }
