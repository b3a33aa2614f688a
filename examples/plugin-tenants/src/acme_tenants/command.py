"""``nexios tenants``: imported when it is called, and by nobody else."""

from __future__ import annotations

import click

from acme_tenants.tenant import TenantsConfig
from nexios import MakeConfig


@click.command()
def tenants() -> None:
    """List the tenants that the environment configures."""
    for host, name in sorted(MakeConfig().section("tenants", TenantsConfig).hosts.items()):
        click.echo(f"{host}  {name}")
