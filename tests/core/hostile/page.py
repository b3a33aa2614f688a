"""Writes docs/reference/hostile-input.md: what is sent to the core, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tests.core.hostile.attack import Attack, Threat
from tests.core.hostile.threats import THREATS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "hostile-input.md"
HEAD = """# Hostile input

What clients may send to make a framework read a request in another way than the proxy in front of it, pass a guard,
leave the site, fill the memory or keep the processor busy; and what the core answers. Each line is a test at the level
of ASGI ([tests/core/hostile](../../tests/core/hostile)): besides the status it holds that the handler was not reached,
that the refusal is a problem document which repeats nothing of the request, that at most one line was logged, and that
the next request is answered as if nothing had been. What [servers](framing.md) do with the bytes
before is another page.

The page is written by `hatch run tables`.
"""


def render() -> str:
    return "\n".join([HEAD, *(line for threat in THREATS for line in _section(threat))])


def _section(threat: Threat) -> Iterator[str]:
    yield f"## {threat}\n"
    if threat.attacks:
        yield "| sent | answer |\n|---|---|"
        for (kind, status, closes), rows in groupby(threat.attacks, _kind):
            yield f"| {_escaped(kind + ', '.join(filter(None, map(_rest, rows))))} | {_answer(status, closes)} |"
        yield ""
    if threat.proofs:
        yield ("Proven besides:" if threat.attacks else "Proven:") + "\n"
        yield from (f"- {_sentence(proof)}" for proof in threat.proofs)
        yield ""


def _kind(attack: Attack) -> tuple[str, int, bool]:
    kind, colon, rest = attack.sends.partition(": ")
    return (f"{kind}: " if colon and rest else attack.sends, attack.status, attack.closes)


def _rest(attack: Attack) -> str:
    return attack.sends.partition(": ")[2]


def _answer(status: int, closes: bool) -> str:
    return f"{status}, and the connection is closed" if closes else str(status)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;") if "`" not in text else text.replace("|", "\\|")


def _sentence(proof: str) -> str:
    file, _, name = proof.rpartition("::")
    return f"{name.removeprefix('test_').replace('_', ' ')} ([{file.rpartition('/')[2]}](../../tests/{file}))"


if __name__ == "__main__":
    PAGE.write_text(render(), "utf-8")
