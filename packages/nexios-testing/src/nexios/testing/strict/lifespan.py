from __future__ import annotations

from typing import Literal, NamedTuple, cast

from nexios.testing.exceptions import ASGIProtocolError
from nexios.testing.strict.fields import field, message_type
from nexios.types import Message

Phase = Literal["startup", "shutdown"]


class LifespanResult(NamedTuple):
    phase: Phase
    failure: str | None


class LifespanRules:
    """What an application may send on its lifespan connection: one answer to each event it was given."""

    def __init__(self) -> None:
        self._asked: Phase | None = None

    def ask(self, phase: Phase) -> None:
        self._asked = phase

    def read(self, message: Message) -> LifespanResult:
        """Return how a phase went; ASGIProtocolError if nobody asked, or if this is no answer."""
        kind = message_type(message, self._allowed(), self._state())
        phase = cast("Phase", self._asked)
        self._asked = None
        failed = kind.endswith(".failed")
        return LifespanResult(phase, field(message, "message", str, "") if failed else None)

    def finish(self) -> None:
        """The application has returned: it must not owe an answer."""
        if self._asked:
            raise ASGIProtocolError(
                f"the application returned from its lifespan without answering lifespan.{self._asked}: "
                f"send lifespan.{self._asked}.complete, or raise before the first receive() if it has no lifespan"
            )

    def _allowed(self) -> tuple[str, ...]:
        if self._asked is None:
            return ()
        return (f"lifespan.{self._asked}.complete", f"lifespan.{self._asked}.failed")

    def _state(self) -> str:
        return f"in answer to lifespan.{self._asked}" if self._asked else "on the lifespan scope, where none was due"
