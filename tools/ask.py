"""Ask the course that runs for this work folder for one of its addresses: a container's way to know how it is.

Standard library only. ``work/.cache/study/server.json`` says where the course is, and its token.
"""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

SECONDS = 10.0
"""How long one request may take."""


class Unanswered(Exception):
    """There is no good answer yet. The text says why."""


def running(work: Path) -> "tuple[str, str]":
    """The address of the course, which ends with a slash, and its token."""
    try:
        said = json.loads((work / ".cache" / "study" / "server.json").read_text(encoding="utf-8"))
        return said["url"], said["token"]
    except FileNotFoundError:
        raise Unanswered(f"No course runs for {work}.") from None


def ask(url: str, token: str, healthy: bool) -> None:
    """Ask once. ``healthy``: every component that the answer names must be so."""
    request = urllib.request.Request(
        url, headers={"Authorization": f"token {token}", "Accept": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            body = response.read()
    except urllib.error.HTTPError as error:
        raise Unanswered(f"{url} answers {error.code}.") from None
    except OSError as error:
        raise Unanswered(f"{url} does not answer: {getattr(error, 'reason', error)}.") from None
    if healthy:
        try:
            states = {name: part["status"] for name, part in json.loads(body).items()}
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Unanswered(f"{url} says nothing of any component.") from None
        ill = [f"{name} is {state}" for name, state in states.items() if state != "healthy"]
        if ill or not states:
            raise Unanswered(f"Not yet: {', '.join(ill) or 'no component'}.")


def main(arguments: "list[str]") -> int:
    parser = argparse.ArgumentParser(prog="ask.py", description="Ask the running course for an address.")
    parser.add_argument("path", help="relative to the course's address, for instance api")
    parser.add_argument(
        "--healthy", action="store_true", help="wait until all components that it names are healthy"
    )
    parser.add_argument("--wait", type=float, default=120, help="seconds to wait with --healthy")
    parser.add_argument("--show", metavar="PATH", help="then print this address, with the token")
    options = parser.parse_args(arguments)
    work = Path(os.environ.get("AUTOGRADER_WORK") or Path.cwd() / "work").expanduser()
    until = time.monotonic() + (options.wait if options.healthy else 0)
    while True:
        try:
            url, token = running(work)
            ask(url + options.path, token, options.healthy)
        except Unanswered as reason:
            if time.monotonic() >= until:
                print(reason, file=sys.stderr)
                return 1
            time.sleep(1)
        else:
            if options.show is not None:
                print(f"{url}{options.show}?token={token}")
            return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
