"""What is wrong with a request, as a problem document (RFC 9457): one entry for each mistake, all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from nexios.exceptions import HTTPException, NexiosError

# A list of a million wrong items would be answered with a million entries.
MOST_ENTRIES: Final = 100
# Keys of objects are the client's: an error does not send back a megabyte of them.
LONGEST_POINTER: Final = 256


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    type: str = Field(default="about:blank", description="What identifies the kind of problem, a URI reference")
    title: str = Field(description="The kind of problem in words")
    status: int = Field(description="The status of the answer", ge=400, le=599)
    detail: str | None = Field(default=None, description="What is special about this one")


class Mistake(BaseModel):
    """One thing that is wrong with a request."""

    location: str = Field(alias="in", description="Where: body, query, header, cookie or path")
    name: str | None = Field(default=None, description="The name of the parameter")
    pointer: str | None = Field(default=None, description="The place in the body, a JSON Pointer (RFC 6901)")
    detail: str = Field(description="What was expected there")
    type: str = Field(description="The kind of mistake, for programs")


class ValidationProblem(Problem):
    """The problem document of a request that does not fit."""

    errors: list[Mistake]


_DETAILS: Final = (
    *(f"the request has {count} mistake{'' if count == 1 else 's'}" for count in range(MOST_ENTRIES)),
    f"the request has {MOST_ENTRIES} mistakes or more",
)


class ValidationFailed(HTTPException):
    """The request does not fit the types of its handler; answered with 422 and *errors*, one entry each."""

    status = 422

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        # Not super().__init__(): it looks up what is known here, and an attack sends nothing but mistakes.
        count = len(errors)
        if count >= MOST_ENTRIES:
            errors, count = errors[:MOST_ENTRIES], MOST_ENTRIES
        self.detail: str | None = _DETAILS[count]
        self.headers: dict[str, str] = {}
        self.extensions: dict[str, Any] = {"errors": errors}

    @property
    def title(self) -> str:
        """The reason phrase of RFC 9110 section 15.5.21; Python before 3.13 knows an older one."""
        return "Unprocessable Content"

    @property
    def errors(self) -> Sequence[Mapping[str, Any]]:
        entries: Sequence[Mapping[str, Any]] = self.extensions["errors"]
        return entries

    def __str__(self) -> str:
        return f"422 {self.title}: {self.detail}: {self.errors}"


class ResponseMismatch(NexiosError):
    """What a handler returned does not fit the type that its route declares for answers."""


# Pointers to the same few places are asked for again and again; those that clients make up are not kept, nor too many.
_KNOWN: Final[dict[tuple[Any, ...], str]] = {}
_MOST_KNOWN, _LONGEST_KNOWN = 1024, 64


def pointer(parts: tuple[Any, ...]) -> str:
    """A JSON Pointer (RFC 6901) to *parts*, cut where a client made it very long."""
    known = _KNOWN.get(parts)
    if known is not None:
        return known
    text = "".join(["/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts])
    if len(text) <= _LONGEST_KNOWN and len(_KNOWN) < _MOST_KNOWN:
        _KNOWN[parts] = text
    return text if len(text) <= LONGEST_POINTER else text[:LONGEST_POINTER] + "…"
