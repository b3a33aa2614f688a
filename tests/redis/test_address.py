from __future__ import annotations

import pytest

from nexios.exceptions import ConfigurationError
from nexios.redis.address import Address, parse_address


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://localhost", Address("server", (("localhost", 6379),))),
        ("redis://one:7000/3", Address("server", (("one", 7000),), database=3)),
        ("rediss://[::1]:7000", Address("server", (("::1", 7000),), tls=True)),
        (
            "redis://ann:p%40ss@one",
            Address("server", (("one", 6379),), username="ann", password="p@ss"),
        ),
        ("redis://:pass@one", Address("server", (("one", 6379),), password="pass")),
        ("unix:///run/redis.sock", Address("server", socket="/run/redis.sock")),
        (
            "redis+sentinel://one,two:27000/main/2",
            Address("sentinel", (("one", 26379), ("two", 27000)), service="main", database=2),
        ),
        ("rediss+cluster://one,two:7001", Address("cluster", (("one", 6379), ("two", 7001)), tls=True)),
    ],
)
def test_a_url_names_servers(url: str, address: Address) -> None:
    assert parse_address(url) == address


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://one", "the scheme 'http' is not known"),
        ("redis+proxy://one", r"the scheme 'redis\+proxy' is not known"),
        ("redis://", "a server has no name"),
        ("redis://one:notaport", "Port could not be cast"),
        ("redis://one,two", r"need \+sentinel or \+cluster"),
        ("redis://one/zero", "the database 'zero' is not a number"),
        ("redis://one?db=1", "options after"),
        ("redis+sentinel://one", "needs the name of the service"),
        ("redis+cluster://one/2", "a cluster has only the database 0"),
        ("unix://", "needs the path of the socket"),
    ],
)
def test_a_url_that_names_none_is_refused_with_the_spellings_there_are(url: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=f"redis.url cannot be read: .*{reason}.*; write redis://host"):
        parse_address(url)


def test_an_error_and_a_repr_do_not_show_the_password() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        parse_address("redis://ann:hunter2@one:x")

    assert "hunter2" not in str(refusal.value)
    assert "hunter2" not in repr(parse_address("redis://ann:hunter2@one"))
