"""What one request has to do with tokens: the seed behind those it was given, and the session they are good for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nexios import Connection
from nexios.exceptions import ConfigurationError
from nexios.security.tokens import Tokens, make_seed

# In a session that has no id of its own: names it for the tokens, and ends with it.
SESSION_KEY = "_csrf"
# The name of a session that has none yet: no token is good for it, least of all one from before it began.
_UNBOUND = "-"


@dataclass(slots=True)
class Issue:
    """*session* is what *seed* is good for, by its name; *is_new* says that the browser does not have the seed yet.

    *is_given* says that the answer holds a token for it.
    """

    seed: str
    session: str
    is_new: bool
    is_given: bool = False


def open_issue(tokens: Tokens, connection: Connection, cookie: str) -> Issue:
    """The seed that the browser has, if it is good for the session, else a new one."""
    session = name_of(session_of(connection))
    seed = tokens.read(connection.cookies.get(cookie, ""), session)
    return Issue(seed or make_seed(), session, seed is None)


def give(issue: Issue, connection: Connection) -> str:
    """The seed for a token, which is not one from before the session that there is by now."""
    name = bind(session_of(connection))
    if name != issue.session:
        issue.seed, issue.session, issue.is_new = make_seed(), name, True
    issue.is_given = True
    return issue.seed


def settle(issue: Issue, connection: Connection) -> None:
    """Fit *issue* to the session as the handler has left it."""
    name = bind(session_of(connection))
    if name == issue.session:
        return
    # Another session than before, as after a login, is not to know old tokens; but a page may itself begin the session
    # that its token is to be good for.
    if issue.session or not issue.is_given:
        issue.seed = make_seed()
    issue.session, issue.is_new = name, True


def rotate(issue: Issue, connection: Connection) -> None:
    """Let *issue* begin anew, so that no token given before belongs to it."""
    session = session_of(connection)
    if is_nameless(session):
        session[SESSION_KEY] = make_seed()
    issue.seed, issue.session, issue.is_new, issue.is_given = make_seed(), bind(session), True, True


def session_of(connection: Connection) -> Any:
    """The mapping on ``request.session``, whoever provides it; None where nobody does."""
    try:
        return connection.session
    except (AttributeError, ConfigurationError):
        return None


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
