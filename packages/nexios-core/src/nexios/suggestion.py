"""The end of a sentence about an unknown name: what the reader probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"did you mean 'x'?"``, or the list of what is known when nothing comes close."""
    # difflib takes longer to load than the whole module: only somebody who slipped pays for it.
    from difflib import get_close_matches

    names = list(known)
    for close in get_close_matches(word, names, n=1):
        return f"did you mean {close!r}?"
    return f"known: {', '.join(names)}" if names else "there are none"
