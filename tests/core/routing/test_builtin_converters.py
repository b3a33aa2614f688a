from __future__ import annotations

import datetime as dt
import enum
import math
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.exceptions import RouteError
from nexios.routing.builtin_converters import (
    BoolConverter,
    ChoiceConverter,
    DateConverter,
    DateTimeConverter,
    FloatConverter,
    FunctionConverter,
    IntConverter,
    PathConverter,
    StrConverter,
    UUIDConverter,
)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


A_UUID = uuid.UUID("12345678-1234-5678-1234-567812345678")

READ = [
    (StrConverter(), "a b", "a b"),
    (StrConverter(), "%2f", "%2f"),
    (IntConverter(), "0", 0),
    (IntConverter(), "007", 7),
    (IntConverter(), "-1", -1),
    (IntConverter(), "-12", -12),
    (IntConverter(), "9" * 2_048, int("9" * 2_048)),
    (IntConverter(), "-" + "9" * 2_047, int("-" + "9" * 2_047)),
    (FloatConverter(), "1", 1.0),
    (FloatConverter(), "-1.5", -1.5),
    (FloatConverter(), "1e+16", 1e16),
    (FloatConverter(), "0." + "5" * 2_046, 5 / 9),
    (BoolConverter(), "true", True),
    (BoolConverter(), "false", False),
    (UUIDConverter(), str(A_UUID), A_UUID),
    (UUIDConverter(), "ABCDEF78-1234-5678-1234-567812345678", uuid.UUID("abcdef78-1234-5678-1234-567812345678")),
    (DateConverter(), "2026-11-20", dt.date(2026, 11, 20)),
    (DateTimeConverter(), "2026-11-20T10:30", dt.datetime(2026, 11, 20, 10, 30)),
    (DateTimeConverter(), "2026-11-20T10:30:01.5Z", dt.datetime(2026, 11, 20, 10, 30, 1, 500_000, dt.UTC)),
    (PathConverter(), "a/b", "a/b"),
    (ChoiceConverter(Colour), "red", Colour.RED),
    (ChoiceConverter(Level), "2", Level.HIGH),
    (ChoiceConverter(["a", 1, True]), "true", True),
    (ChoiceConverter(["a", False]), "false", False),
    (ChoiceConverter([Colour.BLUE]), "blue", Colour.BLUE),
    (FunctionConverter(Decimal), "1.50", Decimal("1.50")),
]

REFUSED = [
    (StrConverter(), [""]),
    (IntConverter(), ["", "-", "--1", "+1", " 1", "1 ", "1_0", "1.0", "٣", "-٣", "²", "1" * 2_049]),
    (IntConverter(), ["-" + "1" * 2_048, "0x1", "1\n", "\N{MINUS SIGN}1"]),
    (
        FloatConverter(),
        ["", ".", "+1.5", " 1", "1_0", "٣", "nan", "inf", "-inf", "1e400", "1e", "0." + "5" * 2_047, "1,5"],
    ),
    (BoolConverter(), ["", "True", "1", "0", "yes", "on"]),
    (UUIDConverter(), ["", A_UUID.hex, f"{{{A_UUID}}}", f"urn:uuid:{A_UUID}", "12345678-1234-5678-1234-56781234567٣"]),
    (UUIDConverter(), ["1234567-81234-5678-1234-567812345678", "-" * 36, "g" * 36]),
    (DateConverter(), ["", "20261120", "2026-W47-5", "2026-02-30", "2026-11-2", "٢026-11-20", "2026-11-20T10:30"]),
    (
        DateTimeConverter(),
        ["", "2026-11-20", "2026-11-20 10:30", "20261120T1030", "2026-11-20T25:00", "2026-11-20T1030"],
    ),
    (DateTimeConverter(), ["2026-11-20T10:3\N{ARABIC-INDIC DIGIT ZERO}", "2026-W47-5T10:30"]),
    (ChoiceConverter(Colour), ["", "RED", "Colour.RED", "green"]),
    (FunctionConverter(Decimal), ["x"]),
    (FunctionConverter({"a": 1}.__getitem__), ["b"]),
    (FunctionConverter(lambda text: 1 // int(text)), ["0", "x"]),
]

UNWRITABLE: list[tuple[Any, list[object]]] = [
    (StrConverter(), [None, True, 1.5, b"a"]),
    (IntConverter(), [None, True, 1.0, "1"]),
    (FloatConverter(), [None, True, "1.0"]),
    (BoolConverter(), [None, 1, "true"]),
    (UUIDConverter(), [None, str(A_UUID)]),
    (DateConverter(), [None, "2026-11-20", dt.datetime(2026, 11, 20)]),
    (DateTimeConverter(), [None, dt.date(2026, 11, 20)]),
    (PathConverter(), [None, 1]),
    (ChoiceConverter(Colour), ["green", "RED", 1, None, 1.5, b"red"]),
]


@pytest.mark.parametrize(("converter", "text", "value"), READ, ids=lambda each: repr(each)[:40])
def test_a_text_of_the_right_form_is_read(converter: Any, text: str, value: object) -> None:
    read = converter.convert(text)

    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("converter", "text"), [(each, text) for each, texts in REFUSED for text in texts], ids=lambda each: repr(each)[:40]
)
def test_any_other_text_is_refused_with_a_value_error(converter: Any, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        converter.convert(text)


@pytest.mark.parametrize(
    ("converter", "value"),
    [(each, value) for each, values in UNWRITABLE for value in values],
    ids=lambda each: repr(each)[:40],
)
def test_a_value_of_another_type_is_not_written(converter: Any, value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        converter.format(value)


ROUND_TRIPS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (StrConverter(), st.text(min_size=1)),
    (IntConverter(), st.integers()),
    (FloatConverter(), st.floats(allow_nan=False, allow_infinity=False)),
    (BoolConverter(), st.booleans()),
    (UUIDConverter(), st.uuids()),
    (DateConverter(), st.dates()),
    (DateTimeConverter(), st.datetimes(timezones=st.none() | st.just(dt.UTC))),
    (PathConverter(), st.text(min_size=1)),
    (ChoiceConverter(Colour), st.sampled_from(Colour)),
    (ChoiceConverter(Level), st.sampled_from(Level)),
    (FunctionConverter(Decimal), st.decimals(allow_nan=False)),
]


@pytest.mark.parametrize(("converter", "values"), ROUND_TRIPS, ids=lambda each: type(each).__name__)
@given(data=st.data())
def test_what_a_converter_writes_it_reads_back(
    converter: Any, values: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    value = data.draw(values)

    assert converter.convert(converter.format(value)) == value


@pytest.mark.parametrize("converter", [converter for converter, _ in ROUND_TRIPS], ids=lambda each: type(each).__name__)
@given(text=st.text())
def test_no_text_makes_a_converter_raise_anything_but_a_value_error(converter: Any, text: str) -> None:
    with suppress(ValueError):
        converter.convert(text)


@pytest.mark.parametrize("converter", [converter for converter, _ in ROUND_TRIPS], ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("unit", ["1", "-", "1e", "0.", "٣", "a", "T", "2026-11-20T", "%2f"])
def test_ten_kilobytes_take_less_than_a_millisecond(converter: Any, unit: str) -> None:
    text = (unit * 10_240)[:10_240]

    def attempt() -> None:
        with suppress(ValueError):
            converter.convert(text)

    assert _best_of(10, attempt) < 0.001


def _best_of(times: int, call: Callable[[], None]) -> float:
    spans = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        spans.append(time.perf_counter() - start)
    return min(spans)


def test_an_error_shows_the_beginning_of_a_long_text_only() -> None:
    with pytest.raises(ValueError, match="is not an integer") as refusal:
        IntConverter().convert("x" * 10_000)

    assert len(str(refusal.value)) < 100


@pytest.mark.parametrize(
    ("converter", "refusal"),
    [
        (ChoiceConverter(Colour), "'x' is not one of red|blue"),
        (FunctionConverter(Decimal), "Decimal refuses 'x'"),
        (FunctionConverter({"a": 1}.__getitem__), "dict.__getitem__ refuses 'x'"),
    ],
)
def test_a_refusal_names_the_choices_or_the_function(converter: Any, refusal: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        converter.convert("x")

    assert str(error.value) == refusal


def test_an_infinite_float_is_not_written_in_a_form_that_is_read() -> None:
    with pytest.raises(ValueError, match="decimal"):
        FloatConverter().convert(FloatConverter().format(math.inf))


def test_a_choice_is_written_from_the_member_its_value_or_its_text() -> None:
    assert ChoiceConverter(Colour).format(Colour.RED) == "red"
    assert ChoiceConverter(Colour).format("red") == "red"
    assert ChoiceConverter(Level).format(1) == "1"
    assert ChoiceConverter([True, "x"]).format(True) == "true"


def test_two_converters_with_the_same_choices_are_one() -> None:
    assert ChoiceConverter(Colour) == ChoiceConverter(Colour)
    assert hash(ChoiceConverter(Colour)) == hash(ChoiceConverter(Colour))


@pytest.mark.parametrize("other", [ChoiceConverter(["red", "blue"]), ChoiceConverter([Colour.RED]), StrConverter()])
def test_choices_of_other_values_or_types_are_another_converter(other: object) -> None:
    assert ChoiceConverter(Colour) != other


@pytest.mark.parametrize("value", [None, 1.5, b"a", "", (1, 2)])
def test_a_choice_without_a_text_of_its_own_is_refused_when_declared(value: object) -> None:
    with pytest.raises(RouteError, match="has no text in a path: only str, int and bool values have one"):
        ChoiceConverter([value])


def test_two_choices_with_the_same_text_are_refused_when_declared() -> None:
    with pytest.raises(RouteError, match="1 and '1' are both written '1'"):
        ChoiceConverter([1, "1"])
