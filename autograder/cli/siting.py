"""``autograder site``: the course's pages."""

from __future__ import annotations

from pathlib import Path

import click

from autograder import course as courses
from autograder.cli.ending import Stop

__all__ = ["command"]


@click.command("site")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Build into this folder, in place of what is there.",
)
@click.option("--strict", is_flag=True, help="Let a remark of mkdocs be an error.")
def command(out: Path | None, strict: bool) -> int:
    """Build the course's pages, and say where they are.

    Without --out they are kept with your work, and built again only after a change. `make study` serves them;
    any web server can.
    """
    from autograder import site

    course = courses.find()
    try:
        built = (
            site.build(course, out or course.work / ".cache" / "site-strict", strict=strict)
            if out or strict
            else site.ensure(course)
        )
    except site.SiteError as error:
        raise Stop(f"No site: {error}") from error
    click.echo(course.shown(built.absolute()))
    return 0
