from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.processes import NEXIOS, Nexios, Write

HELLO = """
    import click

    @click.command()
    @click.option("--name", default="world")
    def hello(name):
        click.echo(f"hello {name}")
"""


@pytest.fixture
def site(tmp_path: Path) -> str:
    """A folder of installed distributions, for PYTHONPATH."""
    return str(tmp_path / "site")


def install(write: Write, distribution: str, *commands: str) -> None:
    write(f"site/{distribution}-1.2.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
    entries = "\n".join(("[nexios.commands]", *commands))
    write(f"site/{distribution}-1.2.dist-info/entry_points.txt", entries)


def test_a_command_of_an_installed_package_is_listed_and_runs(nexios: Nexios, write: Write, site: str) -> None:
    install(write, "nexios-hello", "hello = hello_commands:hello")
    write("site/hello_commands.py", HELLO)

    listed = nexios("--help", PYTHONPATH=site)
    ran = nexios("hello", "--name", "you", PYTHONPATH=site)

    assert re.search(r"^  hello +From nexios-hello 1\.2\.$", listed.stdout, re.MULTILINE)
    assert ran.stdout == "hello you\n"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('no licence')\n", "{file}:1: RuntimeError: no licence"),
        ("import sys\nsys.exit(3)\n", "{file}:2: SystemExit: 3"),
        ("def broken(:\n", "{file}:1: SyntaxError: invalid syntax"),
        ("broken = 'text'\n", "TypeError: broken is not a click.Command but 'text'"),
        ("", "AttributeError: module 'broken_commands' has no attribute 'broken'"),
    ],
)
def test_a_broken_command_is_said_in_one_line_when_it_is_used(
    source: str, reason: str, nexios: Nexios, write: Write, site: str
) -> None:
    install(write, "nexios-broken", "broken = broken_commands:broken")
    file = write("site/broken_commands.py", source)

    listed = nexios("--help", PYTHONPATH=site)
    used = nexios("broken", PYTHONPATH=site)

    assert listed.returncode == 0
    assert listed.stderr == ""
    shown = reason.format(file=file.relative_to(Path(site).parent))
    assert used.stderr == f"nexios: the command 'broken' of nexios-broken 1.2 cannot be loaded: {shown}\n"
    assert used.returncode == 2


def test_a_command_of_two_packages_names_both(nexios: Nexios, write: Write, site: str) -> None:
    install(write, "nexios-one", "same = one:command")
    install(write, "nexios-two", "same = two:command")

    ended = nexios("same", PYTHONPATH=site)

    assert ended.stderr == (
        "nexios: nexios-one 1.2 and nexios-two 1.2 both add a command 'same': uninstall one of them\n"
    )
    assert ended.returncode == 2


def test_a_package_cannot_take_the_name_of_a_command_of_ours(nexios: Nexios, write: Write, site: str) -> None:
    install(write, "nexios-thief", "routes = hello_commands:hello")
    write("site/hello_commands.py", HELLO)

    assert "List what the application" in nexios("routes", "--help", PYTHONPATH=site).stdout


def test_an_unknown_command_is_a_usage_error(nexios: Nexios) -> None:
    ended = nexios("rum")

    assert "No such command 'rum'" in ended.stderr
    assert ended.returncode == 2


def test_the_versions_are_shown(nexios: Nexios) -> None:
    ended = nexios("--version")

    assert ended.stdout.startswith("nexios-cli 1.")
    assert f"Python {sys.version.split()[0]}" in ended.stdout


def test_completion_imports_no_command(nexios: Nexios, write: Write, site: str) -> None:
    install(write, "nexios-broken", "routing = no_such_module:command")

    ended = nexios(_NEXIOS_COMPLETE="bash_complete", COMP_WORDS="nexios rout", COMP_CWORD="1", PYTHONPATH=site)

    assert ended.stdout.split() == ["plain,routes", "plain,routing"]
    assert ended.stderr == ""


def test_neither_a_server_nor_a_process_pool_is_imported_to_show_help() -> None:
    program = (
        "import sys; from nexios.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(*{'uvicorn', 'granian', 'hypercorn', 'multiprocessing'}.intersection(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ended.stdout.splitlines()[-1] == ""


def test_the_module_can_be_run_as_a_program() -> None:
    ended = subprocess.run([*NEXIOS, "--help"], capture_output=True, text=True, check=True)

    assert ended.stdout.startswith("Usage: nexios [OPTIONS] COMMAND")
