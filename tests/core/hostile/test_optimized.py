"""With ``python -O`` there are no assertions, and nothing of the framework misses them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@pytest.mark.slow
def test_nothing_depends_on_assertions() -> None:
    # pytest keeps those of tests alive; it warns of modules like raw.py, whose assertions are gone.
    warning = "-Wignore:assertions not in test modules:pytest.PytestConfigWarning"
    files = [FOLDER / "test_table.py", FOLDER.parent / "http" / "test_files.py"]

    run = subprocess.run(
        [sys.executable, "-O", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "anyio", warning]
        + ["-k", "asyncio"]
        + [str(file) for file in files],
        cwd=FOLDER.parents[2],
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # the other plugins take seconds to import
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout[-3_000:] + run.stderr
