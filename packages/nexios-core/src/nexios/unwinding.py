"""Closing what a call has opened: the generators of its dependencies, in reverse."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import Any, TypeAlias

import anyio

from nexios.exceptions import DependencyError
from nexios.signature import describe

# Generators that have given their value, in the order in which they began, each with whether its cleanup is shielded.
Opened: TypeAlias = list[tuple[Any, bool]]


async def unwind(opened: Opened, error: BaseException) -> BaseException:
    """Close generators in reverse, each seeing *error*; return the error to raise, which a generator may replace."""
    if isinstance(error, StopIteration | StopAsyncIteration):
        error = DependencyError("a generator dependency ended without a value; it yields its value once")
    while opened:
        generator, shield = opened.pop()
        try:
            await _close(generator, error, shield)
        except BaseException as replaced:
            error = replaced
    return error


async def finish(opened: Opened) -> None:
    """Run the rest of generators in reverse, after a success; once one has failed, the others see its error."""
    while opened:
        generator, shield = opened.pop()
        try:
            await _close(generator, None, shield)
        except BaseException as error:
            raise await unwind(opened, error) from error.__cause__


async def close_opened(opened: Opened, error: BaseException | None) -> None:
    """Close the generators of an answer that was streamed. Raises what their cleanup raises."""
    if error is None:
        await finish(opened)
    else:
        replaced = await unwind(opened, error)
        if replaced is not error:
            raise replaced


async def _close(
    generator: AsyncGenerator[Any, Any] | Generator[Any, Any, Any], error: BaseException | None, shield: bool
) -> None:
    """Resume *generator* after its one yield, with *error* or without."""
    try:
        if isinstance(generator, AsyncGenerator):
            step = generator.__anext__() if error is None else generator.athrow(error)
            if shield:
                with anyio.CancelScope(shield=True):
                    await step
            else:
                await step
        elif error is None:
            next(generator)
        else:
            generator.throw(error)
    except (StopIteration, StopAsyncIteration):
        return
    except BaseException as raised:
        if raised is not error:
            raise
        return
    raise DependencyError(f"{describe(generator)} yields twice; a dependency yields its value once")
