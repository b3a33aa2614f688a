from __future__ import annotations

from typing import Any

from anyio.lowlevel import checkpoint

from nexios.testing.call import Call, Surroundings
from nexios.testing.exceptions import ASGIProtocolError, LifespanError
from nexios.testing.scope import lifespan_scope
from nexios.testing.strict.lifespan import LifespanResult, LifespanRules, Phase
from nexios.types import Message


class Lifespan(Call[LifespanResult]):
    """The call that spans all others: ``startup`` before the first request, ``shutdown`` after the last."""

    def __init__(self, surroundings: Surroundings, state: dict[str, Any]) -> None:
        self._answers = LifespanRules()
        super().__init__(surroundings, lifespan_scope(state), self._answers)
        self._due: list[Phase] = ["startup"]
        self._results: dict[Phase, LifespanResult] = {}
        self._has_asked = False

    # The application's side

    async def _receive(self) -> Message:
        await checkpoint()
        self._has_asked = True
        await self._changes.until(lambda: bool(self._due))
        phase = self._due.pop()
        self._answers.ask(phase)
        return {"type": f"lifespan.{phase}"}

    async def _take(self, event: LifespanResult) -> None:
        self._results[event.phase] = event
        self._changes.notify()

    def _fail(self, failure: BaseException) -> None:
        # An application that raises at the sight of the scope has no lifespan: the server goes on without it.
        if self._has_asked or isinstance(failure, ASGIProtocolError):
            super()._fail(failure)

    def _problems(self) -> list[BaseException]:
        return [problem for problem in (self._violation, self._failure) if problem is not None]

    # The server's side

    async def startup(self) -> None:
        await self._finish("startup")

    async def shutdown(self) -> None:
        self._due.append("shutdown")
        self._changes.notify()
        await self._finish("shutdown")
        await self._settle()
        self.raise_problem()

    async def _finish(self, phase: Phase) -> None:
        await self._changes.until(lambda: phase in self._results or self.ended or self._violation is not None)
        self.raise_problem()
        result = self._results.get(phase)
        if result is not None and result.failure is not None:
            cause = self._told[0] if self._told else None
            raise LifespanError(f"{phase} failed: {result.failure}") from cause
