"""A test that quietly did not run proves nothing: with NEXIOS_CI set, tests/conftest.py makes a failure of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import workspace

SKIPPED_TEST = "import pytest\n\n\n@pytest.mark.skip(reason='no server')\ndef test_it():\n    pass\n"
SKIPPED_MODULE = "import pytest\n\npytest.importorskip('there_is_no_such_module')\n"
EXPECTED_FAILURE = "import pytest\n\n\n@pytest.mark.xfail(reason='known')\ndef test_it():\n    assert False\n"


def run_pytest(folder: Path, test: str, ci: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.conftest", "--rootdir", "."]
    environment = {"PYTHONPATH": str(workspace.ROOT), "NEXIOS_CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        pytest.param(SKIPPED_TEST, "no server", id="a test"),
        pytest.param(SKIPPED_MODULE, "there_is_no_such_module", id="a module"),
    ],
)
def test_in_ci_a_skip_is_a_failure_with_its_reason(test: str, reason: str, tmp_path: Path) -> None:
    done = run_pytest(tmp_path, test, ci="1")

    assert done.returncode != 0
    assert "was skipped, and NEXIOS_CI is set" in done.stdout
    assert reason in done.stdout


@pytest.mark.parametrize("test", [SKIPPED_TEST, SKIPPED_MODULE], ids=["a test", "a module"])
def test_elsewhere_a_skip_is_a_skip(test: str, tmp_path: Path) -> None:
    assert "1 skipped" in run_pytest(tmp_path, test, ci="").stdout


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    assert "1 xfailed" in run_pytest(tmp_path, EXPECTED_FAILURE, ci="1").stdout
