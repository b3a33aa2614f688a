from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nexios import NexiosApp, Secret
from nexios.auth import APIKey, APIKeyBackend, auth, new_api_key, requires
from nexios.auth.backends.api_key import NewAPIKey, digest_of
from nexios.exceptions import ConfigurationError
from nexios.testing import TestClient
from tests.auth.doors import OPENED, PROTOCOLS, House, knock

pytestmark = pytest.mark.anyio
each_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)

# The same in each process, for tests are named after it.
SECRET = "s3cr3t-" * 6 + "x"
KEY = f"test_0123456789abcdef_{SECRET}"
MADE = NewAPIKey(Secret(KEY), "0123456789abcdef", digest_of(SECRET))
KEPT = APIKey(MADE.id, MADE.digest, "robot", scopes=frozenset({"read"}), roles=frozenset({"bot"}))


class Keys:
    """Finds keys by id, and remembers what it was asked for."""

    def __init__(self, *kept: APIKey) -> None:
        self.kept = {each.id: each for each in kept}
        self.asked: list[str] = []

    async def find(self, name: str) -> APIKey | None:
        self.asked.append(name)
        return self.kept.get(name)


def make_house(protocol: str, keys: Keys | None = None, **options: Any) -> tuple[House, Keys]:
    house, keys = House(), keys or Keys(KEPT)
    house.app.auth_backend = APIKeyBackend(keys.find, **options)
    house.serve(house.app, "/", protocol, requires(scopes="read", roles="bot")(house.handler(protocol)))
    return house, keys


def test_a_new_key_is_kept_as_a_hash_and_shown_by_nobody() -> None:
    made = new_api_key("test")
    prefix, name, secret = made.key.reveal().split("_", 2)

    assert (prefix, name) == ("test", made.id)
    assert len(secret) == 43
    assert made.digest == digest_of(secret)
    for hidden in (secret, made.digest):
        assert hidden not in repr(APIKey(made.id, made.digest, "robot"))
    assert secret not in repr(made)
    assert len({new_api_key().id for _ in range(50)}) == 50


@pytest.mark.parametrize("prefix", ["", "a_b", "a b", "é", "a-b"])
def test_a_prefix_that_a_key_could_not_be_read_with_is_an_error(prefix: str) -> None:
    with pytest.raises(ConfigurationError, match="a prefix has letters and digits alone"):
        new_api_key(prefix)


@each_protocol
@pytest.mark.parametrize(
    ("options", "path", "headers"),
    [
        pytest.param({}, "/", {"x-api-key": KEY}, id="a header"),
        pytest.param({"header": "X-Other"}, "/", {"X-OTHER": KEY}, id="another header"),
        pytest.param({"query": "key"}, f"/?key={KEY}", {}, id="a query parameter"),
        pytest.param({"cookie": "key"}, "/", {"cookie": f"key={KEY}"}, id="a cookie"),
    ],
)
async def test_a_key_is_read_where_the_backend_looks(
    protocol: str, options: dict[str, Any], path: str, headers: dict[str, str]
) -> None:
    house, keys = make_house(protocol, **options)
    elsewhere, _ = make_house(protocol, header="X-Nowhere")

    async with TestClient(house.app) as client:
        assert (await knock(client, path, protocol, **headers)).status_code == (OPENED if protocol != "http" else 200)
    async with TestClient(elsewhere.app) as client:
        assert (await knock(client, path, protocol, **headers)).status_code == 401
    assert keys.asked == [MADE.id]


@each_protocol
@pytest.mark.parametrize(
    "presented",
    [
        "", " ", "_", "__", "nx", "nx_", "nx__", f"nx_{MADE.id}", f"nx_{MADE.id}_", f"nx__{SECRET}",
        KEY[:-1], KEY + "a", KEY.upper(), KEY.replace(MADE.id, MADE.id.upper()), "test_nobody_" + SECRET,
        "a_b_" + "c" * 300, f"test_{MADE.id}_{MADE.digest}", "é_é_é", "test_../../x_y",
    ],
)  # fmt: skip
async def test_what_is_no_key_is_refused(protocol: str, presented: str) -> None:
    house, _ = make_house(protocol, cookie="key")

    async with TestClient(house.app) as client:
        answer = await knock(client, "/", protocol, **{"x-api-key": presented.encode("latin-1")})  # type: ignore[arg-type]

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'ApiKey in="header", name="X-API-Key"'
    assert answer.headers["vary"] == "X-API-Key, Cookie"
    assert house.ran == []


@each_protocol
async def test_the_prefix_is_for_people_and_says_nothing(protocol: str) -> None:
    house, _ = make_house(protocol)

    async with TestClient(house.app) as client:
        answer = await knock(client, "/", protocol, **{"x-api-key": "other" + KEY.removeprefix("test")})

    assert answer.status_code == (OPENED if protocol != "http" else 200)


@each_protocol
@pytest.mark.parametrize(
    "headers",
    [
        [("x-api-key", KEY), ("x-api-key", KEY)],
        [("x-api-key", KEY), ("cookie", f"key={KEY}")],
    ],
)
async def test_two_keys_are_refused_for_which_is_meant(protocol: str, headers: list[tuple[str, str]]) -> None:
    house, keys = make_house(protocol, cookie="key", query="key")

    async with TestClient(house.app, headers=headers) as client:
        assert (await knock(client, "/", protocol)).status_code == 400
    async with TestClient(house.app) as client:
        assert (await knock(client, f"/?key={KEY}&key={KEY}", protocol)).status_code == 400
    assert keys.asked == []


@pytest.mark.parametrize(
    ("kept", "status"),
    [
        (replace(KEPT, is_revoked=True), 401),
        (replace(KEPT, expires_at=datetime(2026, 1, 1, tzinfo=UTC)), 401),
        (replace(KEPT, expires_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=1)), 200),
        (replace(KEPT, scopes=frozenset()), 403),
        (replace(KEPT, roles=frozenset()), 403),
        (replace(KEPT, user=None), 401),
    ],
)
async def test_a_key_is_good_until_it_ends_and_for_what_it_was_made(kept: APIKey, status: int) -> None:
    house, _ = make_house("http", Keys(kept), now=lambda: datetime(2026, 1, 1, tzinfo=UTC))

    async with TestClient(house.app) as client:
        assert (await client.get("/", headers={"x-api-key": KEY})).status_code == status


async def test_a_store_that_fails_lets_nobody_in() -> None:
    app = NexiosApp(plugins=["auth"])
    app.auth_backend = APIKeyBackend(lambda name: 1 / 0)
    app.get("/")(auth()(lambda: "x"))

    async with TestClient(app, raise_server_exceptions=False) as client:
        assert (await client.get("/", headers={"x-api-key": KEY})).status_code == 500
        assert (await client.get("/")).status_code == 401


def test_a_backend_that_looks_nowhere_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="name a header, a query parameter or a cookie"):
        APIKeyBackend(lambda name: None, header=None)
    with pytest.raises(ValueError, match="is not a header name"):
        APIKeyBackend(lambda name: None, header="x api key")


@pytest.mark.parametrize(
    ("options", "challenge", "scheme"),
    [
        ({"header": None, "query": "key"}, 'ApiKey in="query", name="key"', {"in": "query", "name": "key"}),
        ({"header": None, "cookie": "key"}, 'ApiKey in="cookie", name="key"', {"in": "cookie", "name": "key"}),
    ],
)
def test_a_backend_says_where_it_looks(options: dict[str, Any], challenge: str, scheme: dict[str, str]) -> None:
    backend = APIKeyBackend(lambda name: None, **options)

    assert backend.challenge() == challenge
    assert backend.security_scheme == {"type": "apiKey", **scheme}
