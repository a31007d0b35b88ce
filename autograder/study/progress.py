"""What the site's pages know of this server and of the learner: the script ``assets/study.js``."""

from __future__ import annotations

import json
from typing import Any

from autograder import catalog, results
from autograder.catalog import CatalogError
from autograder.course import Course
from autograder.study.addresses import Addresses

__all__ = ["progress", "script"]


def script(course: Course, addresses: Addresses) -> str:
    """Sets ``window.study``."""
    known = {
        "open": addresses.open,
        "course": addresses.course,
        "lab": addresses.lab,
        "airflow": addresses.airflow,
        "inbox": addresses.inbox,
        "slack": addresses.slack,
        "progress": progress(course),
    }
    return f"window.study = {json.dumps(known)};\n"


def progress(course: Course) -> dict[str, dict[str, Any]]:
    """The best results so far, by exercise; those of which there is none are left out."""
    found: dict[str, dict[str, Any]] = {}
    try:
        slugs = catalog.load(course.root).slugs
    except CatalogError:
        # Somebody is writing an exercise: the buttons of the others work all the same.
        return {}
    for slug in slugs:
        best = results.best(course.results, slug)
        if best is None:
            continue
        try:
            parts = catalog.load_exercise(course.root / "exercises" / slug).parts
        except CatalogError:
            continue
        found[slug] = {
            "score": best.score,
            "max_score": sum(part.points for part in parts if not part.bonus),
            "bonus_score": best.bonus_score,
            "parts": best.parts,
        }
    return found
