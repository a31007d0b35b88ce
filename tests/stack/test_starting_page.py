"""What a person sees at Airflow's address while it starts, and when it has ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from autograder.stack.door import Door, listen
from autograder.stack.status import Board
from tests.browser import NewPage, Screenshot, axe, faint, sideways

pytestmark = pytest.mark.browser


@contextmanager
def opened(board: Board) -> Iterator[str]:
    with listen(0) as listening:
        door = Door(listening, board, "/user/learner/airflow/")
        door.open()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/user/learner/airflow/"
        door.shut()


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_shows_how_far_it_is_and_then_what_went_wrong(
    new_page: NewPage, screenshot: Screenshot, dark: bool, phone: bool
) -> None:
    board = Board()
    board.post(components={"database": "being made ready"})
    page = new_page(dark=dark, phone=phone)
    with opened(board) as address:
        page.goto(address)
        assert page.inner_text("h1") == "Airflow is starting"
        board.post(components={"api-server": "healthy", "scheduler": "starting"})
        page.get_by_text("api-server").wait_for()
        assert page.inner_text("#components").split() == ["api-server", "healthy", "scheduler", "starting"]
        assert [*axe(page), *faint(page), *sideways(page)] == []
        screenshot(page, "starting")
        board.post(
            phase="failed",
            problem="Airflow's scheduler was ended by signal 9, so the other components were stopped, too.",
            lines=("Starting the scheduler", "<b>No room</b> " + "x" * 200),
        )
        page.get_by_role("button", name="Start Airflow again").wait_for()
        assert "<b>No room</b>" in page.inner_text("pre")
        assert [*axe(page), *faint(page), *sideways(page)] == []
        screenshot(page, "failed")
        assert not board.again.is_set()
        page.get_by_role("button", name="Start Airflow again").click()
        page.wait_for_url(address)
        assert board.again.wait(5)
