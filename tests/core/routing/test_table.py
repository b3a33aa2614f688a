from __future__ import annotations

import gc
import re
import sys
import time
from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexios.exceptions import DuplicateRouteError, RouteError
from nexios.routing.converters import Converters, path_converters
from nexios.routing.path import PathPattern
from nexios.routing.table import RouteTable
from tests.core.routing.counting import Counting

parse = PathPattern.parse


def table(*routes: str, mounts: tuple[str, ...] = ()) -> RouteTable[str]:
    """A table of ``"GET /path"`` and such, each leading to its own text."""
    built: RouteTable[str] = RouteTable()
    for index, route in enumerate(routes):
        method, path = route.split()
        built.add(parse(path), [method], route, f"app.py:{index}")
    for prefix in mounts:
        built.mount(parse(prefix), prefix, "app.py:99")
    return built


def served(built: RouteTable[str], method: str, path: str) -> str | None:
    found = built.find(path, method)
    return None if found is None else found[0]


@pytest.mark.parametrize(
    ("path", "method", "found"),
    [
        ("/", "GET", ("GET /", None, 0)),
        ("/items", "GET", ("GET /items", None, 0)),
        ("/items/7", "GET", ("GET /items/{id:int}", {"id": 7}, 0)),
        ("/items/x", "GET", None),
        ("/items/", "GET", None),
        ("/items/7", "POST", None),
        ("/u/a/p/7", "GET", ("GET /u/{user}/p/{post:int}", {"user": "a", "post": 7}, 0)),
        ("/1/2/3", "GET", ("GET /{a}/{b}/{c}", {"a": "1", "b": "2", "c": "3"}, 0)),
        ("/v1.2/x.y", "GET", ("GET /v{a:int}.{b:int}/{c}.{d}", {"a": 1, "b": 2, "c": "x", "d": "y"}, 0)),
        ("/f/x/y", "GET", ("GET /f/{rest:path}", {"rest": "x/y"}, 0)),
    ],
)
def test_a_path_leads_to_its_target_with_its_parameters(path: str, method: str, found: object) -> None:
    built = table(
        "GET /",
        "GET /items",
        "GET /items/{id:int}",
        "GET /u/{user}/p/{post:int}",
        "GET /{a}/{b}/{c}",
        "GET /v{a:int}.{b:int}/{c}.{d}",
        "GET /f/{rest:path}",
    )

    assert built.find(path, method) == found


def test_paths_without_parameters_are_in_the_static_dictionary_with_their_methods() -> None:
    built = table("GET /items", "POST /items", "GET /items/{id}")

    assert built.static == {"/items": {"GET": "GET /items", "HEAD": "GET /items", "POST": "POST /items"}}


BY_SPECIFICITY = [
    ("/items/new", "/items/new"),
    ("/items/{name}.json", "/items/a.json"),
    ("/items/{name}.{kind}", "/items/a.b"),
    ("/items/{flag:bool}", "/items/true"),
    ("/items/{id:int}", "/items/7"),
    ("/items/{share:float}", "/items/0.5e1"),
    ("/items/{name}", "/items/abc"),
    ("/items/{rest:path}/edit", "/items/a/b/edit"),
    ("/items/{rest:path}", "/items/a/b"),
    ("/{rest:path}", "/a"),
]


@pytest.mark.parametrize("turn", [1, -1])
def test_the_most_specific_pattern_serves_whatever_the_order_of_declaration(turn: int) -> None:
    built = table(*(f"GET {pattern}" for pattern, _ in BY_SPECIFICITY[::turn]))
    expected = {path: pattern for pattern, path in BY_SPECIFICITY}
    expected["/items/0.5e1"] = "/items/{name}.{kind}"

    assert {path: served(built, "GET", path) for path in expected} == {
        path: f"GET {pattern}" for path, pattern in expected.items()
    }


def test_a_way_that_leads_nowhere_is_left_for_the_next() -> None:
    built = table("GET /a/{x:int}/end", "GET /{y}/1/other", "GET /{z:path}")

    assert served(built, "GET", "/a/1/end") == "GET /a/{x:int}/end"
    assert built.find("/a/1/other", "GET") == ("GET /{y}/1/other", {"y": "a"}, 0)
    assert built.find("/a/1/x", "GET") == ("GET /{z:path}", {"z": "a/1/x"}, 0)


def test_the_most_specific_pattern_that_has_the_method_serves() -> None:
    built = table("GET /items/new", "DELETE /items/{id}", "PUT /items/{rest:path}")

    assert served(built, "GET", "/items/new") == "GET /items/new"
    assert served(built, "DELETE", "/items/new") == "DELETE /items/{id}"
    assert served(built, "PUT", "/items/new") == "PUT /items/{rest:path}"
    assert served(built, "POST", "/items/new") is None


@pytest.mark.parametrize("path", ["/items", "/items/{id}"])
def test_get_serves_head_until_head_is_declared(path: str) -> None:
    built = table(f"GET {path}")
    assert served(built, "HEAD", path) == f"GET {path}"

    built.add(parse(path), ["HEAD"], "its own", "app.py:7")
    assert served(built, "HEAD", path) == "its own"
    assert served(built, "GET", path) == f"GET {path}"


def test_a_head_declared_first_is_not_taken_by_get() -> None:
    built = table("HEAD /items", "GET /items", "HEAD /items/{id}", "GET /items/{id}")

    assert served(built, "HEAD", "/items") == "HEAD /items"
    assert served(built, "HEAD", "/items/7") == "HEAD /items/{id}"


def test_each_method_of_a_path_has_its_own_names_of_parameters() -> None:
    built = table("GET /items/{id:int}", "PUT /items/{item:int}", "GET /{a}/{b}/x", "PUT /{c}/{d}/x")

    assert built.find("/items/7", "GET") == ("GET /items/{id:int}", {"id": 7}, 0)
    assert built.find("/items/7", "PUT") == ("PUT /items/{item:int}", {"item": 7}, 0)
    assert built.find("/1/2/x", "PUT") == ("PUT /{c}/{d}/x", {"c": "1", "d": "2"}, 0)


def test_the_parameters_found_belong_to_the_caller() -> None:
    built = table("GET /items/{id}")

    for _ in range(2):
        found = built.find("/items/7", "GET")
        assert found is not None
        assert found[1] == {"id": "7"}
        found[1]["id"] = "changed"


@pytest.mark.parametrize("other", ["/items/{id}", "/items/{name}", "/items/{name:str}"])
def test_the_same_method_and_path_twice_is_an_error_that_names_both_places(other: str) -> None:
    built = table("GET /items/{id}")

    with pytest.raises(DuplicateRouteError) as error:
        built.add(parse(other), ["POST", "GET"], "again", "other.py:5")

    assert f"GET {other} at other.py:5 is already declared at app.py:0" in str(error.value)
    assert ("as /items/{id}" in str(error.value)) is (other != "/items/{id}")
    assert served(built, "POST", "/items/7") is None


def test_head_declared_twice_is_an_error_even_beside_get() -> None:
    built = table("GET /items", "HEAD /items")

    with pytest.raises(DuplicateRouteError, match=r"HEAD /items at b\.py:1 is already declared at app\.py:1"):
        built.add(parse("/items"), ["HEAD"], "again", "b.py:1")


def test_an_empty_path_needs_a_prefix() -> None:
    with pytest.raises(RouteError, match=r"the path '' at app\.py:0 needs a prefix to stand below: write '/'"):
        RouteTable[str]().add(parse(""), ["GET"], "x", "app.py:0")


MOUNTED = [
    ("/static", ("/static", None, 7)),
    ("/static/", ("/static", None, 7)),
    ("/static/a//b/", ("/static", None, 7)),
    ("/staticx", None),
    ("/stati", None),
    ("/t/acme/x", ("/t/{tenant}/", {"tenant": "acme"}, 7)),
    ("/t//x", None),
    ("/static/../secret", None),
]


@pytest.mark.parametrize(("path", "found"), MOUNTED)
@pytest.mark.parametrize("method", ["GET", "POST", "ANY-OTHER"])
def test_a_mount_serves_whole_segments_below_its_prefix_for_every_method(method: str, path: str, found: object) -> None:
    assert table(mounts=("/static", "/t/{tenant}/")).find(path, method) == found


@pytest.mark.parametrize("prefix", ["", "/"])
def test_a_mount_at_the_root_serves_what_nothing_else_does(prefix: str) -> None:
    built = table("GET /items/{id:int}", mounts=(prefix,))

    assert built.find("/items/7", "GET") == ("GET /items/{id:int}", {"id": 7}, 0)
    assert built.find("/items/x", "GET") == (prefix, None, 0)
    assert built.find("/items/7", "POST") == (prefix, None, 0)
    assert built.find("/", "GET") == (prefix, None, 0)
    assert built.find("items", "GET") is None


def test_a_route_below_a_mount_comes_before_it() -> None:
    built = table("GET /static/{rest:path}", "GET /static", mounts=("/static",))

    assert served(built, "GET", "/static/a") == "GET /static/{rest:path}"
    assert served(built, "GET", "/static") == "GET /static"
    assert served(built, "POST", "/static/a") == "/static"
    assert served(built, "GET", "/static/") == "/static"


@pytest.mark.parametrize("mount", ["/static", "/{name}.{kind}", "/{id:int}"])
@pytest.mark.parametrize("mounted_first", [True, False])
def test_a_mount_comes_before_a_route_that_is_less_specific_where_its_prefix_stands(
    mount: str, mounted_first: bool
) -> None:
    path = {"/static": "/static", "/{name}.{kind}": "/a.b", "/{id:int}": "/7"}[mount]
    built = table(mounts=(mount,) * mounted_first)
    built.add(parse("/{page}"), ["GET"], "page", "app.py:1")
    if not mounted_first:
        built.mount(parse(mount), mount, "app.py:2")

    assert served(built, "GET", path) == mount
    assert served(built, "GET", "/other") == "page"


def test_two_mounts_at_one_prefix_are_an_error_that_names_both_places() -> None:
    built = table(mounts=("/static",))

    with pytest.raises(DuplicateRouteError, match=r"mount at /static at b\.py:1 is already declared at app\.py:99"):
        built.mount(parse("/static/"), "again", "b.py:1")


def test_a_mount_has_no_path_parameter_in_its_prefix() -> None:
    with pytest.raises(RouteError, match=r"mount at /\{p:path\} \(app.py:1\): its path parameter leaves no path"):
        RouteTable[str]().mount(parse("/{p:path}"), "x", "app.py:1")


def test_the_leaves_that_fit_a_path_are_listed_most_specific_first() -> None:
    built = table("PUT /{rest:path}", "GET /items/{id}", "DELETE /items/{id:int}", "POST /items/7", "GET /other")

    assert [sorted(leaf.methods) for leaf in built.matching("/items/7")] == [
        ["POST"],
        ["DELETE"],
        ["GET", "HEAD"],
        ["PUT"],
    ]
    assert built.matching("/items/../7") == []
    assert built.matching("nothing") == []


def test_the_leaves_behind_a_mount_are_not_listed_since_it_serves_every_method() -> None:
    built = table("PUT /{rest:path}", "POST /x/{a}", mounts=("/x",))

    assert [sorted(leaf.methods) for leaf in built.matching("/x/1")] == [["POST"]]


HOSTILE = [
    "",
    "*",
    "x",
    "@google.com",
    "//",
    "///",
    "/items/",
    "//items/7",
    "/items//7",
    "/items/٣",
    "/items/²",
    "/items/+7",
    "/items/7\n",
    "/items/.",
    "/items/..",
    "/items/../items/7",
    "/items/7/..",
    "/Items/7",
    "/items%2f7",
    "/items/7;v=1",
    "http://host/items/7",
    "/items/" + "1" * 10_240,
]


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: repr(path)[:30])
def test_a_hostile_path_finds_nothing(path: str) -> None:
    built = table("GET /items/{id:int}", "GET /items/{a:int}.{b:int}", "GET /items/{id:int}/{key:uuid}")

    assert built.find(path, "GET") is None
    assert built.matching(path) == []


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/.well-known/a", ("GET /.well-known/{name}", {"name": "a"}, 0)),
        ("/.well-known/.a", ("GET /.well-known/{name}", {"name": ".a"}, 0)),
        ("/.well-known/..", None),
        ("/.well-known/.", None),
        ("/../a", None),
    ],
)
def test_a_dot_begins_a_segment_unless_there_is_nothing_but_dots(path: str, found: object) -> None:
    assert table("GET /.well-known/{name}", "GET /{name}/a").find(path, "GET") == found


@pytest.mark.parametrize(
    ("path", "plain"), [("/x", True), ("/a", False), ("/b", False), ("/b/x", True), ("/c/1", False)]
)
@pytest.mark.parametrize("slash", ["", "/"])
def test_it_is_plain_that_a_path_leads_nowhere_with_or_without_a_slash_at_its_end(
    path: str, plain: bool, slash: str
) -> None:
    assert table("GET /a", "GET /b/", "GET /c/{x}").leads_nowhere(path + slash) is plain


@pytest.mark.parametrize("pattern", ["/{a:own}", "/{a:own}/x", "/{a:own}/{b}"])
def test_a_look_up_that_the_first_way_answers_takes_no_other(pattern: str) -> None:
    own = Counting()
    converters = Converters(path_converters)
    converters.register("own", own)
    built: RouteTable[str] = RouteTable()
    built.add(parse(pattern, converters), ["GET"], "found", "app.py:1")

    assert built.find(pattern.replace("{a:own}", "1").replace("{b}", "2"), "GET") is not None
    assert own.seen == ["1"]


@pytest.mark.parametrize(
    ("pattern", "path", "parameters"),
    [
        ("/{user}/{id:int}", "/{user}/7", {"user": "{user}", "id": 7}),
        ("/{user}/x/{id:int}", "/{user}/x/7", {"user": "{user}", "id": 7}),
        ("/{id}", "/{id}", {"id": "{id}"}),
    ],
)
def test_braces_in_a_path_are_text(pattern: str, path: str, parameters: dict[str, object]) -> None:
    assert table(f"GET {pattern}").find(path, "GET") == (f"GET {pattern}", parameters, 0)


def test_a_slash_that_was_percent_encoded_twice_stays_text() -> None:
    assert table("GET /items/{name}").find("/items/a%2fb", "GET") == ("GET /items/{name}", {"name": "a%2fb"}, 0)


@pytest.mark.parametrize("segment", ["1" * 10_240, "-" * 10_240, "a.-" * 3_413, "/" * 10_240, "٣" * 10_240])
def test_ten_kilobytes_are_answered_in_less_than_a_millisecond(segment: str) -> None:
    kinds = ["int", "float", "bool", "uuid", "date", "datetime", "str", "path"]
    built = table(*(f"GET /{{x:{kind}}}/end" for kind in kinds), "GET /{a}-{b:int}.{c}/end", "GET /{p:path}/x/end")
    spans = []

    for _ in range(10):
        start = time.perf_counter()
        built.find(f"/{segment}", "GET")
        spans.append(time.perf_counter() - start)

    assert min(spans) < 0.001


def many_routes(size: int) -> RouteTable[str]:
    kinds = ["/fixed/r{}", "/items/r{}/{{id:int}}", "/users/{{user}}/r{}/{{post:int}}", "/files/r{}/{{rest:path}}"]
    return table(*(f"GET {kind.format(index)}" for index in range(size) for kind in kinds))


@pytest.fixture(scope="module")
def small() -> RouteTable[str]:
    return many_routes(10)


@pytest.fixture(scope="module")
def large() -> RouteTable[str]:
    return many_routes(1_000)


def calls_of(function: Callable[..., object], *arguments: object) -> int:
    """How many calls, of Python and of C, one call of *function* makes."""
    events: list[str] = []
    gc.disable()  # a collection may call what others have asked to be told
    sys.setprofile(lambda frame, event, argument: events.append(event))
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
        gc.enable()
    return sum(event in ("call", "c_call") for event in events)


@pytest.mark.parametrize(
    "path",
    [
        "/fixed/r{}",
        "/items/r{}/7",
        "/users/7/r{}/9",
        "/files/r{}/a/b/c",
        "/nowhere/r{}",
        "/items/r{}/not-an-int",
        "/users/7/r{}/x/y",
    ],
)
@pytest.mark.parametrize("index", [0, 500, 999])
def test_a_look_up_makes_as_many_calls_among_ten_routes_as_among_a_thousand(
    path: str, index: int, small: RouteTable[str], large: RouteTable[str]
) -> None:
    among_ten = calls_of(small.find, path.format(5), "GET")

    assert calls_of(large.find, path.format(index), "GET") == among_ten


@pytest.mark.parametrize("above", ["", "/items", "/shop/items"])
def test_one_parameter_behind_literals_takes_fewer_calls_than_a_walk(above: str) -> None:
    built = table(f"GET {above}/{{id}}", f"GET {above}/{{id}}/walk")

    assert calls_of(built.find, f"{above}/7", "GET") < calls_of(built.find, f"{above}/7/walk", "GET")


class Declaration(NamedTuple):
    pattern: PathPattern
    methods: list[str]


SEGMENTS = [
    "a",
    "b",
    "1",
    "{}",
    "{}",
    "{:int}",
    "{:float}",
    "{:bool}",
    "{:date}",
    "{}.{}",
    "{:int}-{}",
    "{}a",
    "a{}",
    "{:path}",
]
METHODS = st.lists(st.sampled_from(["GET", "HEAD", "POST"]), min_size=1, max_size=2, unique=True)


def _pattern(segments: list[str], slash: bool) -> PathPattern:
    number = count()
    text = "".join(f"/{segment}" for segment in segments) + "/" * slash
    return parse(re.sub("{", lambda _: f"{{p{next(number)}", text or "/"))


PATTERNS = st.builds(
    _pattern,
    st.lists(st.sampled_from(SEGMENTS), max_size=4).filter(lambda segments: segments.count("{:path}") <= 1),
    st.booleans(),
)
PREFIXES = st.builds(_pattern, st.lists(st.sampled_from(SEGMENTS[:-1]), max_size=2), st.booleans())
PATHS = st.lists(
    st.sampled_from(
        ["a", "b", "1", "-1", "1.5", "true", "a.b", "1-b", "1-1.a", "2026-11-20", "aa", "", ".", "..", "٣"]
    ),
    max_size=5,
).map(lambda segments: "/" + "/".join(segments))


class Oracle:
    """What RouteTable does, by trying every pattern in the documented order."""

    def __init__(self) -> None:
        self.routes: list[Declaration] = []
        self.mounts: list[PathPattern] = []

    def find(self, path: str, method: str) -> tuple[Any, dict[str, Any] | None, int] | None:
        candidates = [*self._routes(path, method), *self._mounts(path)]
        return min(candidates, key=lambda candidate: candidate[0])[1] if candidates else None

    def allowed(self, path: str) -> list[set[str]]:
        """The methods of each shape that fits *path* and is more specific than every mount that does."""
        limit = min((order for order, _ in self._mounts(path)), default=((99,),))
        fitting = {
            route.pattern.shape: route.pattern.order for route in self.routes if route.pattern.match(path) is not None
        }
        shapes = sorted((shape for shape in fitting if fitting[shape] < limit), key=lambda shape: fitting[shape])
        return [{method for method in ("GET", "HEAD", "POST") if self._declared(shape, method)} for shape in shapes]

    def _routes(self, path: str, method: str) -> list[Any]:
        found = []
        for shape in {route.pattern.shape for route in self.routes}:
            route = self._declared(shape, method)
            if route is not None:
                parameters = route.pattern.match(path)
                if parameters is not None:
                    found.append((route.pattern.order, (route, parameters or None, 0)))
        return found

    def _declared(self, shape: object, method: str) -> Declaration | None:
        same = [route for route in self.routes if route.pattern.shape == shape]
        for wanted in (method, "GET") if method == "HEAD" else (method,):
            for route in same:
                if wanted in route.methods:
                    return route
        return None

    def _mounts(self, path: str) -> list[Any]:
        if {".", ".."} & set(path.split("/")):
            return []
        found = []
        for prefix in self.mounts:
            bare = prefix.without_trailing_slash()
            start = "/".join(path.split("/")[: len(bare.segments) + 1])
            parameters = bare.match(start)
            if parameters is not None:
                found.append(((*bare.order, (99,)), (prefix, parameters or None, len(start))))
        return found


@settings(max_examples=250)
@given(
    routes=st.lists(st.builds(Declaration, PATTERNS, METHODS), max_size=12),
    mounts=st.lists(PREFIXES, max_size=2),
    paths=st.lists(PATHS, min_size=1, max_size=8),
)
def test_the_table_answers_as_every_pattern_tried_in_the_documented_order(
    routes: list[Declaration], mounts: list[PathPattern], paths: list[str]
) -> None:
    built: RouteTable[Any] = RouteTable()
    oracle = Oracle()
    for route in routes:
        try:
            built.add(route.pattern, route.methods, route, "")
        except DuplicateRouteError:
            continue
        oracle.routes.append(route)
    for prefix in mounts:
        try:
            built.mount(prefix, prefix, "")
        except DuplicateRouteError:
            continue
        oracle.mounts.append(prefix)

    for path in paths:
        for method in ("GET", "HEAD", "POST", "PUT"):
            assert built.find(path, method) == oracle.find(path, method), (method, path)
        assert [set(leaf.methods) for leaf in built.matching(path)] == oracle.allowed(path)


@given(routes=st.lists(st.builds(Declaration, PATTERNS, METHODS), max_size=12), path=PATHS, data=st.data())
def test_the_order_of_declaration_changes_no_answer(routes: list[Declaration], path: str, data: st.DataObject) -> None:
    unique = {(route.pattern.shape, method): route for route in routes for method in route.methods}
    declared = [Declaration(route.pattern, [method]) for (_, method), route in unique.items()]
    first: RouteTable[Any] = RouteTable()
    second: RouteTable[Any] = RouteTable()

    for built, order in ((first, declared), (second, data.draw(st.permutations(declared)))):
        for route in order:
            built.add(route.pattern, route.methods, route, "")

    for method in ("GET", "HEAD", "POST"):
        assert first.find(path, method) == second.find(path, method)
