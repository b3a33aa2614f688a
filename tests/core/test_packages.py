"""Errors that name the package to install."""

from __future__ import annotations

import pytest

from nexios import NexiosApp
from nexios.exceptions import ConfigurationError
from nexios.packages import missing, package_for
from nexios.plugins import PluginReport, PluginStatus


def test_what_is_missing_is_installed_or_told_why_it_is_off() -> None:
    off = PluginStatus("paint", "nexios-paint", "1.0", "off", "the config says paint=None")
    report = PluginReport([off])

    assert str(missing("request.paint", "nexios-paint", report)) == (
        "request.paint is provided by nexios-paint, which is off: the config says paint=None"
    )
    assert str(missing("request.form", "nexios-forms", report)) == (
        "request.form is provided by nexios-forms: pip install nexios-forms"
    )


def test_an_active_plugin_of_the_package_is_no_reason() -> None:
    report = PluginReport([PluginStatus("paint", "nexios-paint", "1.0", "active")])

    assert str(missing("request.brush", "nexios-paint", report)).endswith(": pip install nexios-paint")


def test_a_protocol_has_its_package_or_needs_a_plugin() -> None:
    assert package_for("websocket") == "nexios-websockets"
    assert package_for("mqtt") == "a plugin for the protocol 'mqtt'"


@pytest.mark.parametrize(
    ("section", "package"),
    [("session", "nexios-session"), ("cors", "nexios-security"), ("csrf", "nexios-security"), ("auth", "nexios-auth")],
)
def test_a_section_whose_package_is_not_there_is_never_silently_off(section: str, package: str) -> None:
    with pytest.raises(ConfigurationError, match=f"a section '{section}', which {package} reads, and it is not active"):
        NexiosApp({section: {}}, plugins=[])


def test_a_section_of_the_applications_own_is_its_own() -> None:
    assert NexiosApp({"mine": {"a": 1}}, plugins=[]).config.mine.a == 1
