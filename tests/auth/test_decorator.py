from __future__ import annotations

from typing import Any

import pytest

from nexios.auth import Policy, auth, public, requires
from nexios.auth.requirement import Requirement
from nexios.exceptions import ConfigurationError
from nexios.marks import marks_of


def handler() -> None: ...


def about_an_object(user: object, request: object, thing: object) -> bool:
    return True


# Without their types: a checker finds some of these mistakes, too.
any_auth: Any = auth
any_requires: Any = requires
any_public: Any = public


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        pytest.param(lambda: any_auth([]), r"@auth\(\[\]\): schemes=\[\] asks nothing of anybody", id="no schemes"),
        pytest.param(lambda: any_auth(()), r"schemes=\[\] asks nothing", id="no schemes in a tuple"),
        pytest.param(lambda: any_auth([""]), "'' is none of the schemes", id="an empty scheme"),
        pytest.param(lambda: any_auth([" "]), "' ' is none of the schemes", id="a blank scheme"),
        pytest.param(lambda: any_auth(["jwt", None]), "None is none of the schemes", id="None among schemes"),
        pytest.param(lambda: any_auth(7), "7 is none of the schemes", id="a number"),
        pytest.param(
            lambda: any_requires(), r"@requires\(\) asks nothing: give scopes=, roles= or a policy", id="nothing"
        ),
        pytest.param(lambda: any_requires(roles=[]), r"@requires: roles=\[\] asks nothing", id="no roles"),
        pytest.param(lambda: any_requires(scopes=[]), r"@requires: scopes=\[\] asks nothing", id="no scopes"),
        pytest.param(lambda: any_requires(roles=iter(())), r"roles=\[\] asks nothing", id="an empty generator"),
        pytest.param(lambda: any_requires(scopes={}), r"scopes=\[\] asks nothing", id="an empty dict"),
        pytest.param(
            lambda: any_requires(roles=[], scopes=["a"]), r"roles=\[\] asks nothing", id="no roles, but scopes"
        ),
        pytest.param(lambda: any_requires(roles=""), "'' is none of the roles", id="an empty role"),
        pytest.param(
            lambda: any_requires(scopes="read write"), "'read write' is none of the scopes", id="two in one text"
        ),
        pytest.param(
            lambda: any_requires(scopes=['a"b']), "none of the scopes", id="a quote, which a challenge cannot hold"
        ),
        pytest.param(lambda: any_requires(roles=["admin\n"]), r"'admin\\n' is none of the roles", id="a line break"),
        pytest.param(lambda: any_requires(roles=[None]), "None is none of the roles", id="None among roles"),
        pytest.param(lambda: any_requires("admin"), "'admin' is no policy: give Policy", id="a text as a policy"),
        pytest.param(lambda: any_requires(None), "None is no policy", id="None as a policy"),
        pytest.param(lambda: any_requires(Policy), "is no policy", id="the class of policies"),
        pytest.param(lambda: any_requires(lambda user: True), "must take", id="a rule of one parameter"),
        pytest.param(
            lambda: any_requires(about_an_object), r"is about an object.*policy.enforce\(request", id="an object"
        ),
        pytest.param(lambda: any_requires(roles="a")(None), "None is not a handler", id="None as a handler"),
        pytest.param(lambda: any_public(7), "7 is not a handler", id="a number as a handler"),
    ],
)
def test_what_asks_nothing_or_nonsense_is_an_error_where_it_is_written(declare: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        declare()


def test_a_decorator_returns_the_handler() -> None:
    assert auth()(handler) is auth(handler) is requires(roles="a")(handler) is public(handler) is handler


def test_one_name_may_be_given_as_a_text() -> None:
    assert auth("jwt").schemes == auth(["jwt"]).schemes == frozenset({"jwt"})
    assert requires(scopes="a:read", roles="admin").roles == frozenset({"admin"})


def test_names_are_read_once_when_they_come_from_a_generator() -> None:
    asked = requires(scopes=(name for name in ("a", "b")))

    assert asked.scopes == frozenset({"a", "b"})


def test_a_decorator_can_be_used_for_several_handlers() -> None:
    admins = requires(roles="admin")

    def one() -> None: ...
    def two() -> None: ...

    admins(one)
    admins(two)

    assert [value for _, value in marks_of(one)] == [value for _, value in marks_of(two)] == [admins]
    assert isinstance(admins, Requirement)
