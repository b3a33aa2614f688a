"""Who presents a JSON Web Token: ``Authorization: Bearer eyJ...`` (RFC 6750)."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any, TypeAlias

from nexios import Connection, NexiosApp
from nexios.auth.backend import AuthBackend
from nexios.auth.config import AuthConfig, JWTConfig
from nexios.auth.credentials import credentials
from nexios.auth.exceptions import AuthenticationFailed, InvalidToken
from nexios.auth.identity import Identity, names_in
from nexios.auth.jwt.keys import Key, Material
from nexios.auth.jwt.keyset import KeySource
from nexios.auth.jwt.revocation import TokenStore
from nexios.auth.jwt.verifier import Verifier
from nexios.config import Secret
from nexios.exceptions import ConfigurationError

Claims: TypeAlias = Mapping[str, Any]
LoadUser: TypeAlias = Callable[..., Any]
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
# What the only parameter of a function is called that wants all claims at once.
_WHOLE = ("claims", "payload", "token")
Keys: TypeAlias = Key | Material | Iterable[Key] | KeySource


class JWTAuthBackend(AuthBackend):
    """Verifies the token, and lets *load_user* find whom it is about: None means nobody, which is refused.

    *load_user* is called with the claims as keyword arguments, ``load_user(**claims)``, or with all of them as its only
    positional parameter. *key* is a secret, a `Key`, several of them or a source such as `RemoteKeys`; without it, and
    without a *verifier*, the section ``auth.jwt`` of the configuration says with what. *settings* are those of
    `Verifier`. With *store*, tokens that it calls dead are refused.
    """

    scheme = "jwt"

    def __init__(
        self,
        load_user: LoadUser,
        *,
        key: Keys | None = None,
        verifier: Verifier | None = None,
        store: TokenStore | None = None,
        scheme: str | None = None,
        **settings: Any,
    ) -> None:
        if not callable(load_user):
            raise ConfigurationError(f"JWTAuthBackend({load_user!r}): give a function that finds the user of a token")
        if verifier is not None and (key is not None or settings):
            raise ConfigurationError("JWTAuthBackend: give a verifier, or a key and settings to make one of, not both")
        if key is None and settings:
            raise ConfigurationError(
                f"JWTAuthBackend: {', '.join(sorted(settings))} without a key: give the key too, or set both in the "
                "section auth.jwt"
            )
        self._load = _adapted(load_user)
        self._verifier = Verifier(_keys(key), **settings) if key is not None else verifier
        self._store = store
        self._configured: tuple[JWTConfig, Secret | None] | None = None
        if scheme is not None:
            self.scheme = scheme

    def prepare(self, app: NexiosApp) -> None:
        if self._verifier is not None and self._configured is None:
            return
        config = app.config.section("auth", AuthConfig).jwt
        if self._configured not in (None, (config, app.secret_key)):
            raise ConfigurationError(
                "a JWTAuthBackend serves two applications that differ in their keys: make it twice"
            )
        self._verifier = configured_verifier(config, app.secret_key)
        self._configured = config, app.secret_key

    async def authenticate(self, request: Connection, /) -> Identity | None:
        token = credentials(request, "bearer")
        return None if token is None else await self.identify(token)

    async def identify(self, token: str) -> Identity:
        """Who *token* is about. Raises AuthenticationFailed."""
        if self._verifier is None:
            raise ConfigurationError("a JWTAuthBackend without a key is used before an application has prepared it")
        claims = await self._verifier.verify(token)
        if self._store is not None:
            await refuse_revoked(claims, self._store)
        user = await self._load(claims)
        if user is None or user is False:
            raise AuthenticationFailed(reason="the token is about nobody", challenge='Bearer error="invalid_token"')
        return Identity(user, scopes_of(claims), _roles_of(claims), self.scheme, claims)

    @property
    def security_scheme(self) -> Mapping[str, Any] | None:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def configured_verifier(config: JWTConfig, secret_key: Secret | None) -> Verifier:
    """A verifier for the section ``auth.jwt``. Raises ConfigurationError."""
    return Verifier(
        configured_keys(config, secret_key),
        issuer=config.issuer,
        audience=config.audience,
        leeway=config.leeway,
    )


def configured_keys(config: JWTConfig, secret_key: Secret | None) -> list[Key]:
    """The keys of the section ``auth.jwt``, the one that signs first. Raises ConfigurationError."""
    given = config.key if isinstance(config.key, list) else [config.key] if config.key is not None else []
    if given and not config.algorithm.startswith("HS"):
        return [Key.pem(each, config.algorithm) for each in given]
    secrets = given or ([secret_key] if secret_key is not None else [])
    if not secrets:
        raise ConfigurationError(
            "JWTAuthBackend has no key: set secret_key or auth.jwt.key in the config, NEXIOS_SECRET_KEY in the "
            "environment, or give it one, JWTAuthBackend(load_user, key=...)"
        )
    return [Key.hmac(each, config.algorithm) for each in secrets]


def scopes_of(claims: Claims) -> frozenset[str]:
    """``scope`` (RFC 8693 section 4.2), else ``scp``, which some issuers write as a list. Raises InvalidToken."""
    return _names(claims, "scope") or _names(claims, "scp")


def _roles_of(claims: Claims) -> frozenset[str]:
    return _names(claims, "roles")


def _names(claims: Claims, name: str) -> frozenset[str]:
    given = claims.get(name)
    if given is None:
        return frozenset()
    try:
        # Not any iterable: {"admin": false} is an object, and says the opposite of its names.
        if not isinstance(given, str | list):
            raise TypeError
        return names_in(given, name)
    except TypeError:
        raise InvalidToken(f"its {name} is malformed") from None


async def refuse_revoked(claims: Claims, store: TokenStore) -> None:
    """Raise InvalidToken where the token (jti) or the login that it belongs to (sid) is dead."""
    names = [claims[name] for name in ("jti", "sid") if isinstance(claims.get(name), str)]
    if not names:
        raise InvalidToken("it has no jti")
    if await store.is_revoked(*names):
        raise InvalidToken("it was revoked")


def _keys(given: Keys) -> Key | Collection[Key] | KeySource:
    if isinstance(given, str | bytes | Secret):
        return Key.hmac(given)
    return given if isinstance(given, Key | KeySource) else list(given)


def _adapted(load_user: LoadUser) -> Callable[[Claims], Awaitable[Any]]:
    """*load_user* as a function of the claims, however it takes them; worked out once."""
    parameters = list(inspect.signature(load_user).parameters.values())
    takes_all = any(each.kind is each.VAR_KEYWORD for each in parameters)
    named = {each.name: each.default is each.empty for each in parameters if each.kind in _BY_NAME}
    required = frozenset(name for name, is_required in named.items() if is_required)
    takes_whole = not takes_all and len(parameters) == 1 and (not named or parameters[0].name in _WHOLE)

    async def load(claims: Claims) -> Any:
        if takes_whole:
            found = load_user(claims)
        elif required <= claims.keys():
            found = load_user(**(claims if takes_all else {name: claims[name] for name in named if name in claims}))
        else:
            raise InvalidToken(f"it has no {min(required - claims.keys())}")
        return await found if inspect.isawaitable(found) else found

    return load
