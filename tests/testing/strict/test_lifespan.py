from __future__ import annotations

from typing import Any

import pytest

from nexios.testing.exceptions import ASGIProtocolError
from nexios.testing.strict.lifespan import LifespanResult, LifespanRules


def test_each_phase_is_answered_once() -> None:
    rules = LifespanRules()

    rules.ask("startup")
    assert rules.read({"type": "lifespan.startup.complete"}) == LifespanResult("startup", None)
    rules.ask("shutdown")
    assert rules.read({"type": "lifespan.shutdown.complete"}) == LifespanResult("shutdown", None)
    rules.finish()


@pytest.mark.parametrize(("fields", "text"), [({"message": "no database"}, "no database"), ({}, "")])
def test_a_failure_has_its_message(fields: dict[str, Any], text: str) -> None:
    rules = LifespanRules()
    rules.ask("shutdown")

    assert rules.read({"type": "lifespan.shutdown.failed", **fields}) == LifespanResult("shutdown", text)


def test_the_message_of_a_failure_has_to_be_text() -> None:
    rules = LifespanRules()
    rules.ask("startup")

    with pytest.raises(ASGIProtocolError, match="the field 'message' is b'no', it must be of type str"):
        rules.read({"type": "lifespan.startup.failed", "message": b"no"})


def test_the_other_phase_is_no_answer() -> None:
    rules = LifespanRules()
    rules.ask("startup")

    with pytest.raises(
        ASGIProtocolError,
        match=r"in answer to lifespan\.startup: expected lifespan\.startup\.complete or lifespan\.startup\.failed",
    ):
        rules.read({"type": "lifespan.shutdown.complete"})


def test_an_answer_nobody_waits_for_is_refused() -> None:
    with pytest.raises(ASGIProtocolError, match="where none was due: expected nothing"):
        LifespanRules().read({"type": "lifespan.startup.complete"})


def test_returning_without_the_answer_is_refused() -> None:
    rules = LifespanRules()
    rules.ask("startup")

    with pytest.raises(ASGIProtocolError, match=r"without answering lifespan\.startup"):
        rules.finish()
