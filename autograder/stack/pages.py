"""The inbox and the Slack channel of the standing stand-ins, as pages of Jupyter's server."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from markupsafe import Markup
from tornado import web

from autograder.evidence import Mail, SlackMessage
from autograder.report import mail_html, slack_html
from autograder.stack import look
from autograder.stack.shelf import Kind, Shelf

__all__ = ["handlers"]

_SCRIPT = Path(__file__).with_name("templates") / "deliveries.js"


@dataclass(frozen=True)
class _Channel:
    """What differs between the two pages."""

    kind: Kind
    path: str
    title: str
    empty: str
    template: str


_CHANNELS = (
    _Channel(
        "mails",
        "inbox",
        "Inbox",
        "No mail yet. What your DAGs, callbacks and notebooks send through the connection `smtp_default` arrives here.",
        "mail.html",
    ),
    _Channel(
        "slack",
        "slack",
        "Slack",
        "No message yet. What your DAGs, callbacks and notebooks post through the connections `slack_webhook`, "
        "`slack_default` or `slack_api_default` arrives here.",
        "slack.html",
    ),
)


def handlers(base_url: str, work: Path) -> list[tuple[str, type[web.RequestHandler], dict[str, Any]]]:
    """``<base>inbox/`` and ``<base>slack/``, for ``web_app.add_handlers(".*$", …)``.

    :param base_url: Jupyter's.
    :param work: the learner's folder, where the deliveries are kept.
    """
    made: list[tuple[str, type[web.RequestHandler], dict[str, Any]]] = []
    for channel in _CHANNELS:
        given = {"channel": channel, "shelf": Shelf(work)}
        root = url_path_join(base_url, channel.path)
        made += [
            (root, _Slash, {}),
            (root + "/", _Page, given),
            (root + "/items", _Items, given),
            (root + "/deliveries.js", _Script, {}),
        ]
    return made


class _Slash(JupyterHandler):
    @web.authenticated
    def get(self) -> None:
        self.redirect(self.request.path + "/")


class _Deliveries(JupyterHandler):
    def initialize(self, channel: _Channel, shelf: Shelf) -> None:
        self.channel, self.shelf = channel, shelf

    def items(self, known: frozenset[str] = frozenset()) -> tuple[list[str], dict[str, str]]:
        """The names of all deliveries, newest first, and those of them that are not known, as they look."""
        names = self.shelf.names(self.channel.kind)
        shown: dict[str, str] = {}
        for name in names:
            if name not in known and (delivery := self.shelf.read(self.channel.kind, name)) is not None:
                shown[name] = _item(self.channel, name, delivery)
        return [name for name in names if name in known or name in shown], shown


class _Page(_Deliveries):
    @property
    def content_security_policy(self) -> str:
        return look.policy(script="'self'")

    @web.authenticated
    def get(self) -> None:
        names, shown = self.items()
        page = look.page(
            "deliveries.html",
            channel=self.channel,
            ways=[
                ("Course", url_path_join(self.base_url, "course/"), False),
                *(
                    (one.title, url_path_join(self.base_url, one.path) + "/", one is self.channel)
                    for one in _CHANNELS
                ),
                ("Airflow", url_path_join(self.base_url, "airflow/"), False),
            ],
            items=[(name, Markup(shown[name])) for name in names],
            token=self.xsrf_token.decode("ascii"),
            airflow=url_path_join(self.base_url, "airflow/"),
        )
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(page)


class _Items(_Deliveries):
    @web.authenticated
    def get(self) -> None:
        """All names, and those deliveries that are newer than ``after``."""
        after = self.get_query_argument("after", "")
        names = self.shelf.names(self.channel.kind)
        kept, shown = self.items(frozenset(name for name in names if name <= after))
        self.set_header("Cache-Control", "no-store")
        self.finish({"names": kept, "items": shown})

    @web.authenticated
    def delete(self) -> None:
        """Forget all of them."""
        self.shelf.clear(self.channel.kind)
        self.set_status(204)
        self.finish()


class _Script(JupyterHandler):
    @web.authenticated
    def get(self) -> None:
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.finish(_SCRIPT.read_bytes())


def _item(channel: _Channel, name: str, delivery: Mail | SlackMessage) -> str:
    moment = datetime.datetime.fromtimestamp(delivery.at, datetime.UTC)
    context: dict[str, Any] = {"name": name, "moment": moment, "sender": _sender(delivery)}
    if isinstance(delivery, Mail):
        context |= {"mail": delivery, "frame": mail_html.frame(delivery.html) if delivery.html else None}
    else:
        who = delivery.payload.get("username")
        context |= {
            "message": delivery,
            "who": who if isinstance(who, str) and who else "Airflow",
            "body": slack_html.render(delivery.payload),
        }
    return look.fill(channel.template, **context)


def _sender(delivery: Mail | SlackMessage) -> str:
    """Who sent it: a fact, as everybody has an address of their own."""
    match delivery.component:
        case "worker":
            return "the worker, which runs tasks and their callbacks"
        case "executor":
            return "the api-server"
        case None:
            return "a notebook or a terminal"
        case component:
            return f"the {component}"
