from __future__ import annotations

from collections import namedtuple
from typing import Any

import pytest

from nexios.auth import Identity, User
from nexios.auth.identity import as_identity, names_in
from nexios.auth.user import label_of

Pair = namedtuple("Pair", "id name")


class Account:
    def __init__(self, roles: Any = ()) -> None:
        self.id = 7
        self.roles = roles

    def __len__(self) -> int:
        return 0  # an object that is "empty" is a user all the same


@pytest.mark.parametrize("nobody", [None, False, (None, ["a"]), (False, "a"), Identity(None), Identity(False)])
def test_nobody_is_nobody(nobody: Any) -> None:
    assert as_identity(nobody, "s") is None


@pytest.mark.parametrize("user", [Account(), "ada", 0, 7, {"id": 7}, Pair(1, "Ada"), object()])
def test_anything_else_can_be_a_user(user: Any) -> None:
    alone, with_scopes = as_identity(user, "s"), as_identity((user, ["a", "b"]), "s")

    assert alone is not None
    assert with_scopes is not None
    assert (alone.user, alone.scopes, alone.scheme) == (user, frozenset(), "s")
    assert (with_scopes.user, with_scopes.scopes) == (user, frozenset({"a", "b"}))


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        ({}, "returned an empty dict: return None for nobody"),
        ([], "returned an empty list"),
        ("", "returned an empty str"),
        (True, "returned True: return the user"),
        ((True, "a"), "returned True"),
        ((), r"returned a tuple of 0: return \(user, scopes\)"),
        (("ada", "a", "b"), "a tuple of 3"),
        (("ada", 7), "the scopes from the backend 's' are texts, not int"),
        (("ada", [7]), "not int"),
        (("ada", [""]), "not empty"),
        (("ada", b"a"), "not bytes"),
        (({}, ["a"]), "returned an empty dict"),
    ],
)
def test_a_slip_of_a_backend_lets_nobody_in(slip: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        as_identity(slip, "s")


def test_scopes_may_be_one_text_as_in_oauth() -> None:
    found = as_identity(("ada", "read  write"), "s")

    assert found is not None
    assert found.scopes == {"read", "write"}
    assert names_in(None, "scopes") == frozenset()


def test_an_identity_is_kept_and_gets_the_scheme_of_its_backend() -> None:
    own, given = Identity("ada", scheme="own"), Identity("ada", frozenset({"a"}), frozenset({"r"}), claims={"sub": "1"})

    found = as_identity(given, "s")

    assert as_identity(own, "s") is own
    assert found is not None
    assert (found.scheme, found.scopes, found.roles) == ("s", frozenset({"a"}), frozenset({"r"}))
    assert found.claims == {"sub": "1"}


def test_roles_are_those_of_the_backend_or_else_of_the_user() -> None:
    assert Identity(Account(["admin"])).held_roles() == {"admin"}
    assert Identity({"roles": "admin guest"}).held_roles() == {"admin", "guest"}
    assert Identity(Account(["admin"]), roles=frozenset({"guest"})).held_roles() == {"guest"}
    assert Identity("ada").held_roles() == frozenset()
    assert Identity(Account(None)).held_roles() == frozenset()


@pytest.mark.parametrize("roles", [7, [7], lambda: ["admin"], [None], b"admin"])
def test_roles_that_cannot_be_read_are_an_error_and_not_none(roles: Any) -> None:
    with pytest.raises(TypeError, match="the roles of a user are texts"):
        Identity(Account(roles)).held_roles()


def test_an_identity_shows_neither_the_user_nor_the_claims() -> None:
    shown = repr(Identity({"password": "hunter2"}, frozenset({"a"}), claims={"jti": "t0k3n"}, scheme="jwt"))

    assert shown == "Identity(scopes=frozenset({'a'}), roles=frozenset(), scheme='jwt')"


def test_a_log_calls_a_user_by_its_id() -> None:
    class Bare:
        def __str__(self) -> str:
            return "hunter2"

    assert [label_of(user) for user in (None, "ada", 7, {"id": 8}, Account(), Bare(), Pair(1, "Ada"))] == [
        None, "ada", "7", "8", "7", "Bare", "1",
    ]  # fmt: skip


def test_an_object_with_an_id_is_a_user_for_a_checker() -> None:
    assert isinstance(Account(), User)
    assert not isinstance("ada", User)
