"""What one request has to do with tokens: the seed behind those it was given, and the session they are good for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nexios.security.tokens import Tokens, make_seed

# In a session that has no id of its own: names it for the tokens, and ends with it.
SESSION_KEY = "_csrf"
# The name of a session that has none yet: no token is good for it, least of all one from before it began.
_UNBOUND = "-"


@dataclass(slots=True)
class Issue:
    """*name* is that of the *session* that *seed* is good for; *is_new* says that the browser does not have it yet.

    *is_given* says that the answer holds a token for it.
    """

    session: Any
    name: str
    seed: str
    is_new: bool
    is_given: bool = False

    def give(self) -> str:
        """The seed for a token, which is not one from before the session that there is by now."""
        name = bind(self.session)
        if name != self.name:
            self.seed, self.name, self.is_new = make_seed(), name, True
        self.is_given = True
        return self.seed

    def settle(self) -> None:
        """Fit to the session as the handler has left it."""
        name = bind(self.session)
        if name == self.name:
            return
        # Another session than before, as after a login, is not to know old tokens; but a page may itself begin the
        # session that its token is to be good for.
        if self.name or not self.is_given:
            self.seed = make_seed()
        self.name, self.is_new = name, True

    def rotate(self) -> None:
        """Begin anew, so that no token given before belongs to it."""
        if is_nameless(self.session):
            self.session[SESSION_KEY] = make_seed()
        self.seed, self.name, self.is_new, self.is_given = make_seed(), bind(self.session), True, True


def open_issue(tokens: Tokens, cookie: str, session: Any) -> Issue:
    """The seed in *cookie*, if it is good for *session*, else a new one."""
    name = name_of(session)
    seed = tokens.read(cookie, name)
    return Issue(session, name, seed or make_seed(), seed is None)


def is_kept(session: Any) -> bool:
    """Whether there is something in *session*: without, it is not kept, and another one in the next request."""
    if session is None:
        return False
    # Messages for the next page are kept, too, and no keys of the mapping.
    is_empty = getattr(session, "is_empty", None)
    return not is_empty if isinstance(is_empty, bool) else bool(session)


def is_nameless(session: Any) -> bool:
    return is_kept(session) and getattr(session, "id", None) is None


def bind(session: Any) -> str:
    """The name of *session*, which is given one if need be."""
    if is_nameless(session) and SESSION_KEY not in session:
        session[SESSION_KEY] = make_seed()
    return name_of(session)


def name_of(session: Any) -> str:
    """What tells *session* from others; "" for none, and for one that is not kept because nothing is in it."""
    if not is_kept(session):
        return ""
    name = getattr(session, "id", None)
    return str(session.get(SESSION_KEY, _UNBOUND) if name is None else name)
