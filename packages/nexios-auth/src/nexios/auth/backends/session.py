"""Users that have logged in, and whom the session remembers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, ClassVar

from nexios import Connection, Request
from nexios.auth.backend import AuthBackend
from nexios.auth.user import attribute_of
from nexios.exceptions import ConfigurationError
from nexios.signature import describe


class SessionBackend(AuthBackend):
    """Finds the user that `login` has left in ``request.session``, a mapping such as nexios-session provides.

    *load_user* takes an id and returns the user, or None for one who is gone; it may be async. *identify* gives the
    id of a user, by default ``user.id``. *stamp* gives a text that changes when the user's sessions shall end, such as
    a part of the password's hash. *cookie* is the name that documents show.
    """

    scheme = "session"
    vary: tuple[str, ...] = ("Cookie",)
    after: ClassVar[tuple[str, ...]] = ("session",)

    def __init__(
        self,
        load_user: Callable[[Any], Any],
        *,
        identify: Callable[[Any], str | int] | None = None,
        stamp: Callable[[Any], str] | None = None,
        key: str = "nexios.auth",
        cookie: str = "session",
    ) -> None:
        if not callable(load_user):
            raise ConfigurationError(f"SessionBackend({load_user!r}): give a function from a user's id to the user")
        self._load_user = load_user
        self._identify = identify or id_of
        self._stamp = stamp
        self._key = key
        self._cookie = cookie

    async def authenticate(self, request: Connection) -> Any:
        # A visitor without cookies has no session, and touching it would make every answer vary with them.
        if b"cookie" not in request.fields:
            return None
        session = request.session
        if (load := getattr(session, "load", None)) is not None:
            await load()
        held = session.get(self._key)
        if not isinstance(held, Mapping) or "id" not in held:
            return None
        user = self._load_user(held["id"])
        if hasattr(user, "__await__"):
            user = await user
        if user is None or user is False:
            return None
        return None if held.get("stamp") != self._stamp_of(user) else user

    def remember(self, request: Request, user: Any) -> None:
        """Let the session stand for *user*, under a new id."""
        session = _mapping_of(request)
        regenerate = getattr(session, "regenerate", None)
        if regenerate is None:
            raise ConfigurationError(
                "request.session cannot change its id, so a login could be planted (session fixation): use "
                "nexios-session, or give the session a method regenerate()"
            )
        held = {"id": _checked_id(self._identify(user)), "stamp": self._stamp_of(user)}
        before = session.get(self._key)
        if isinstance(before, Mapping) and before.get("id") != held["id"]:
            session.clear()
        regenerate()
        session[self._key] = held

    def forget(self, request: Request) -> None:
        """End the session."""
        session = _mapping_of(request)
        end = getattr(session, "invalidate", None)
        (session.clear if end is None else end)()

    def _stamp_of(self, user: Any) -> str | None:
        return None if self._stamp is None else self._stamp(user)

    def challenge(self) -> str | None:
        return "Cookie"

    @property
    def security_scheme(self) -> Mapping[str, Any] | None:
        return {"type": "apiKey", "in": "cookie", "name": self._cookie}


def id_of(user: Any) -> Any:
    """A user's own id: the user itself where that is a text or a number, else ``user.id`` or ``user["id"]``."""
    return user if isinstance(user, str | int) else attribute_of(user, "id")


def _checked_id(found: Any) -> str | int:
    if isinstance(found, bool) or found is None or found == "":
        raise ConfigurationError(
            f"a user of the type {describe(type(found))} has no id to remember: give SessionBackend(identify=...)"
        )
    return found if isinstance(found, str | int) else str(found)


def _mapping_of(request: Request) -> MutableMapping[str, Any]:
    session: Any = request.session
    if not isinstance(session, MutableMapping):
        raise ConfigurationError(f"request.session is a {describe(type(session))}: logging in needs a mapping")
    return session
