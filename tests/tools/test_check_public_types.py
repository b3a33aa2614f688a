from __future__ import annotations

from typing import Any

import pytest

from check_public_types import promised_names, untyped


def symbol(name: str, *reasons: str, ambiguous: bool = False) -> dict[str, Any]:
    """One symbol in the form of pyright's report."""
    return {
        "name": name,
        "isTypeKnown": not reasons,
        "isTypeAmbiguous": ambiguous,
        "diagnostics": [{"message": reason} for reason in reasons],
    }


def test_a_known_type_is_fine_everywhere() -> None:
    assert list(untyped([symbol("nexios.routing.router.Router.tags")], {"nexios.routing.router.Router"})) == []


def test_an_unknown_type_is_a_fault_everywhere() -> None:
    faults = list(untyped([symbol("nexios.routing.trie.Node", "Type of base class\n  unknown")], ()))

    assert faults == ["nexios.routing.trie.Node: its type is unknown: Type of base class,  unknown"]


@pytest.mark.parametrize("name", ["nexios.application.NexiosApp", "nexios.application.NexiosApp.state"])
def test_an_inferred_type_is_a_fault_in_what_is_promised(name: str) -> None:
    faults = list(untyped([symbol(name, "no annotation", ambiguous=True)], {"nexios.application.NexiosApp"}))

    assert faults == [f"{name}: write down its type: no annotation"]


@pytest.mark.parametrize("name", ["nexios.routing.trie.Node.size", "nexios.application.NexiosApplication"])
def test_an_inferred_type_is_fine_elsewhere(name: str) -> None:
    assert list(untyped([symbol(name, "no annotation", ambiguous=True)], {"nexios.application.NexiosApp"})) == []


def test_a_promised_name_is_followed_to_its_definition() -> None:
    assert "nexios.application.NexiosApp" in promised_names("nexios")
