"""``nexios openapi export`` and ``nexios openapi diff``."""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
from pathlib import Path
from typing import Any, Literal

import click

from nexios.cli.commands.options import takes_application
from nexios.cli.errors import CommandError
from nexios.cli.target import Target
from nexios.exceptions import ConfigurationError
from nexios.openapi.diff import compare
from nexios.openapi.document import build_document
from nexios.openapi.plugin import documents_of
from nexios.openapi.yaml import write_yaml


@click.group()
def openapi() -> None:
    """Write the OpenAPI document of an application, and compare two of them."""


@openapi.command()
@takes_application
@click.option("--format", "form", type=click.Choice(["json", "yaml"]), default="json", show_default=True)
@click.option("--version", type=click.Choice(["3.1", "3.2"]), help="Of OpenAPI; by default what the config says.")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of stdout.")
def export(target: Target, form: str, version: Literal["3.1", "3.2"] | None, output: Path | None) -> None:
    """Write the document of the application MODULE:APP."""
    app = target.load_nexios()
    documents = documents_of(app)
    settings = documents.settings if version is None else dataclasses.replace(documents.settings, openapi=version)
    try:
        document = build_document(app, settings, documents.webhook_app())
    except ConfigurationError as error:
        raise CommandError(str(error)) from error
    text = write_yaml(document) if form == "yaml" else json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")


@openapi.command()
@click.argument("old", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("new", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--fail-on",
    type=click.Choice(["breaking", "any", "none"]),
    default="none",
    show_default=True,
    help="Exit with status 1 where there is such a change.",
)
def diff(old: Path, new: Path, fail_on: str) -> None:
    """List what has changed from the document OLD to the document NEW; breaking changes come first."""
    changes = compare(_read(old), _read(new))
    for change in changes:
        click.echo(str(change))
    if not changes:
        click.echo("The two documents say the same.")
    if (fail_on == "any" and changes) or (fail_on == "breaking" and any(change.breaking for change in changes)):
        sys.exit(1)


def _read(file: Path) -> dict[str, Any]:
    text = file.read_text("utf-8")
    content = _read_yaml(file, text) if file.suffix in (".yaml", ".yml") else _read_json(file, text)
    if not isinstance(content, dict) or "openapi" not in content:
        raise CommandError(f"{file} is not an OpenAPI document: it has no field 'openapi'")
    return content


def _read_json(file: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise CommandError(f"{file} is not JSON: {error}") from error


def _read_yaml(file: Path, text: str) -> Any:
    try:
        yaml: Any = importlib.import_module("yaml")
    except ImportError:
        raise CommandError(f"reading {file} needs PyYAML: pip install nexios-openapi[yaml], or give JSON") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CommandError(f"{file} is not YAML: {error}") from error
