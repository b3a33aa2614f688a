""".importlinter forgives a layer in parentheses for not being there; only those that are not may have them."""

from __future__ import annotations

import re
from configparser import ConfigParser

import pytest

import workspace

CONTRACTS = ConfigParser()
CONTRACTS.read(workspace.ROOT / ".importlinter")
LAYERED = [name for name in CONTRACTS.sections() if CONTRACTS[name].get("type") == "layers"]


@pytest.mark.parametrize("contract", LAYERED)
def test_a_layer_that_exists_is_not_optional(contract: str) -> None:
    container = workspace.read_packages()[workspace.CORE].source / CONTRACTS[contract]["containers"].replace(".", "/")

    optional = re.findall(r"\((\w+)\)", CONTRACTS[contract]["layers"])
    existing = [name for name in optional if (container / name).exists() or (container / f"{name}.py").exists()]

    assert not existing, f"take the parentheses off {existing} in .importlinter: they are there now"
