"""Every row of every table, through the whole application."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from tests.core.hostile.attack import HOST, Attack, Threat
from tests.core.hostile.target import Target
from tests.core.hostile.threats import THREATS
from tests.core.raw import Answer, call

TESTS = Path(__file__).parents[2]
SECRET = "s3cr3t"
ROWS = [
    pytest.param(attack, id=f"{threat.number:02}-{number}")
    for threat in THREATS
    for number, attack in enumerate(threat.attacks)
]


async def send(target: Target, attack: Attack) -> Answer:
    """Send *attack* with credentials, where it has none of its own: nobody may repeat them."""
    named = {name for name, _ in attack.lines}
    credentials = [(b"authorization", f"Bearer {SECRET}".encode())] if len(named) < 2 and attack.host else []
    lines = [*attack.lines, *credentials]
    scope = {"query_string": attack.query, **attack.scope}
    return await call(target.app, attack.path, attack.method, headers=lines, body=attack.body, **scope)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Target:
    """One application for all of them: none may change what the next one meets."""
    return Target(tmp_path_factory.mktemp("target"))


@pytest.fixture
def target(attacked: Target) -> Target:
    attacked.reached.clear()
    attacked.guarded.clear()
    return attacked


@pytest.mark.anyio
@pytest.mark.parametrize("attack", ROWS)
async def test_every_attack_is_answered_as_the_table_says(
    attack: Attack, target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    before = await call(target.app, "/probe")

    with caplog.at_level(logging.DEBUG):
        answer = await send(target, attack)

    assert answer.status == attack.status, answer.body[:200]
    assert answer.is_complete
    assert (answer.header("connection") == "close") == attack.closes
    assert {name: answer.header(name) for name in attack.answers_with} == attack.answers_with
    check_content(answer, attack)
    if attack.status >= 400:
        assert target.reached == []
    if "admin" in target.reached:
        assert target.guarded
    check_log(caplog, attack)
    # The parts of it are known now, and it changed nothing for anybody.
    for field in attack.lines[:200]:
        await call(target.app, headers=[HOST, field])
    assert (await send(target, attack)).messages == answer.messages
    assert (await call(target.app, "/probe")).messages == before.messages


def check_content(answer: Answer, attack: Attack) -> None:
    """A refusal is a problem document that repeats nothing; what else there is, is what the table says."""
    assert SECRET.encode() not in answer.body
    if attack.status >= 400:
        assert answer.header("content-type") == "application/problem+json"
        assert json.loads(answer.body)["status"] == attack.status
        assert "detail" not in json.loads(answer.body) or json.loads(answer.body)["detail"].isprintable()
    if isinstance(attack.says, dict):
        document: dict[str, Any] = json.loads(answer.body)
        assert {name: document[name] for name in attack.says} == attack.says
    elif attack.says is not None:
        assert answer.body.decode() == attack.says


def check_log(caplog: pytest.LogCaptureFixture, attack: Attack) -> None:
    ours = [record for record in caplog.records if record.name.startswith("nexios")]
    assert len(ours) == (1 if attack.status >= 500 else 0)
    assert SECRET not in caplog.text
    for record in ours:
        assert record.getMessage().isprintable()


@pytest.mark.parametrize("threat", THREATS, ids=str)
def test_what_is_proven_elsewhere_is_there(threat: Threat) -> None:
    assert threat.attacks or threat.proofs
    for proof in threat.proofs:
        file, _, name = proof.partition("::")
        assert f"def {name}(" in TESTS.joinpath(file).read_text("utf-8"), f"{proof} is not there"
