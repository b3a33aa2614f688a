"""Asking backends who is there: once for each connection. What they say, guards and ``request.user`` read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final
from weakref import ref

from nexios import Connection, HTTPException
from nexios.auth.audit_log import AuditTrail
from nexios.auth.backend import AuthBackend
from nexios.auth.credentials import refuse_repeated
from nexios.auth.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from nexios.auth.identity import ANONYMOUS, Identity, as_identity
from nexios.exceptions import ConfigurationError, MissingPluginError
from nexios.http.headers import check_name
from nexios.signature import describe

# Where a test client leaves who it is logged in as. No server puts anything there, and no header can.
LOGIN_EXTENSION: Final = "nexios.login"


@dataclass(frozen=True, slots=True)
class Impersonation:
    """Made by the hook for test clients. An identity that names no scheme stands in for every backend."""

    identity: Identity


class Authentication:
    """What is known of who is behind one connection.

    *is_used* says whether the answer depends on it: then caches must know (RFC 9110 section 12.5.5). Where a backend
    broke, *error* says how, and is raised for whoever asks: what is open to all still works.
    """

    __slots__ = ("_answers", "_connection", "authenticator", "error", "identity", "is_used")

    def __init__(self, authenticator: Authenticator, connection: Connection) -> None:
        self.authenticator: Authenticator = authenticator
        # The connection has this one, too: two that held each other would wait for the garbage collector.
        self._connection = ref(connection)
        self.identity: Identity = ANONYMOUS
        self.is_used: bool = False
        self.error: Exception | None = None
        # By backend: who it knows, None, or why it refuses.
        self._answers: dict[int, Identity | NotAuthenticated | None] = {}

    @property
    def connection(self) -> Connection:
        """The request, or the socket: who has it asks who is behind it. Raises ReferenceError once nobody has it."""
        connection = self._connection()
        if connection is None:
            raise ReferenceError("the request is over")
        return connection

    async def ask(self, backends: Iterable[AuthBackend]) -> Identity | None:
        """The first identity that one of *backends* finds; each is asked once."""
        answers = self._answers
        for backend in backends:
            key = id(backend)
            if key not in answers:
                try:
                    found: Any = backend.authenticate(self.connection)
                    if hasattr(found, "__await__"):
                        found = await found
                    answers[key] = as_identity(found, backend.scheme)
                except NotAuthenticated as failure:
                    answers[key] = failure
            answer = answers[key]
            if isinstance(answer, Identity):
                return answer
        return None

    async def identify(self, schemes: frozenset[str] | None) -> Identity:
        """Who it is, by one of *schemes*; from now on the connection's user is the one that is found so."""
        if schemes is None:
            return self.look()
        self.is_used = True
        identity = self.identity
        if identity.scheme in schemes or (identity.user is not None and not identity.scheme):
            return identity
        # Only these are asked, so a route does not depend on a backend that it does not name.
        found = await self.ask(each for each in self.authenticator.backends if each.scheme in schemes)
        self.become(found or ANONYMOUS)
        return self.identity

    def look(self) -> Identity:
        """Who it is. Raises the error of a backend that broke before anybody was found."""
        self.is_used = True
        if self.error is not None:
            raise self.error
        return self.identity

    def become(self, identity: Identity) -> None:
        """From now on, *identity* is behind the connection."""
        self.identity = identity
        self.error = None
        for slot in ("user", "auth"):
            vars(self.connection).pop(slot, None)

    def challenges(self, schemes: frozenset[str] | None) -> str:
        """How to ask for credentials of *schemes*, for WWW-Authenticate; empty where no backend says how."""
        texts = [_challenge(each, self._answers.get(id(each))) for each in self._asked(schemes)]
        return ", ".join(dict.fromkeys(text for text in texts if text))

    async def unknown(self, schemes: frozenset[str] | None = None) -> NotAuthenticated:
        """The 401 for a connection that none of *schemes* knows: why, and how to ask; noted in the audit log."""
        self.look()
        answers = [self._answers.get(id(each)) for each in self._asked(schemes)]
        failed = [answer for answer in answers if isinstance(answer, NotAuthenticated)]
        refusal = failed[0] if failed else NotAuthenticated("this needs a user who is logged in")
        self._tell_caches(refusal)
        if challenges := self.challenges(schemes):
            refusal.headers["www-authenticate"] = challenges
        reason = getattr(refusal, "reason", "no credentials")
        await self.authenticator.trail.note("refusal", self.connection, reason=reason, status=401)
        return refusal

    async def denied(self, lacking: str, scopes: Iterable[str] = ()) -> PermissionDenied:
        """The 403 for a user who may not. *lacking* is for the audit log: clients need not know the rules."""
        identity = self.identity
        await self.authenticator.trail.note(
            "refusal", self.connection, user=identity.user, scheme=identity.scheme, reason=lacking, status=403
        )
        refusal = PermissionDenied("this user may not do that")
        self._tell_caches(refusal)
        wanted = " ".join(sorted(scopes))
        if wanted and any((each.challenge() or "").startswith("Bearer") for each in self._asked({identity.scheme})):
            # RFC 6750 section 3.1
            refusal.headers["www-authenticate"] = f'Bearer error="insufficient_scope", scope="{wanted}"'
        return refusal

    def _tell_caches(self, refusal: HTTPException) -> None:
        """For where the middleware does not see the answer, such as that to a method which its route has not."""
        if self.authenticator.vary:
            refusal.headers["vary"] = ", ".join(self.authenticator.vary)

    def _asked(self, schemes: Set[str] | None) -> list[AuthBackend]:
        return [each for each in self.authenticator.backends if schemes is None or each.scheme in schemes]


class Authenticator:
    """Backends that are tried in order, with what they need for it."""

    def __init__(self, backends: Sequence[AuthBackend]) -> None:
        given: Any = backends if isinstance(backends, list | tuple) else [backends]
        self.backends: tuple[AuthBackend, ...] = tuple(_checked(each) for each in given)
        if not self.backends:
            raise ConfigurationError("AuthenticationMiddleware(backend=[]): give at least one backend")
        self.schemes: tuple[str, ...] = tuple(dict.fromkeys(each.scheme for each in self.backends))
        self.vary: tuple[str, ...] = tuple(dict.fromkeys(name for each in self.backends for name in each.vary))
        self.vary_value: bytes = b", ".join(check_name(name) and name.encode("ascii") for name in self.vary)
        self.after: tuple[str, ...] = tuple(dict.fromkeys(name for each in self.backends for name in each.after))
        self.trail: AuditTrail = AuditTrail()

    async def begin(self, connection: Connection) -> Authentication:
        """Find out who *connection* is from. Raises BadRequest where it says so twice."""
        state = Authentication(self, connection)
        known = connection.__dict__
        if "authentication" in known:  # what was known of the user before holds no longer
            state.become(ANONYMOUS)
        known["authentication"] = state
        extensions = connection.scope.get("extensions")
        if extensions and isinstance(given := extensions.get(LOGIN_EXTENSION), Impersonation):
            state.become(given.identity)
            return state
        refuse_repeated(connection, "authorization")
        try:
            state.identity = await state.ask(self.backends) or ANONYMOUS
        except Exception as error:
            state.error = error
        return state


def authentication_of(connection: Connection) -> Authentication:
    """What the nearest middleware has found out. Raises MissingPluginError where there was none."""
    found: Authentication | None = vars(connection).get("authentication")
    if found is None:
        raise MissingPluginError(
            "nobody has been asked who the user is: set app.auth_backend = ..., or add_middleware("
            "AuthenticationMiddleware(backend=...)) in front of what asks"
        )
    return found


def _challenge(backend: AuthBackend, answer: object) -> str | None:
    own = answer.challenge if isinstance(answer, AuthenticationFailed) else None
    return own or backend.challenge()


def _checked(backend: Any) -> AuthBackend:
    if isinstance(backend, type):
        raise ConfigurationError(f"{describe(backend)} is a class: give an instance, {describe(backend)}()")
    if not isinstance(backend, AuthBackend):
        raise ConfigurationError(f"{backend!r} is no backend: derive its class from nexios.auth.AuthBackend")
    return backend
