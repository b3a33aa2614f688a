from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nexios import Depend, MakeConfig, NexiosApp, Request, Router
from nexios.auth import (
    AuthenticationFailed,
    SessionBackend,
    audit_trail,
    auth,
    current_user,
    login,
    logout,
    public,
    requires,
)
from nexios.auth.backends.bearer import OAuth2PasswordBearer, TokenEndpoint
from nexios.auth.jwt import Key, MemoryTokenStore, TokenIssuer, TokenPairs
from nexios.auth.passwords import Engine, PasswordHasher
from nexios.auth.throttle import LoginThrottle
from nexios.websockets import WebSocket

DEVELOPMENT = "only-for-this-machine-f06b1d5c9e2a"
PASSWORDS = {"ada": "correct horse", "bob": "battery staple"}


@dataclass(frozen=True)
class Account:
    id: str
    name: str
    roles: tuple[str, ...] = ()


ACCOUNTS = {"ada": Account("ada", "Ada", ("admin",)), "bob": Account("bob", "Bob")}


@dataclass(frozen=True)
class Credentials:
    name: str
    password: str


CONFIG: dict[str, Any] = {
    "debug": True,
    "session": {"store": "memory"},
    "auth": {"required": True, "public": ["/docs", "/openapi.json", "/openapi.yaml"]},
}


def make_app(secret_key: str = DEVELOPMENT, engine: Engine | None = None) -> NexiosApp:
    """Accounts of which a session or a token knows the user. Everything asks for one, unless it is public."""
    app = NexiosApp(MakeConfig(CONFIG, secret_key=secret_key), title="Accounts")
    pairs = TokenPairs(TokenIssuer(Key.hmac(secret_key)), MemoryTokenStore())
    passwords, throttle, hashes = PasswordHasher(engine=engine), LoginThrottle(), dict[str, str]()

    async def find(sub: str) -> Account | None:
        return ACCOUNTS.get(sub)

    app.auth_backend = [SessionBackend(find), OAuth2PasswordBearer(find, pairs)]

    async def check(name: str, password: str) -> str | None:
        return name if await passwords.verify(password, hashes.get(name)) else None

    app.mount_router(TokenEndpoint(check, pairs, throttle=throttle).router())

    @app.on_startup
    async def hash_passwords() -> None:
        for name, password in PASSWORDS.items():
            hashes[name] = await passwords.hash(password)

    @app.post("/login")
    @public
    async def log_in(request: Request, given: Credentials) -> dict[str, str]:
        async with throttle.attempt(request, given.name):
            if await check(given.name, given.password) is None:
                await audit_trail(app).note("login_failed", request, reason="wrong name or password")
                raise AuthenticationFailed("the name or the password is wrong")
        await login(request, ACCOUNTS[given.name])
        return {"hello": ACCOUNTS[given.name].name}

    @app.post("/logout")
    async def log_out(request: Request) -> None:
        await logout(request)

    @app.get("/me")
    async def show_me(request: Request, user: Account = Depend(current_user)) -> dict[str, str]:
        return {"name": user.name, "by": request.auth.scheme}

    @app.websocket("/news")
    @auth()
    async def tell_news(ws: WebSocket) -> None:
        await ws.accept()
        await ws.send_json({"news for": ws.user.name})

    admin = Router("/admin", auth=requires(roles="admin"))

    @admin.get("/users")
    async def list_users() -> list[str]:
        return sorted(ACCOUNTS)

    app.mount_router(admin)
    return app


app = make_app()
