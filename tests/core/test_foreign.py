from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nexios
from nexios.foreign import find_foreign, refuse_foreign


@pytest.mark.parametrize("entry", ["nexios-3.11.13.dist-info", "nexios-2.0.0a1.dist-info", "Nexios-0.1.egg-info"])
def test_releases_before_4_are_foreign(entry: str) -> None:
    assert find_foreign(["anyio-4.5.0.dist-info", entry]) == entry


@pytest.mark.parametrize("entry", ["nexios-4.0.0.dist-info", "nexios_core-1.0.0.dist-info", "nexios", "nexios-3.txt"])
def test_our_own_distributions_are_not(entry: str) -> None:
    assert find_foreign([entry]) is None


def test_a_folder_that_cannot_be_listed_has_none(tmp_path: Path) -> None:
    refuse_foreign(str(tmp_path / "archive.zip" / "nexios" / "__init__.py"))


def test_importing_beside_a_foreign_distribution_says_how_to_repair_it(tmp_path: Path) -> None:
    package = Path(nexios.__file__).parent
    (tmp_path / "nexios").mkdir()
    for name in ("__init__.py", "foreign.py"):
        shutil.copy(package / name, tmp_path / "nexios" / name)
    (tmp_path / "nexios-3.11.13.dist-info").mkdir()

    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import nexios"
    run = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True)

    last = run.stderr.strip().splitlines()[-1]
    assert run.returncode == 1
    assert last.startswith("ImportError: nexios-3.11.13 in")
    assert "pip uninstall -y nexios nexios-core, then pip install nexios-core" in last


def test_a_foreign_distribution_beside_the_package_is_refused(tmp_path: Path) -> None:
    (tmp_path / "nexios-3.11.13.dist-info").mkdir()

    with pytest.raises(ImportError, match=r"nexios-3\.11\.13 in .* owns the same files as nexios-core"):
        refuse_foreign(str(tmp_path / "nexios" / "__init__.py"))
