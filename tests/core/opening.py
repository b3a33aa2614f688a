"""Dependencies that note when they are opened and closed, and what they see in between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio.lowlevel


class Log(list[str]):
    def opens(self, name: str, fails: BaseException | None = None) -> Any:
        """An async generator dependency that notes what happens to it."""

        async def resource() -> AsyncIterator[str]:
            self.append(f"open {name}")
            try:
                yield name
            except Exception as error:
                self.append(f"{name} saw {type(error).__name__}")
                raise
            finally:
                await anyio.lowlevel.checkpoint()
                self.append(f"close {name}")
            if fails is not None:
                raise fails

        return resource

    def opens_plainly(self, name: str) -> Any:
        def resource() -> Iterator[str]:
            self.append(f"open {name}")
            try:
                yield name
            except Exception as error:
                self.append(f"{name} saw {type(error).__name__}")
                raise
            finally:
                self.append(f"close {name}")

        return resource
