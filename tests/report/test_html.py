from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from autograder.disagreements import disagreements
from autograder.evidence import Evidence
from autograder.isolation import sentence
from autograder.predictions import Compared
from autograder.report import html
from autograder.report.beside import Beside
from autograder.report.words import isolation as said_of_isolation
from autograder.report.words import telling
from autograder.result import Result
from tests.report import samples
from tests.report.pages import Page

EVIDENCE = {one.name: one for one in (samples.fails(), samples.loses(), samples.stopped())}
HOSTILE = {"hostile": samples.hostile()}
PICTURE = re.compile(r"<svg.*?</svg>", re.S)
RUNS = [samples.fails, samples.loses, samples.late, samples.stopped, samples.empty, samples.hostile]
RESULTS = [samples.partly, samples.full, samples.withheld, samples.unrunnable, samples.hostile_result]


def pages() -> list[str]:
    return [
        *(html.render(make(), EVIDENCE) for make in RESULTS),
        html.render(samples.hostile_result(), HOSTILE),
        html.render(samples.partly(), {}),
        *(html.render_run(make()) for make in RUNS),
    ]


@pytest.fixture(scope="module", params=range(len(RESULTS) + 2 + len(RUNS)))
def page(request: pytest.FixtureRequest) -> Page:
    return Page(pages()[request.param])


def test_nothing_acts_loads_or_hides(page: Page) -> None:
    assert page.dangers() == []
    assert "default-src 'none'" in page.all("meta")[1]["content"]


def test_ids_are_unique_and_every_anchor_leads_somewhere(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [a["href"][1:] for a in page.all("a") if a.get("href", "").startswith("#")]
    assert set(targets) <= set(ids)


def test_frames_pictures_and_tables_are_named(page: Page) -> None:
    assert all(attributes.get("title") for attributes in page.all("iframe"))
    assert all(attributes.get("aria-labelledby") for attributes in page.all("svg"))
    assert all(attributes.get("scope") for attributes in page.all("th"))
    assert len(page.all("h1")) == 1
    assert page.all("html")[0]["lang"] == "en"


def test_a_result_shows_all_that_it_says() -> None:
    text = Page(html.render(samples.partly(), EVIDENCE)).text
    result = samples.partly()
    said = [
        result.title,
        result.submission,
        result.exercise,
        "of 12 points",
        "bonus, apart: 0/2",
        "2.1 Notification",
    ]
    for check in result.checks:
        said += [check.title, check.message, check.expected, check.observed, check.where or ""]
        said += check.hints if check.outcome != "skipped" else []
        said += [line.text for line in check.evidence]
    said += [
        "seen from outside",
        "as your code reported",
        "Start with",
        "seed 1234",
        "Airflow 3.3.2",
        "skipped: ",
    ]
    for words in said:
        assert words.replace("`", "") in text, words
    assert said_of_isolation(result) in text
    assert "20 November 2026, 04:55 UTC" in text


def test_hints_are_inside_one_another() -> None:
    page = html.render(samples.partly(), {})
    first, second = page.index("is a different list."), page.index("Which of your callbacks")
    assert "</details>" not in page[first:second]
    assert '<details class="ag-hint"><summary>Another hint' in page[first:second]


def test_only_what_failed_is_open() -> None:
    page = html.render(samples.partly(), {})
    opened = re.findall(r'<li class="ag-check ag-is-(\w+)"[^>]*>\s*<details( open)?>', page)
    assert {outcome for outcome, is_open in opened if not is_open} == {"passed"}
    assert "passed" not in {outcome for outcome, is_open in opened if is_open}


def test_the_scenario_to_look_at_first_is_open() -> None:
    page = html.render(samples.partly(), EVIDENCE)
    assert re.findall(r'class="ag-scene" id="\w+-s(\d)"( open)?', page) == [
        ("0", " open"),
        ("1", ""),
        ("2", ""),
    ]


def test_what_to_start_with_is_set_like_the_check_itself() -> None:
    first = samples.partly().checks[0].model_copy(update={"outcome": "failed", "points": 0})
    page = html.render(samples.partly().model_copy(update={"checks": [first]}), {})
    start = page[page.index(" Start with ") :].partition("</p>")[0]
    assert "<code>email_notification</code>" in start
    assert "`" not in start


def test_code_in_a_question_is_set_as_code() -> None:
    said = Compared(question="What comes after `<failed>`?", said="1", happened="", same=False)
    page = html.render_card(samples.partly(), {}, {}, Beside(predicted=(said,)))
    assert "<code>&lt;failed&gt;</code>" in page


def test_a_withheld_score_is_no_number() -> None:
    page = Page(html.render(samples.withheld(), {}))
    assert "of 12: score withheld" in page.text
    assert "it costs you nothing" in page.text
    assert "Start with" not in page.text


def test_what_could_not_be_run_shows_the_learners_frames_and_the_rest_behind_a_flag() -> None:
    page = html.render(samples.unrunnable(), {})
    assert "send_email_alret" in page
    assert page.index("importer.py") > page.index("The whole traceback</summary>")


def test_the_footer_tells_isolation_as_it_is() -> None:
    for isolation in (samples.JAILED, samples.PARTLY_JAILED, samples.LIMITED, None):
        page = Page(html.render(samples.partly().model_copy(update={"isolation": isolation}), {}))
        run = Page(html.render_run(samples.fails().model_copy(update={"isolation": isolation})))
        assert sentence(isolation) in page.text
        assert sentence(isolation) in run.text
        assert ("Not a sandbox" in page.text) == (isolation is samples.LIMITED)


def test_what_was_never_run_was_not_isolated_either() -> None:
    never = samples.unrunnable().model_copy(update={"scenarios": [], "isolation": None})
    assert "Nothing was run." in Page(html.render(never, {})).text
    assert "not recorded" not in Page(html.render(never, {})).text


def test_facts_and_claims_that_disagree_are_said_at_the_top_and_in_the_scenario() -> None:
    breach = samples.fails().executions[1].model_copy(update={"violations": ["a frame of 0 bytes"]})
    evidence = samples.fails().model_copy(update={"executions": [breach]})
    said = disagreements(evidence)
    assert len(said) == 1
    result = samples.full().model_copy(update={"disagreements": {"fails": said}})
    page = html.render(result, {"fails": evidence})
    assert page.count("a frame of 0 bytes") == 2
    assert "What was seen from outside and what the code reported do not agree, in scenario fails." in page
    assert telling(result, ["late", "fails"]) == ["fails"]
    assert html.render_run(evidence).count("a frame of 0 bytes") == 1
    assert "do not agree" not in html.render(samples.full(), {"fails": samples.fails()})


def test_evidence_lines_lead_to_the_item() -> None:
    page = html.render(samples.partly(), EVIDENCE)
    links = re.findall(r'href="#(\w+-s0-(?:mail|call)-\d)">see it', page)
    assert [link.partition("-")[2] for link in links] == ["s0-mail-2", "s0-mail-1", "s0-call-1"]


def test_a_run_shows_every_kind_of_item() -> None:
    page = Page(html.render_run(samples.fails()))
    for words in ("Callback log", "Inbox", "Slack", "Metrics", "Monitoring", "Leases", "Left behind", "States (4)",
                  "Logs (3)", "And 2 of Airflow's own.", "without the API key", "not given back", "tmp/report.csv",
                  "print from a callback", "raised KeyError", "Counted as succeeded, not run: file_cleanup",
                  "All headers", "As plain text"):  # fmt: skip
        assert words in page.text, words
    assert len(page.all("svg")) == 1
    assert len(page.all("iframe")) == 1
    assert "airflow.ti" not in page.text


def test_expected_and_observed_are_whole() -> None:
    text = Page(html.render(samples.hostile_result(), {})).text
    assert text.count("x" * 3000) == 2


def test_long_logs_are_clipped_and_say_so() -> None:
    text = Page(html.render_run(samples.hostile())).text
    assert "(196000 more characters)" in text
    events = samples.fails().logs[:1] * 1000
    many = samples.fails().model_copy(
        update={"logs": [e.model_copy(update={"id": i}) for i, e in enumerate(events)]}
    )
    assert "700 more in the stored evidence." in Page(html.render_run(many)).text


def test_a_card_is_the_same_without_the_shell() -> None:
    told = {name: EVIDENCE[name] for name in telling(samples.partly(), EVIDENCE)}
    card = html.render_card(samples.partly(), told)
    assert card.startswith("<style>")
    assert "<html" not in card
    assert Page(card).dangers() == []
    page = html.render(samples.partly(), told)
    assert PICTURE.sub("", card[card.index("<article") :]) in PICTURE.sub("", page)


def test_a_card_has_the_scenarios_that_say_why_and_names_the_others() -> None:
    told = telling(samples.partly(), EVIDENCE)
    others = [name for name in EVIDENCE if name not in told]
    assert told
    assert others
    text = Page(html.render_card(samples.partly(), EVIDENCE)).text
    assert f"Left out here, for nothing went wrong there: {', '.join(others)}." in text
    assert "Left out here" not in Page(html.render(samples.partly(), EVIDENCE)).text
    assert html.render_run_card(samples.fails()).startswith("<style>")


def test_two_cards_may_share_a_page() -> None:
    other = samples.partly().model_copy(update={"made_at": "2026-11-20T05:00:00+00:00"})
    both = Page(html.render_card(samples.partly(), EVIDENCE) + html.render_card(other, EVIDENCE))
    ids = [attributes["id"] for _, attributes in both.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "render",
    [
        lambda: html.render(samples.partly(), EVIDENCE),
        lambda: html.render(samples.hostile_result(), HOSTILE),
        lambda: html.render_run(samples.fails()),
    ],
)
def test_it_is_quick(render: Callable[[], str]) -> None:
    render()
    spent = []
    for _ in range(5):
        started = time.process_time()
        render()
        spent.append(time.process_time() - started)
    assert min(spent) < 0.05


def test_unknown_dates_are_left_as_they_are() -> None:
    odd: Result = samples.partly().model_copy(update={"made_at": "some day"})
    assert "checked some day" in html.render(odd, {})


@pytest.mark.parametrize("make", RUNS)
def test_every_run_has_a_page(make: Callable[[], Evidence]) -> None:
    assert "<article" in html.render_run(make())


def test_deadlines_have_a_table_of_their_own() -> None:
    page = Page(html.render_run(samples.late()))
    text = " ".join(page.text.split())
    assert "deadline early, 1 h after the run was queued" in text
    assert "Failed to import the callable on the triggerer: ModuleNotFoundError: no" in text
    assert "a context with dag_run and deadline only" in text
