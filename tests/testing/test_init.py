from __future__ import annotations

import subprocess
import sys

import pytest

import nexios.testing


@pytest.mark.parametrize("name", nexios.testing.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(nexios.testing, name) is not None


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'nexios\.testing' has no attribute 'Client'"):
        _ = nexios.testing.Client


def test_the_plugin_brings_httpx_only_to_the_tests_that_use_it() -> None:
    unwanted = "{'httpx', 'nexios.testing.client', 'nexios.testing.sync_client'}"
    script = f"import sys, nexios.testing.pytest_plugin; print(*{unwanted} & sys.modules.keys())"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""
