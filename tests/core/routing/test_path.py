from __future__ import annotations

import datetime as dt
import enum
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nexios.exceptions import RouteError
from nexios.routing.converters import Converters, enum_converter, path_converters
from nexios.routing.path import PathPattern

parse = PathPattern.parse


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


FITS: list[tuple[str, str, dict[str, object]]] = [
    ("/", "/", {}),
    ("/items", "/items", {}),
    ("/items/", "/items/", {}),
    ("/café", "/café", {}),
    ("/items/{id}", "/items/7", {"id": "7"}),
    ("/items/{id:int}", "/items/-7", {"id": -7}),
    ("/{a}/x/{b:int}", "/1/x/2", {"a": "1", "b": 2}),
    ("/files/{rest:path}", "/files/a/b/", {"rest": "a/b/"}),
    ("/files/{rest:path}", "/files/a//b", {"rest": "a//b"}),
    ("/{rest:path}/edit", "/a/b/edit", {"rest": "a/b"}),
    ("/{rest:path}/{id:int}/edit", "/a/1/2/edit", {"rest": "a/1", "id": 2}),
    ("/{name}.{kind}/raw", "/a.tar.gz/raw", {"name": "a.tar", "kind": "gz"}),
    ("/{name}", "/%2f", {"name": "%2f"}),
    ("/{name}", "/...", {"name": "..."}),
    ("/{name}", "/a\\..\\b", {"name": "a\\..\\b"}),
    ("/.well-known/{name}", "/.well-known/x", {"name": "x"}),
]

MISFITS = [
    ("/", ""),
    ("/", "//"),
    ("/items", "/items/"),
    ("/items/", "/items"),
    ("/items", "items"),
    ("/items", "/Items"),
    ("/items", "//items"),
    ("/items/{id}", "/items/"),
    ("/items/{id}", "/items"),
    ("/items/{id}", "/items/a/b"),
    ("/items/{id}", "/items/."),
    ("/items/{id}", "/items/.."),
    ("/items/{id:int}", "/items/٣"),
    ("/{a}/{b}", "//b"),
    ("/{a}/{b}", "/a/"),
    ("/files/{rest:path}", "/files/"),
    ("/files/{rest:path}", "/files//etc/passwd"),
    ("/files/{rest:path}", "/files/a/../../b"),
    ("/files/{rest:path}", "/files/a/./b"),
    ("/{rest:path}/edit", "/edit"),
    ("/{rest:path}/edit", "//edit"),
    ("/{rest:path}/{a}/{b}", "/a/b"),
    ("/{rest:path}/{a}/{b}", "/a"),
    ("/{a}.{b}", "/.."),
    ("/{a}.{b}", "/a.b/c"),
    ("/{a}.", "/.."),
]


@pytest.mark.parametrize(("pattern", "path", "parameters"), FITS)
def test_a_path_that_fits_gives_its_parameters(pattern: str, path: str, parameters: dict[str, object]) -> None:
    assert parse(pattern).match(path) == parameters


@pytest.mark.parametrize(("pattern", "path"), MISFITS)
def test_any_other_path_gives_none(pattern: str, path: str) -> None:
    assert parse(pattern).match(path) is None


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        ("items", "path 'items': it must begin with a slash: '/items'"),
        ("{id}", "it must begin with a slash: '/{id}'"),
        ("/a//b", "path '/a//b': it has an empty segment: write one slash"),
        ("//", "it has an empty segment"),
        ("/a?b=1", "it ends before '?' and '#': name query parameters in the handler"),
        ("/a#b", "it ends before '?' and '#'"),
        ("/caf%C3%A9", "paths are compared after percent-decoding: write '/café'"),
        ("/a/../b", "clients resolve '.' and '..' before they send: write the path they lead to"),
        ("/.", "clients resolve '.' and '..'"),
        ("/{a", "path '/{a': the braces of '{a' are not in pairs"),
        ("/{a}/{a}", "{a} stands in it twice: give each parameter its own name"),
        ("/{a}.{a}", "{a} stands in it twice"),
        ("/{a:path}/{b:path}", "it has more than one path parameter"),
        ("/{a:itn}", "path '/{a:itn}': unknown converter 'itn'; did you mean 'int'?"),
        ("/{a:}", "unknown converter ''; known: bool, date, datetime, float, int, path, str, uuid"),
    ],
)
def test_a_slip_in_a_pattern_is_named_with_its_cure(text: str, slip: str) -> None:
    with pytest.raises(RouteError) as error:
        parse(text)

    assert slip in str(error.value)


def test_the_parameters_of_a_pattern_stand_in_the_order_written() -> None:
    pattern = parse("/{b}/{c:int}.{a}")

    assert list(pattern.parameters) == ["b", "c", "a"]
    assert pattern.parameters["c"] is path_converters["int"]


def test_a_pattern_knows_the_converters_of_its_application() -> None:
    application = Converters(path_converters)
    application.register("colour", Colour)

    assert parse("/{c:colour}", application).match("/red") == {"c": Colour.RED}


def test_an_annotation_types_a_parameter_written_without_converter() -> None:
    pattern = parse("/{id}/{name}.{page}").with_types({"id": path_converters["int"], "page": path_converters["int"]})

    assert pattern.match("/1/a.2") == {"id": 1, "name": "a", "page": 2}
    assert pattern.shape == parse("/{id:int}/{name}.{page:int}").shape


def test_an_annotation_does_not_change_a_parameter_written_with_a_converter() -> None:
    pattern = parse("/{id:int}/x")

    assert pattern.with_types({"id": path_converters["str"], "unknown": path_converters["int"]}) is pattern


def test_names_of_parameters_do_not_count_in_a_shape_but_converters_do() -> None:
    assert parse("/{a}/{b:int}.{c}").shape == parse("/{x}/{y:int}.{z:str}").shape
    assert parse("/{a}").shape != parse("/{a:int}").shape
    assert parse("/{a}.{b}").shape != parse("/{a}-{b}").shape
    assert parse("/a").shape != parse("/{a}").shape
    assert parse("/a").shape != parse("/a/").shape


@pytest.mark.parametrize(
    ("prefix", "path", "joined"),
    [
        ("/api", "/items", "/api/items"),
        ("/api/", "/items", "/api/items"),
        ("/api", "/", "/api/"),
        ("/api", "", "/api"),
        ("/", "/items", "/items"),
        ("/", "", "/"),
        ("", "/items", "/items"),
        ("/{a:int}", "/{b}", "/{a:int}/{b}"),
    ],
)
def test_a_pattern_below_a_prefix_is_the_pattern_of_both(prefix: str, path: str, joined: str) -> None:
    assert parse(path).prefixed(parse(prefix)) == parse(joined)


@pytest.mark.parametrize(
    ("prefix", "path", "slip"),
    [
        ("/{id}", "/{id}", "path '/{id}' below '/{id}': {id} stands in it twice"),
        ("/{a:path}", "/{b:path}", "more than one path parameter"),
    ],
)
def test_a_pattern_that_does_not_go_with_its_prefix_is_refused(prefix: str, path: str, slip: str) -> None:
    with pytest.raises(RouteError) as error:
        parse(path).prefixed(parse(prefix))

    assert slip in str(error.value)


@pytest.mark.parametrize(
    ("pattern", "values", "path"),
    [
        ("/items", {}, "/items"),
        ("", {}, ""),
        ("/café/", {}, "/caf%C3%A9/"),
        ("/items/{id:int}", {"id": -7}, "/items/-7"),
        ("/items/{id}", {"id": 7}, "/items/7"),
        ("/items/{id}", {"id": "a b?#%é;="}, "/items/a%20b%3F%23%25%C3%A9;="),
        ("/files/{rest:path}", {"rest": "a b/c"}, "/files/a%20b/c"),
        ("/{name}.{kind}", {"name": "a.b", "kind": "c"}, "/a.b.c"),
        ("/on/{day:date}", {"day": dt.date(2026, 11, 20)}, "/on/2026-11-20"),
        ("/{self}/{path}", {"self": "a", "path": "b"}, "/a/b"),
    ],
)
def test_a_pattern_is_written_with_its_parameters_percent_encoded(
    pattern: str, values: dict[str, Any], path: str
) -> None:
    assert parse(pattern).format(**values) == path


@pytest.mark.parametrize(
    ("pattern", "values", "slip"),
    [
        ("/{a}/{b}/{c}", {"b": "x"}, "path '/{a}/{b}/{c}' takes a, b, c; missing: a, c"),
        ("/{a}", {"a": "x", "z": 1, "y": 2}, "path '/{a}' takes a; unknown: y, z"),
        ("/items", {"z": 1}, "path '/items' takes no parameters; unknown: z"),
        ("/{id:int}", {"id": "x"}, "path '/{id:int}' cannot be written: id: 'x' is not an int"),
        ("/{id}", {"id": None}, "cannot be written: id: None is not a str"),
        ("/{id}", {"id": ""}, "cannot be written with id='': '/' would not fit it"),
        ("/{a}/{b}", {"a": "x/y", "b": "z"}, "cannot be written with a='x/y', b='z': '/x/y/z' would not fit it"),
        ("/{id}", {"id": "a/b"}, "cannot be written with id='a/b': '/a/b' would not fit it"),
        ("/{id}", {"id": ".."}, "cannot be written with id='..'"),
        ("/{id}", {"id": "\ud800"}, "cannot be written: 'utf-8' codec"),
        ("/{rest:path}", {"rest": "/evil.example"}, "cannot be written with rest='/evil.example'"),
        ("/{rest:path}", {"rest": "a/../b"}, "cannot be written with rest='a/../b'"),
        ("/{id:int}", {"id": 10**3_000}, "would not fit it"),
        ("/{a}.{b}", {"a": "x", "b": "y.z"}, "'/x.y.z' would be read as {'a': 'x.y', 'b': 'z'}"),
    ],
)
def test_a_path_that_would_lead_elsewhere_is_not_written(pattern: str, values: dict[str, Any], slip: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        parse(pattern).format(**values)

    assert slip in str(error.value)
    assert str(error.value).startswith(f"path {pattern!r} ")


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "str": st.text(min_size=1),
    "int": st.integers(),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "uuid": st.uuids(),
    "date": st.dates(),
    "datetime": st.datetimes(),
    "path": st.text(min_size=1),
    "colour": st.sampled_from(Colour),
}


@given(data=st.data(), kinds=st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=3))
def test_a_written_path_is_read_back_to_the_same_parameters(data: st.DataObject, kinds: list[str]) -> None:
    assume(kinds.count("path") <= 1)
    application = Converters(path_converters)
    application.register("colour", enum_converter(Colour))
    joint = data.draw(st.sampled_from(["/", "/x/", "-", "~."]))
    assume("path" not in kinds or "/" in joint)
    pattern = parse("/" + joint.join(f"{{p{index}:{kind}}}" for index, kind in enumerate(kinds)), application)
    values = {f"p{index}": data.draw(VALUES[kind]) for index, kind in enumerate(kinds)}

    try:
        path = pattern.format(**values)
    except ValueError:
        assume(False)

    assert path.isascii()
    assert not path.startswith("//")
    assert pattern.match(unquote(path)) == values


@given(path=st.text(alphabet="/.-%2f1aé٣{}\\\x00", max_size=12).map(lambda text: "/" + text))
def test_no_path_makes_a_pattern_raise(path: str) -> None:
    for text in ("/{a}", "/{a:int}/{b}", "/{a}.{b}", "/{a:path}/{b:float}", "/{a:datetime}-{b:uuid}"):
        assert isinstance(parse(text).match(path), dict | None)
