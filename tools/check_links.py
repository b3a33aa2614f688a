"""Check that every link between the Markdown pages leads to a file and, after #, to a heading of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import workspace

_FENCE = re.compile(r"^([ \t]*)(```+|~~~+).*?^\1\2[ \t]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]+`")
_LINK = re.compile(r"\[[^\]]*\]\(<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")


def find_pages(root: Path) -> list[Path]:
    patterns = ("*.md", "docs/**/*.md", "examples/**/*.md", "packages/*/*.md")
    return sorted(page for pattern in patterns for page in root.glob(pattern))


def links(text: str) -> Iterator[tuple[int, str]]:
    """Line and target of each link, code left out."""
    prose = _CODE.sub(_blank, _FENCE.sub(_blank, text))
    for match in _LINK.finditer(prose):
        yield text.count("\n", 0, match.start()) + 1, match[1] or match[2]


def anchors(text: str) -> set[str]:
    """What can stand after # in a link to this page, as GitHub makes it from the headings."""
    found: set[str] = set()
    for match in _HEADING.finditer(_FENCE.sub(_blank, text)):
        slug = re.sub(r"[^\w\- ]", "", match[1].lower()).replace(" ", "-")
        again = sum(slug == one or re.fullmatch(rf"{re.escape(slug)}-\d+", one) is not None for one in found)
        found.add(f"{slug}-{again}" if again else slug)
    return found


def dead_links(page: Path) -> Iterator[str]:
    """One sentence for each link of *page* that leads nowhere; other sites are not asked."""
    text = page.read_text("utf-8")
    for line, target in links(text):
        if _SCHEME.match(target):
            continue
        path, _, anchor = unquote(target).partition("#")
        file = page.parent / path if path else page
        if not file.exists():
            yield f"{page}:{line}: {target} does not exist"
        elif anchor and anchor not in anchors(file.read_text("utf-8")):
            yield f"{page}:{line}: {target} names no heading of {file.name}"


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def main() -> int:
    pages = find_pages(workspace.ROOT)
    faults = [fault for page in pages for fault in dead_links(page)]
    print("\n".join(faults) or f"every link of {len(pages)} pages leads somewhere")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
