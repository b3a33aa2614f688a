"""``nexios audit``: the weak places of an application, for people and for CI."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

import click

from nexios.auth.audit import LEVELS, Reported, audit
from nexios.cli.commands.options import takes_application
from nexios.cli.target import Target


@click.command("audit")
@takes_application
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for other programs.")
@click.option(
    "--fail-on",
    type=click.Choice([*LEVELS, "none"]),
    default="error",
    show_default=True,
    help="Exit with status 1 where something is found that is at least this bad.",
)
def audit_command(target: Target, as_json: bool, fail_on: str) -> None:
    """Find the weak places of the application MODULE:APP; exit with status 1 where there are errors."""
    found = audit(target.load_nexios())
    if as_json:
        click.echo(json.dumps([{"plugin": each.plugin, **each.finding._asdict()} for each in found], indent=2))
    else:
        click.echo("\n".join(_lines(found)))
    failing = LEVELS[: LEVELS.index(fail_on) + 1] if fail_on != "none" else ()
    if any(each.finding.level in failing for each in found):
        sys.exit(1)


def _lines(found: Sequence[Reported]) -> list[str]:
    here = f"{os.getcwd()}{os.sep}"
    lines = []
    for _, finding in found:
        lines.append(f"{finding.level}: {finding.subject.replace(here, '')}: {finding.problem}")
        lines.append(f"    {finding.cure}")
    counts = [(level, sum(each.finding.level == level for each in found)) for level in LEVELS]
    told = [f"{count} {level}{'s' if count > 1 else ''}" for level, count in counts if count]
    return [*lines, ", ".join(told) if told else "Nothing was found."]
