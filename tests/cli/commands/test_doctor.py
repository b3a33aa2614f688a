from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from tests.cli.processes import Nexios, Write


def install(write: Write, name: str, version: str, files: dict[str, str]) -> None:
    """Put *files* and their RECORD into the folder site, as an installer does."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    rows = [f"{info}/METADATA,,", f"{info}/RECORD,,"]
    for path, source in files.items():
        content = write(f"site/{path}", source).read_bytes()
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(content)}")
    write(f"site/{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    write(f"site/{info}/RECORD", "\n".join(rows) + "\n")


@pytest.fixture
def site(tmp_path: Path, write: Write) -> str:
    """A folder with a distribution of ours, for PYTHONPATH."""
    install(write, "nexios-blog", "1.5", {"nexios/blog/one.py": "one\n", "nexios/blog/two.py": "two\n"})
    return str(tmp_path / "site")


def test_a_sound_installation_is_listed(nexios: Nexios, site: str) -> None:
    ended = nexios("doctor", PYTHONPATH=site)

    assert "Python 3." in ended.stdout
    assert f"nexios-blog 1.5 in {site}" in ended.stdout
    assert "nexios-core 1." in ended.stdout
    assert ended.stdout.endswith("No problem found.\n")
    assert ended.returncode == 0


def test_files_that_are_not_as_installed_are_named_with_the_repair(nexios: Nexios, write: Write, site: str) -> None:
    write("site/nexios/blog/one.py", "something else\n")
    Path(site, "nexios/blog/two.py").unlink()

    ended = nexios("doctor", PYTHONPATH=site)

    assert "files missing or not as installed: nexios/blog/one.py, nexios/blog/two.py. Repair" in ended.stdout
    assert "-m pip install --force-reinstall --no-deps " in ended.stdout
    assert "nexios-blog==1.5" in ended.stdout
    assert ended.returncode == 1


def test_another_distribution_on_the_same_paths_is_named_with_both_commands(
    nexios: Nexios, write: Write, site: str
) -> None:
    install(write, "nexios", "3.2.1", {"nexios/blog/one.py": "theirs\n"})

    ended = nexios("doctor", PYTHONPATH=site)

    assert "nexios 3.2.1 is another distribution with the same import name; 1 of its files" in ended.stdout
    commands = [line.strip() for line in ended.stdout.splitlines() if " -m pip " in line]
    assert commands[0].endswith("-m pip uninstall -y nexios")
    assert "-m pip install --force-reinstall --no-deps" in commands[1]
    assert "nexios-blog==1.5" in commands[1]
    assert len(commands) == 2
    assert ended.returncode == 1


def test_our_own_meta_package_is_welcome(nexios: Nexios, write: Write, site: str) -> None:
    install(write, "nexios", "4.0.0", {})

    assert nexios("doctor", PYTHONPATH=site).returncode == 0
