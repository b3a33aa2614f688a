"""Being logged in without logging in: what `TestClient.login` asks the application's plugins for.

A plugin takes part with ``registry.contribute("testing.login", make)``: *make* is given the user, and what else was
given to `login`, and returns an object that the plugin recognises as its own. It is put into the scope of each request,
as ``scope["extensions"]["nexios.login"]``, where no server puts anything and no client can.
"""

from __future__ import annotations

from typing import Any

from nexios.testing.strict.scope import LOGIN


def login_extension(app: Any, user: object, details: dict[str, Any]) -> dict[str, object]:
    """What to put into scopes so that requests come from *user*; nothing for None. Raises TypeError."""
    if user is None:
        return {}
    contributions = getattr(app, "contributions", None)
    for _, make in contributions("testing.login") if contributions is not None else ():
        return {LOGIN: make(user, **details)}
    raise TypeError(f"{app!r} has no plugin that knows of users, so nobody can be logged in: pip install nexios-auth")
