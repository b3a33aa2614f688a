"""The names of channels: they become keys and patterns of a backend, so few characters are let in."""

from __future__ import annotations

import re

from nexios.websockets.exceptions import ChannelNameError

LONGEST_NAME = 200
_NAME = re.compile(r"[A-Za-z0-9_.:@/+=~-]+", re.ASCII)


def check_name(name: str) -> str:
    """Return *name*. Raises ChannelNameError for one that no channel can have."""
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or _NAME.fullmatch(name) is None:
        raise ChannelNameError(
            f"{name!r:.80} is no name of a channel: it has 1 to {LONGEST_NAME} letters, digits and _ . : @ / + = ~ -"
        )
    return name
