from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType, Optional

import pytest

from nexios.exceptions import RouteError
from nexios.routing.converters import (
    Converters,
    as_converter,
    enum_converter,
    literal_converter,
    path_converters,
    register_path_converter,
)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Slug:
    def convert(self, text: str) -> str:
        if not text.islower():
            raise ValueError(text)
        return text

    def format(self, value: str) -> str:
        return value


@dataclass
class Unhashable:
    prefix: str

    def convert(self, text: str) -> str:
        return self.prefix + text

    def format(self, value: str) -> str:
        return value


@pytest.fixture
def unchanged_globals() -> Iterator[None]:
    own = dict(path_converters._own)
    yield
    path_converters._own = own


@pytest.mark.parametrize("name", ["str", "int", "float", "bool", "uuid", "path", "date", "datetime"])
def test_every_application_has_the_converters_of_the_contract(name: str) -> None:
    assert name in path_converters
    assert name in path_converters.names()


def test_a_converter_of_an_application_is_not_known_to_another() -> None:
    application, another = Converters(path_converters), Converters(path_converters)

    application.register("slug", Slug)

    assert "slug" in application
    assert "slug" not in another


def test_an_application_may_give_a_known_name_another_meaning() -> None:
    application = Converters(path_converters)

    application.register("int", Slug())

    assert isinstance(application["int"], Slug)
    assert not isinstance(path_converters["int"], Slug)
    assert application.names() == path_converters.names()


@pytest.mark.usefixtures("unchanged_globals")
def test_a_global_converter_is_known_to_applications_that_exist_already() -> None:
    application = Converters(path_converters)

    register_path_converter("slug", Slug())

    assert isinstance(application["slug"], Slug)


def test_an_unknown_converter_is_an_error_that_suggests_a_known_one() -> None:
    with pytest.raises(RouteError, match=r"unknown converter 'itn'; did you mean 'int'\?.*register_path_converter"):
        Converters(path_converters)["itn"]


def test_an_unknown_converter_is_answered_with_those_of_the_application_too() -> None:
    application = Converters(path_converters)
    application.register("slug", Slug())

    with pytest.raises(RouteError, match="unknown converter 'slgu'; did you mean 'slug'"):
        application["slgu"]
    with pytest.raises(RouteError, match="known: bool, date, datetime, float, int, path, slug, str, uuid"):
        application["zzzzzz"]


def test_an_unknown_converter_like_no_other_is_answered_with_all_of_them() -> None:
    with pytest.raises(RouteError, match="known: bool, date, datetime, float, int, path, str, uuid"):
        path_converters["zzzzzz"]


def test_without_any_converter_the_error_says_so() -> None:
    with pytest.raises(RouteError, match="unknown converter 'int'"):
        Converters()["int"]


@pytest.mark.parametrize("name", ["", "a-b", "1a", "a b", "a}"])
def test_a_name_that_cannot_stand_in_a_pattern_is_refused(name: str) -> None:
    with pytest.raises(RouteError, match="cannot stand in a pattern"):
        Converters().register(name, Slug)


@pytest.mark.parametrize(
    ("given", "text", "value"),
    [
        (Slug(), "abc", "abc"),
        (Slug, "abc", "abc"),
        (Decimal, "1.5", Decimal("1.5")),
        (str.upper, "abc", "ABC"),
        (str, "abc", "abc"),
        (Colour, "red", Colour.RED),
    ],
)
def test_objects_classes_functions_and_enums_are_converters(given: Any, text: str, value: object) -> None:
    assert as_converter(given).convert(text) == value


def test_what_is_neither_callable_nor_a_converter_is_refused() -> None:
    with pytest.raises(RouteError, match=r"'\[a-z\]\+' is no converter: it needs convert\(text\) and format\(value\)"):
        as_converter("[a-z]+")  # type: ignore[arg-type]


def test_a_converter_that_is_not_hashable_is_refused_with_the_cure() -> None:
    with pytest.raises(RouteError, match=r"must be hashable; for a dataclass: @dataclass\(frozen=True\)"):
        as_converter(Unhashable("a"))


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (str, "str"),
        (int, "int"),
        (float, "float"),
        (bool, "bool"),
        (uuid.UUID, "uuid"),
        (dt.date, "date"),
        (dt.datetime, "datetime"),
        (Annotated[int, "positive"], "int"),
        (NewType("UserId", int), "int"),
        (int | None, "int"),
        (Optional[int], "int"),  # noqa: UP045  (the spelling is what is tested)
        (Annotated[NewType("OrderId", uuid.UUID) | None, 1], "uuid"),
    ],
)
def test_an_annotation_means_the_converter_of_its_type(annotation: object, name: str) -> None:
    assert path_converters.for_annotation(annotation) is path_converters[name]


def test_an_annotation_means_what_the_application_calls_by_that_name() -> None:
    application = Converters(path_converters)
    application.register("int", Slug())

    assert isinstance(application.for_annotation(int), Slug)


@pytest.mark.parametrize("annotation", [None, list, list[int], int | str, dict[str, int], "int", object(), Any, Slug])
def test_other_annotations_mean_no_converter(annotation: object) -> None:
    assert path_converters.for_annotation(annotation) is None


def test_enums_and_literals_have_converters_of_their_own() -> None:
    assert path_converters.for_annotation(Colour) == enum_converter(Colour)
    assert path_converters.for_annotation(Literal["a", 1]) == literal_converter(["a", 1])
    assert path_converters.for_annotation(Colour | None) == enum_converter(Colour)
