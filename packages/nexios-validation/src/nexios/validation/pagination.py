"""Pages of a long list: by limit and offset or by cursor, with Link headers (RFC 8288) that lead to the others."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from nexios import Request, Response
from nexios.validation.problems import ValidationFailed

T = TypeVar("T")
P = TypeVar("P")


class LimitOffset(BaseModel):
    """The query parameters ``limit`` and ``offset``; use it as ``Annotated[LimitOffset, Query()]``.

    Derive from it for another default or another maximum.
    """

    limit: Annotated[int, Field(ge=1, le=100, description="How many items a page has at most")] = 20
    offset: Annotated[int, Field(ge=0, le=2**53, description="How many items come before the page")] = 0

    def slice(self, items: Sequence[T]) -> Sequence[T]:
        """This page of *items*, for lists that are in memory."""
        return items[self.offset : self.offset + self.limit]


class Page(BaseModel, Generic[T]):
    """One page of a list whose length is known."""

    items: list[T]
    total: Annotated[int, Field(ge=0, description="How many items there are on all pages")]
    limit: int
    offset: int

    @classmethod
    def of(
        cls,
        items: Iterable[Any],
        total: int,
        window: LimitOffset,
        request: Request | None = None,
        response: Response | None = None,
    ) -> Page[T]:
        """The page *window* of *total* items; given both, *response* gets a Link header for *request*'s neighbours."""
        page = cls(items=list(items), total=total, limit=window.limit, offset=window.offset)
        if request is not None and response is not None:
            write_links(request, response, page.links())
        return page

    def links(self) -> dict[str, dict[str, str]]:
        """The query parameters that change for each relation: first, prev, next, last."""
        last = max(0, (self.total - 1) // self.limit * self.limit)
        offsets = {"first": 0, "last": last}
        if self.offset > 0:
            offsets["prev"] = max(0, self.offset - self.limit)
        if self.offset + self.limit < self.total:
            offsets["next"] = self.offset + self.limit
        return {
            relation: {"limit": str(self.limit), "offset": str(offset)} for relation, offset in sorted(offsets.items())
        }


class Cursor(BaseModel):
    """The query parameters ``limit`` and ``after``; use it as ``Annotated[Cursor, Query()]``."""

    limit: Annotated[int, Field(ge=1, le=100, description="How many items a page has at most")] = 20
    after: Annotated[str | None, Field(max_length=1024, description="The `next` of the page before")] = None

    def position(self, kind: type[P]) -> P | None:
        """Where the page begins, as `CursorPage.of` was given it; None for the first page.

        A client can write any cursor it likes: *kind* is validated. Raises ValidationFailed.
        """
        if self.after is None:
            return None
        try:
            content = base64.urlsafe_b64decode(self.after.encode() + b"=" * (-len(self.after) % 4))
            position: P = TypeAdapter(kind).validate_json(content, strict=False)
        except (ValidationError, binascii.Error, ValueError):
            raise ValidationFailed(
                [{"in": "query", "name": "after", "detail": "Input should be a cursor of this list", "type": "cursor"}]
            ) from None
        return position


class CursorPage(BaseModel, Generic[T]):
    """One page of a list that may change and whose length nobody counts."""

    items: list[T]
    next: Annotated[str | None, Field(description="The `after` of the next page; null on the last one")] = None

    @classmethod
    def of(
        cls,
        items: Iterable[Any],
        position: Any,
        window: Cursor,
        request: Request | None = None,
        response: Response | None = None,
    ) -> CursorPage[T]:
        """A page, and *position* to go on from: what sorts its last item; None on the last page.

        Given both, *response* gets a Link header for *request*'s next page.
        """
        page = cls(items=list(items), next=None if position is None else encode_cursor(position))
        if request is not None and response is not None and page.next is not None:
            write_links(request, response, {"next": {"limit": str(window.limit), "after": page.next}})
        return page


def encode_cursor(position: Any) -> str:
    """*position* as an opaque text that fits into a query. It is neither secret nor signed."""
    content = json.dumps(TypeAdapter(Any).dump_python(position, mode="json"), separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).rstrip(b"=").decode()


def write_links(request: Request, response: Response, links: Mapping[str, Mapping[str, str]]) -> None:
    """Set a Link header (RFC 8288): for each relation the path of *request* with some query parameters exchanged."""
    written = []
    for relation, changes in links.items():
        kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changes]
        target = request.url.replace(query=urlencode([*kept, *changes.items()]))
        # Without scheme and host: they are the client's own words.
        relative = str(target.replace(scheme="", hostname="", port=None))
        written.append(f'<{relative}>; rel="{relation}"')
    response.headers["link"] = ", ".join(written)
