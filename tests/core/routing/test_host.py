from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.exceptions import RouteError
from nexios.routing.converters import path_converters
from nexios.routing.host import HostPattern

parse = HostPattern.parse


@pytest.mark.parametrize(
    ("pattern", "host", "parameters"),
    [
        ("example.com", "example.com", {}),
        ("example.com", "EXAMPLE.com:8000", {}),
        ("example.com", "example.com.", {}),
        ("Example.COM", "example.com", {}),
        ("{tenant}.example.com", "Acme.example.com", {"tenant": "acme"}),
        ("{tenant}.{region:int}.example.com", "acme.7.example.com:443", {"tenant": "acme", "region": 7}),
        ("API-{Tenant}.example.com", "api-x.example.com", {"Tenant": "x"}),
        ("localhost", "localhost:8000", {}),
        ("_dmarc.{name}-X.example2.com", "_DMARC.a-x.example2.com.:443", {"name": "a"}),
    ],
)
def test_a_host_that_fits_gives_its_parameters(pattern: str, host: str, parameters: dict[str, object]) -> None:
    assert parse(pattern).match(host) == parameters


@pytest.mark.parametrize(
    ("pattern", "host"),
    [
        ("example.com", "example.org"),
        ("example.com", "evil.example.com"),
        ("example.com", "example.com.evil"),
        ("example.com", "[::1]:80"),
        ("{tenant}.example.com", "example.com"),
        ("{tenant}.example.com", ".example.com"),
        ("{tenant}.example.com", "a.b.example.com"),
        ("{tenant}.example.com", "xexample.com"),
        ("{shard:int}.example.com", "x.example.com"),
        ("example.com", ""),
    ],
)
def test_any_other_host_gives_none(pattern: str, host: str) -> None:
    assert parse(pattern).match(host) is None


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        ("", "host '': a label is empty"),
        ("a..b", "host 'a..b': a label is empty"),
        ("example.com:80", "':' cannot stand in a host: write no scheme, port, path or wildcard"),
        ("*.example.com", "'*' cannot stand in a host"),
        ("http://example.com", "'/:' cannot stand in a host"),
        ("münchen.de", "names of other scripts in their ASCII form (xn--...)"),
        ("x/{a}.com", "'/' cannot stand in a host"),
        ("{a}.{a}", "a parameter stands in it twice"),
        ("{a:path}.com", "{a:path} would take several labels: a parameter of a host takes one"),
        ("{a:itn}.com", "host '{a:itn}.com': unknown converter 'itn'"),
        ("{a.com", "the braces of '{a' are not in pairs"),
    ],
)
def test_a_slip_in_a_host_is_named_with_its_cure(text: str, slip: str) -> None:
    with pytest.raises(RouteError) as error:
        parse(text)

    assert slip in str(error.value)


def test_names_of_parameters_do_not_count_in_a_shape_but_converters_do() -> None:
    assert parse("{a}.example.com").shape == parse("{b}.EXAMPLE.com").shape
    assert parse("{a}.example.com").shape != parse("{a:int}.example.com").shape


def test_the_parameters_of_a_host_stand_in_the_order_written() -> None:
    pattern = parse("{b}.{a:int}.example.com")

    assert list(pattern.parameters) == ["b", "a"]
    assert pattern.parameters["a"] is path_converters["int"]


def test_hosts_are_ordered_by_specificity_from_the_last_label() -> None:
    texts = ["a.b.com", "{x}.b.com", "a.{y}.com", "{x}.{y:int}.com", "{x}.{y}.com"]
    documented = ["a.b.com", "{x}.b.com", "{x}.{y:int}.com", "a.{y}.com", "{x}.{y}.com"]

    assert sorted(texts, key=lambda text: parse(text).order) == documented


@given(host=st.text())
def test_no_host_makes_a_pattern_raise(host: str) -> None:
    assert isinstance(parse("{a:int}.{b}-{c}.com").match(host), dict | None)
