"""The development container, against the keys and values that containers.dev documents: no schema of it comes with
the libraries that we use."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest

from tests.doors import ROOT

GIVEN: dict[str, Any] = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))

# https://containers.dev/implementors/json_reference/, as far as ours goes.
KEYS = {
    "customizations", "forwardPorts", "hostRequirements", "image", "name", "onCreateCommand", "otherPortsAttributes",
    "portsAttributes", "postAttachCommand", "postCreateCommand", "postStartCommand", "remoteUser",
    "updateContentCommand", "waitFor",
}  # fmt: skip
PORT_KEYS = {"elevateIfNeeded", "label", "onAutoForward", "protocol", "requireLocalPort"}
ON_AUTO_FORWARD = {"notify", "openBrowser", "openBrowserOnce", "openPreview", "silent", "ignore"}


def test_its_keys_are_documented() -> None:
    assert GIVEN.keys() <= KEYS
    assert GIVEN["hostRequirements"].keys() <= {"cpus", "gpu", "memory", "storage"}
    for size in (GIVEN["hostRequirements"]["memory"], GIVEN["hostRequirements"]["storage"]):
        assert re.fullmatch(r"\d+[tgmk]b", size)


@pytest.mark.parametrize("attributes", [*GIVEN["portsAttributes"].values(), GIVEN["otherPortsAttributes"]])
def test_its_ports_are_described_with_documented_words(attributes: dict[str, Any]) -> None:
    assert attributes.keys() <= PORT_KEYS
    assert attributes["onAutoForward"] in ON_AUTO_FORWARD


def test_the_port_of_the_course_is_forwarded() -> None:
    from autograder.cli.studying import command

    (port,) = (option for option in command.params if option.name == "port")
    assert GIVEN["forwardPorts"] == [port.default]
    assert list(GIVEN["portsAttributes"]) == [str(port.default)]


def test_its_image_is_pinned_and_has_a_python_that_we_test() -> None:
    image, tag = GIVEN["image"].split(":")
    assert image == "mcr.microsoft.com/devcontainers/python"
    tested = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    version = re.fullmatch(r"\d+-(3\.\d+)-bookworm", tag)
    assert version
    assert version[1] in tested


@pytest.mark.parametrize("key", [key for key in GIVEN if key.endswith("Command")])
def test_its_commands_exist(key: str) -> None:
    words = shlex.split(GIVEN[key])
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    else:
        assert words[:2] == ["python3", "tools/set_up.py"]
        from tools import set_up

        assert words[2] in set_up.LEVELS


class TestCodespace:
    """GitHub passes requests on as for localhost, while the browser says where it really is."""

    ENVIRONMENT = {
        "CODESPACE_NAME": "fluffy-dog-7",
        "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN": "app.github.dev",
    }

    def pattern(self, monkeypatch: pytest.MonkeyPatch) -> object:
        from autograder import course
        from autograder.study import server

        config = server._config(course.find(ROOT), server.Options())
        return config.ServerApp.get("allow_origin_pat")

    def test_its_own_forwarded_address_is_one_of_ours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in self.ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        pattern = self.pattern(monkeypatch)
        assert isinstance(pattern, str)
        assert re.match(pattern, "https://fluffy-dog-7-8888.app.github.dev")
        for other in (
            "https://other-dog-7-8888.app.github.dev",
            "https://fluffy-dog-7-8888.app.github.dev.evil.example",
            "https://fluffy-dog-7-8888xapp.github.dev",
            "http://fluffy-dog-7-8888.app.github.dev",
        ):
            assert not re.match(pattern, other)

    def test_elsewhere_there_is_no_such_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in self.ENVIRONMENT:
            monkeypatch.delenv(name, raising=False)
        assert not self.pattern(monkeypatch)


@pytest.mark.parametrize("given", ["a-token-of-mine", ""])
def test_the_token_may_be_given(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    from autograder import course
    from autograder.study import server

    monkeypatch.setenv("JUPYTER_TOKEN", given)
    token = server._config(course.find(ROOT), server.Options()).IdentityProvider.token
    assert token == given if given else len(token) > 20
