"""What the server answers, over real HTTP."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from autograder.results import Best
from tests.study.serving import SLUG, Study, until


def test_nothing_is_shown_without_the_token(study: Study) -> None:
    for path in ("course/", "course/assets/study.js", f"study/open/{SLUG}/lab.ipynb", "lab", "inbox/"):
        answer = study.get(path, token=False)
        assert answer.status_code == 302, path
        assert answer.headers["Location"].startswith("/user/learner/login?next="), path
        assert not answer.text, path
    assert study.get("api/contents", token=False).status_code == 403
    wrong = httpx.get(study.address("course/?token=wrong"))
    assert wrong.headers["Location"].startswith("/user/learner/login")


def test_the_token_is_exchanged_for_a_cookie_and_leaves_the_address(study: Study) -> None:
    with httpx.Client(base_url=study.url) as browser:
        first = browser.get(f"course/?token={study.token}&q=mail")
        assert (first.status_code, first.headers["Location"]) == (302, "/user/learner/course/?q=mail")
        assert browser.get("course/assets/study.js").text.startswith("window.study = {")


@pytest.mark.parametrize("path", ["//evil.example/", "/%5Cevil.example/", "%5C%5Cevil.example"])
def test_the_way_in_leads_to_this_server_only(study: Study, path: str) -> None:
    target = httpx.URL(study.url).copy_with(raw_path=f"{study.base}study/enter/wrong/{path}".encode())
    answer = httpx.get(target)
    assert answer.headers["Location"].startswith("/user/learner/evil.example")
    assert "Set-Cookie" not in answer.headers


def test_what_a_browser_overlooks_in_an_address_is_no_way_to_another_server(study: Study) -> None:
    target = httpx.URL(study.url).copy_with(
        raw_path=f"{study.base}study/enter/wrong/%09/evil.example".encode()
    )
    assert httpx.get(target).headers["Location"] == "/user/learner/%09/evil.example"


@pytest.mark.parametrize(
    "path", ["course/%00", "course/" + "a" * 5000, "study/open/x/%00", "course/a%0d%0ab"]
)
def test_an_address_that_no_file_can_have_is_not_there(study: Study, path: str) -> None:
    study.page("")
    answer = study.get(path, headers={"Accept": "text/html"})
    assert answer.status_code in (400, 404)
    assert "Traceback" not in answer.text


def test_pages_are_served_with_a_policy_that_keeps_them_to_this_server(study: Study) -> None:
    page = study.page("")
    assert page.status_code == 200
    assert "A small course" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "sandbox" not in policy
    assert page.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_page_that_has_not_changed_is_not_sent_again(study: Study) -> None:
    page = study.page("")
    assert page.headers["Cache-Control"] == "no-cache"
    again = study.get("course/", headers={"If-None-Match": page.headers["Etag"]})
    assert again.status_code == 304


def test_folders_have_pages(study: Study) -> None:
    study.page("")
    assert study.get("course").headers["Location"] == "/user/learner/course/"
    folder = study.get(f"course/exercises/{SLUG}")
    assert (folder.status_code, folder.headers["Location"]) == (
        301,
        f"/user/learner/course/exercises/{SLUG}/",
    )
    assert study.get(f"course/exercises/{SLUG}/").status_code == 200
    assert study.ask("HEAD", f"course/exercises/{SLUG}/").status_code == 200


def test_a_page_that_is_not_there_is_said_to_be_so_by_the_site(study: Study) -> None:
    study.page("")
    missing = study.get("course/no/such/page/")
    assert missing.status_code == 404
    assert missing.headers["Content-Type"].startswith("text/html")
    local = set(re.findall(r'(?:href|src)="(/[^"]*)"', missing.text))
    assert local
    assert all(path.startswith("/user/learner/course/") for path in local)
    styles = [path for path in local if path.endswith(".css")]
    assert styles
    for path in styles:
        assert study.get(path.removeprefix(study.base)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "course/../../exercise.toml",
        "course/..%2f..%2f..%2f.results",
        "course/%2e%2e/%2e%2e/mkdocs.yml",
        "course/%2fetc%2fpasswd",
    ],
)
def test_no_way_leads_out_of_the_site(study: Study, path: str) -> None:
    study.page("")
    target = httpx.URL(study.url).copy_with(raw_path=f"{study.base}{path}".encode())
    answer = httpx.get(target, headers={"Authorization": f"token {study.token}"}, follow_redirects=True)
    assert answer.status_code in (403, 404)


def known(study: Study) -> dict[str, object]:
    answer = study.get("course/assets/study.js")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    found: dict[str, object] = json.loads(answer.text.removeprefix("window.study = ").rstrip(";\n"))
    return found


def test_pages_know_where_everything_is(study: Study) -> None:
    base = "/user/learner/"
    assert {key: value for key, value in known(study).items() if key != "progress"} == {
        "open": f"{base}study/open/",
        "course": f"{base}course/",
        "lab": f"{base}lab",
        "airflow": f"{base}airflow/",
        "inbox": f"{base}inbox/",
        "slack": f"{base}slack/",
    }


def test_pages_know_the_best_results(study: Study) -> None:
    results = study.work / ".results" / SLUG
    results.mkdir(parents=True, exist_ok=True)
    best = Best(score=3, max_score=5, folder="x", parts={"1.1": 3})
    (results / "best.json").write_text(best.model_dump_json(), encoding="utf-8")
    progress = known(study)["progress"]
    assert isinstance(progress, dict)
    assert progress[SLUG]["score"] == 3
    assert progress[SLUG]["parts"] == {"1.1": 3}
    assert progress[SLUG]["max_score"] > 0


def test_notebooks_are_in_place_from_the_start(study: Study) -> None:
    shown = study.get(f"api/contents/{SLUG}").json()["content"]
    assert {"lab.ipynb", "exercise.ipynb"} <= {one["name"] for one in shown}


def test_opening_makes_a_copy_once_and_never_again(study: Study) -> None:
    file = study.work / SLUG / "dag.py"
    file.unlink(missing_ok=True)
    answer = study.get(f"study/open/{SLUG}/dag.py")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/user/learner/lab/tree/{SLUG}/dag.py")
    assert file.read_text(encoding="utf-8")
    file.write_text("# mine\n", encoding="utf-8")
    said = study.get(f"study/open/{SLUG}/dag.py?format=json")
    assert said.json() == {"path": f"{SLUG}/dag.py"}
    assert file.read_text(encoding="utf-8") == "# mine\n"


@pytest.mark.parametrize(
    "path",
    [
        f"{SLUG}/checks.py",
        f"{SLUG}/..%2f..%2fmkdocs.yml",
        f"..%2flessons%2f{SLUG}/lab.ipynb",
        "../exercises/lab.ipynb",
        "%2e%2e/lab.ipynb",
        "99-nothing/lab.ipynb",
    ],
)
def test_only_the_courses_own_notebooks_and_files_are_opened(study: Study, path: str) -> None:
    target = httpx.URL(study.url).copy_with(raw_path=f"{study.base}study/open/{path}?format=json".encode())
    answer = httpx.get(target, headers={"Authorization": f"token {study.token}"})
    assert answer.status_code in (404, 405), answer.text
    assert not (study.work / SLUG / "checks.py").exists()


def test_a_person_is_told_what_could_not_be_opened(study: Study) -> None:
    answer = study.get(f"study/open/{SLUG}/no%3Cb%3E.ipynb")
    assert answer.status_code == 404
    assert "The course has no 01-tell-someone/no&lt;b&gt;.ipynb." in answer.text


def test_kernels_are_this_python_and_know_the_course(study: Study) -> None:
    names = study.get("api/kernelspecs").json()["kernelspecs"]
    assert list(names) == ["python3"]
    import sys

    assert names["python3"]["spec"]["argv"][0] == sys.executable


def test_lab_is_told_to_ask_nobody_else(study: Study) -> None:
    page = study.get("lab").text
    settings = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    assert settings["exposeAppInBrowser"] is True
    assert settings["news"] == {"disabled": True}
    assert settings["extensionManager"]["can_install"] is False
    assert settings["buildCheck"] is False
    assert "@jupyterlab/apputils-extension:announcements" in settings["disabledExtensions"]
    assert settings["userSettingsDir"].startswith(str(study.work / ".cache" / "study"))
    assert settings["workspacesDir"].startswith(str(study.work / ".cache" / "study"))
    assert until(lambda: study.get("lab/api/news").json().get("news") in ([], None), 1)


def test_tiles_lead_to_pages_of_this_server(study: Study) -> None:
    tiles = study.get("server-proxy/servers-info").json()["server_processes"]
    found = {tile["name"]: tile["launcher_entry"] for tile in tiles}
    assert {name: tile["path_info"] for name, tile in found.items()} == {
        "course": "course/",
        "airflow": "airflow/",
        "inbox": "inbox/",
        "slack": "slack/",
    }
    assert not any(tile["new_browser_tab"] for tile in tiles)
    for name in found:
        icon = study.get(f"server-proxy/icon/{name}")
        assert (icon.status_code, icon.headers["Content-Type"]) == (200, "image/svg+xml")
    for name in ("inbox", "slack"):
        assert study.get(f"{name}/").status_code == 200
