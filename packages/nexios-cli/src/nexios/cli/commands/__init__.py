"""The commands of this package, one module each; `nexios.cli.group` imports the one that is used."""
