"""What the extension does to a Jupyter server: settings first, then the course's own addresses."""

from __future__ import annotations

import atexit
import os
import sys
from typing import Any

from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from traitlets.config import Config

from autograder import course as courses
from autograder import workbooks
from autograder.course import Course, CourseError
from autograder.stack import pages
from autograder.stack.standing import Standing
from autograder.study import settings
from autograder.study.addresses import Addresses
from autograder.study.handlers import OpenHandler, SiteHandler, StudyHandler
from autograder.study.site import Site

__all__ = ["link", "load"]


class _Study:
    """What is kept between the two steps."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.site = Site(course)


_KEY = "autograder_study"


def link(server: ServerApp) -> None:
    """Settle on a course and set what the server has not been told otherwise."""
    try:
        course = courses.find()
        course.require_work()
    except CourseError as error:
        server.log.error("The course is not served: %s", error)
        return
    study = _Study(course)
    study.site.start()
    server.tornado_settings[_KEY] = study
    wanted: Config = settings.defaults(course)
    wanted.merge(server.config)
    server.update_config(wanted)


def load(server: ServerApp) -> None:
    """Put the notebooks in place and add the addresses."""
    study: _Study | None = server.tornado_settings.get(_KEY)
    if study is None:
        return
    base = server.base_url
    _pass_on(study.course, base)
    stand_ins = Standing(study.course.work)
    stand_ins.start()
    atexit.register(stand_ins.stop)
    os.environ.update(stand_ins.environment)
    for said in workbooks.ensure_notebooks(study.course):
        server.log.warning("A notebook could not be put in place: %s", said)
    addresses = Addresses(base)
    shared: dict[str, Any] = {"course": study.course, "addresses": addresses}
    server.web_app.add_handlers(  # type: ignore[no-untyped-call]
        ".*$",
        [
            (url_path_join(base, r"course/assets/study\.js"), StudyHandler, shared),
            (url_path_join(base, r"course()"), SiteHandler, {"site": study.site, "addresses": addresses}),
            (url_path_join(base, r"course/(.*)"), SiteHandler, {"site": study.site, "addresses": addresses}),
            (url_path_join(base, r"study/open/([^/]+)/(.+)"), OpenHandler, shared),
            *pages.handlers(base, study.course.work),
        ],
    )
    server.io_loop.add_callback(study.site.wait)


def _pass_on(course: Course, base: str) -> None:
    """Kernels, terminals and what is proxied inherit our environment."""
    os.environ["AUTOGRADER_COURSE"] = str(course.root)
    os.environ["AUTOGRADER_WORK"] = str(course.work)
    os.environ["AUTOGRADER_BASE_URL"] = base
    commands = os.path.dirname(sys.executable)
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    if commands not in path:
        os.environ["PATH"] = os.pathsep.join([commands, *path])
