from __future__ import annotations

import importlib.util
import json
import sys
import tracemalloc
from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import SimpleNamespace
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.exceptions import BadRequest
from nexios.http import codecs
from nexios.http.codecs import Codec, JSONCodec, dumps, json_codec, loads

CODECS: list[Codec] = [JSONCodec(), json_codec()]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
zones = st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))
encodable = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


class Colour(Enum):
    RED = "red"
    PAIR = (1, 2)


class Size(IntEnum):
    BIG = 3


class Kind(StrEnum):
    ONE = "one"


class Text(str):
    pass


class Number(int):
    pass


class Weight(float):
    pass


Point = namedtuple("Point", ["x", "y"])


@dataclass
class Owner:
    name: str
    _secret: int = 5


@dataclass(slots=True)
class Item:
    id: UUID
    price: Decimal
    owner: Owner
    tags: frozenset[str] = frozenset(["a"])
    made: datetime = field(default_factory=lambda: datetime(2030, 1, 2, 3, 4, 5, 6, tzinfo=UTC))
    kind: ClassVar[str] = "item"


ID = UUID("12345678-1234-5678-1234-567812345678")

CORPUS: dict[str, tuple[Any, str]] = {
    "null": (None, "null"),
    "true": (True, "true"),
    "zero": (0, "0"),
    "negative zero": (-0.0, "-0.0"),
    "a whole float": (1.0, "1.0"),
    "a float": (9.99, "9.99"),
    "a large float": (1e16, "1e+16"),
    "the largest float": (1.7976931348623157e308, "1.7976931348623157e+308"),
    "the smallest float": (5e-324, "5e-324"),
    "1e-4": (1e-4, "0.0001"),
    "1e-5": (1e-5, "0.00001"),
    "1.25e-5": (-1.25e-5, "-0.0000125"),
    "1e-6": (1e-6, "1e-6"),
    "1.5e-9": (1.5e-9, "1.5e-9"),
    "1e-10": (1e-10, "1e-10"),
    "small floats in a list": ([1e-05, 2, "1e-05", {"1e-06": 1e-06}], '[0.00001,2,"1e-05",{"1e-06":1e-6}]'),
    "small floats by quotes": (['"1e-05', 1e-05, "\\", 1e-05], '["\\"1e-05",0.00001,"\\\\",0.00001]'),
    "an int of 64 bits": (2**64 - 1, "18446744073709551615"),
    "an int of 65 bits": (2**64, "18446744073709551616"),
    "a negative int of 65 bits": (-(2**64), "-18446744073709551616"),
    "text": ("é€😀/</script>", '"é€😀/</script>"'),
    "controls": ('"\\\b\f\n\r\t\x00\x1f\x7f\x80\u2028', '"\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\x80\u2028"'),
    "an empty object": ({}, "{}"),
    "an empty list": ([], "[]"),
    "a tuple": ((1, (2,)), "[1,[2]]"),
    "a named tuple": (Point(1, 2), "[1,2]"),
    "an object": ({"a": [1, {"b": None}]}, '{"a":[1,{"b":null}]}'),
    "int keys": ({1: 2}, '{"1":2}'),
    "other keys": ({None: 1, True: 2, 1.5: 3}, '{"null":1,"true":2,"1.5":3}'),
    "text subclass": (Text("a"), '"a"'),
    "text subclass as a key": ({Text("a"): 1}, '{"a":1}'),
    "int subclass": (Number(5), "5"),
    "float subclass": (Weight(1.5), "1.5"),
    "dict subclasses": ([OrderedDict(a=1), defaultdict(int, b=2)], '[{"a":1},{"b":2}]'),
    "a set": ({1}, "[1]"),
    "a frozen set": (frozenset(["a"]), '["a"]'),
    "an enum": (Colour.RED, '"red"'),
    "an enum of tuples": (Colour.PAIR, "[1,2]"),
    "an int enum": (Size.BIG, "3"),
    "a text enum": (Kind.ONE, '"one"'),
    "a text enum as a key": ({Kind.ONE: 1}, '{"one":1}'),
    "a uuid": (ID, '"12345678-1234-5678-1234-567812345678"'),
    "a decimal": (Decimal("1.10"), '"1.10"'),
    "a date": (date(2030, 1, 2), '"2030-01-02"'),
    "a time": (time(3, 4, 5), '"03:04:05"'),
    "a time in a zone": (time(3, 4, tzinfo=UTC), '"03:04:00+00:00"'),
    "a datetime": (datetime(2030, 1, 2, 3, 4, 5, 600), '"2030-01-02T03:04:05.000600"'),
    "a datetime in a zone": (
        datetime(2030, 1, 2, tzinfo=timezone(timedelta(hours=-5))),
        '"2030-01-02T00:00:00-05:00"',
    ),
    "a datetime in an odd zone": (
        datetime(2030, 1, 2, tzinfo=timezone(timedelta(seconds=1))),
        '"2030-01-02T00:00:00+00:00:01"',
    ),
    "dataclasses": (
        Item(ID, Decimal(1), Owner("me")),
        '{"id":"12345678-1234-5678-1234-567812345678","price":"1","owner":{"name":"me","_secret":5},"tags":["a"]'
        ',"made":"2030-01-02T03:04:05.000006+00:00"}',
    ),
    "deep": (json.loads("[" * 300 + "]" * 300), "[" * 300 + "]" * 300),
}


@pytest.mark.parametrize("codec", CODECS, ids=["stdlib", "fastest"])
@pytest.mark.parametrize(("value", "text"), CORPUS.values(), ids=CORPUS)
def test_a_value_is_written_in_one_way_by_every_codec(codec: Codec, value: Any, text: str) -> None:
    assert codec.encode(value) == text.encode()
    assert codec.encode({"in": [value]}) == b'{"in":[%b]}' % text.encode()


@pytest.mark.parametrize("codec", CODECS, ids=["stdlib", "fastest"])
@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (float("nan"), ValueError, "not JSON compliant"),
        ([float("inf")], ValueError, "not JSON compliant"),
        ({"a": [-float("inf"), None]}, ValueError, "not JSON compliant"),
        ("\ud800", ValueError, "surrogates not allowed"),
        (b"x", TypeError, "^bytes is not text, so JSON cannot hold it: decode it, or encode it with base64$"),
        (bytearray(b"x"), TypeError, "^bytearray is not text"),
        ([memoryview(b"x")], TypeError, "^memoryview is not text"),
        (SimpleNamespace(), TypeError, "^SimpleNamespace has no form in JSON: convert it to a dict, list, str"),
        (Owner, TypeError, "^type has no form in JSON"),
        ({b"x": 1}, TypeError, "keys must be str"),
        (1j, TypeError, "^complex has no form in JSON"),
    ],
)
def test_a_value_without_a_form_is_refused_by_every_codec(
    codec: Codec, value: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        codec.encode(value)


@pytest.mark.parametrize("codec", CODECS, ids=["stdlib", "fastest"])
def test_a_value_that_contains_itself_is_refused(codec: Codec) -> None:
    circle: list[Any] = []
    circle.append(circle)

    with pytest.raises(ValueError, match="Circular reference"):
        codec.encode(circle)


def test_a_decimal_is_known_only_once_its_module_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "decimal")

    with pytest.raises(TypeError, match=r"^Decimal has no form in JSON"):
        JSONCodec().encode(Decimal(1))


@given(json_values)
def test_every_codec_gives_the_same_bytes_or_the_same_error(value: Any) -> None:
    answers: list[object] = []
    for codec in CODECS:
        try:
            answers.append(codec.encode(value))
        except ValueError as error:
            answers.append(str(error))

    assert answers[0] == answers[1]


@given(st.floats(allow_nan=False, allow_infinity=False) | st.floats(-1e-3, 1e-3) | st.floats(1e14, 1e24))
def test_every_float_is_written_in_one_way_and_reads_back(number: float) -> None:
    written = JSONCodec().encode(number)

    assert json_codec().encode(number) == written
    assert loads(written) == number


@given(st.datetimes(timezones=st.none() | zones) | st.dates() | st.times() | st.uuids() | st.decimals())
def test_every_codec_writes_dates_ids_and_decimals_alike(value: object) -> None:
    assert JSONCodec().encode([value]) == json_codec().encode([value])


@pytest.mark.parametrize("atom", ["x", "\\", '"', "e-0"])
def test_a_long_string_is_written_without_much_memory(atom: str) -> None:
    text = atom * 300_000
    value = [text, 1e-05]

    tracemalloc.start()
    try:
        written = JSONCodec().encode(value)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 8 * len(written)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**20), 10**20)
        | st.floats(allow_nan=False, allow_infinity=False)
        | encodable,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(encodable, inner, max_size=3),
        max_leaves=10,
    )
)
def test_every_json_value_survives_a_round_trip(value: Any) -> None:
    for codec in CODECS:
        assert codec.decode(codec.encode(value)) == value
        assert json.loads(codec.encode(value)) == value


# --- reading


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"null", None),
        (b' {"a" : [1, 2.5, true, "\xc3\xa9"]} \r\n\t', {"a": [1, 2.5, True, "é"]}),
        (rb'"\ud83d\ude00\u00e9"', "😀é"),
        (rb'"\\ud800"', "\\ud800"),
        (b"1e308", 1e308),
        (b"-1e-400", -0.0),
        (b"9" * 4_300, int("9" * 4_300)),
        (b'{"a":1,"A":2,"":3}', {"a": 1, "A": 2, "": 3}),
        (b"[" * 64 + b"]" * 64, json.loads("[" * 64 + "]" * 64)),
        (b'{"a":' * 64 + b"1" + b"}" * 64, json.loads('{"a":' * 64 + "1" + "}" * 64)),
        (b"[" + b"[]," * 100 + b"{}]", [[] for _ in range(100)] + [{}]),
        (b'"' + b"[" * 100 + b'"', "[" * 100),
        (b'["' + b"[{" * 100 + b'"]', ["[{" * 100]),
        (bytes(bytearray(b"[]")), []),
    ],
)
def test_json_is_read(data: bytes, value: object) -> None:
    for codec in CODECS:
        assert codec.decode(data) == value


REFUSED = {
    "nothing": (b"", "is empty"),
    "blanks": (b"  ", "is malformed at character 2"),
    "a word": (b"secret", "is malformed at character 0"),
    "python": (b"{'secret': None}", "is malformed at character 1"),
    "trailing bytes": (b'{} "secret"', "is malformed at character 3"),
    "a trailing comma": (b"[1,]", "is malformed at character "),  # which one depends on the release of Python
    "an open string": (b'"secret', "is malformed at character 0"),
    "a raw control character": (b'"secret\n"', "is malformed at character 7"),
    "an unknown escape": (rb'"\secret"', "is malformed at character 1"),
    "a leading zero": (b"01", "is malformed at character 1"),
    "a leading plus": (b"+1", "is malformed at character 0"),
    "a hex number": (b"0x10", "is malformed at character 1"),
    "a comment": (b"/* secret */ 1", "is malformed at character 0"),
    "other digits": ("\u0665".encode(), "is malformed at character 0"),
    "another blank": ("\u00a01".encode(), "is malformed at character 0"),
    "a mark": (b"\xef\xbb\xbf{}", "is malformed at character 0"),
    "utf-16": ('{"secret":1}'.encode("utf-16-le"), "is malformed at character 1"),
    "utf-16 with a mark": ('{"secret":1}'.encode("utf-16"), "is not UTF-8"),
    "utf-32": ('{"secret":1}'.encode("utf-32-be"), "is malformed at character 0"),
    "latin-1": ('"é"'.encode("latin-1"), "is not UTF-8"),
    "half a character": (b'"secret\xc3"', "is not UTF-8"),
    "an encoded surrogate": (b'"\xed\xa0\x80"', "is not UTF-8"),
    "an overlong character": (b'"\xc0\xaf"', "is not UTF-8"),
    "a lone escaped surrogate": (rb'"secret\ud800"', "is not UTF-8"),
    "a lone surrogate in capitals": (rb'["secret\uDFFF"]', "is not UTF-8"),
    "a lone surrogate as a key": (rb'{"\udead": 1}', "is not UTF-8"),
    "half a pair": (rb'"\ud83d\ud83d\ude00"', "is not UTF-8"),
    "not a number": (b"NaN", "has NaN, which is not JSON"),
    "infinity": (b"[Infinity]", "has Infinity, which is not JSON"),
    "negative infinity": (b'{"secret":-Infinity}', "has -Infinity, which is not JSON"),
    "too large a number": (b"[1e400]", "has a number that is too large"),
    "too large a negative number": (b"-1e400", "has a number that is too large"),
    "a long float": (b"9" * 400 + b".0", "has a number that is too large"),
    "a long number": (b"9" * 4_301, "has a number with too many digits"),
    "a very long number": (b"9" * 100_000, "has a number with too many digits"),
    "a key twice": (b'{"secret":1,"b":2,"secret":3}', "has an object with the same key twice"),
    "a key twice, escaped": (rb'[{"secret":1,"\u0073ecret":3}]', "has an object with the same key twice"),
    "65 lists": (b"[" * 65 + b"]" * 65, "is nested deeper than 64 levels"),
    "65 objects": (b'{"secret":' * 65 + b"1" + b"}" * 65, "is nested deeper than 64 levels"),
    "65 of both": (b'[{"a":' * 32 + b"[]" + b"}]" * 32, "is nested deeper than 64 levels"),
    "deep at the end": (b"[" + b"1," * 100 + b"[" * 64 + b"]" * 65, "is nested deeper than 64 levels"),
    "100 000 lists": (b"[" * 100_000, "is nested deeper than 64 levels"),
    "100 000 objects": (b'{"secret":' * 100_000, "is nested deeper than 64 levels"),
}


@pytest.mark.parametrize(("data", "problem"), REFUSED.values(), ids=REFUSED)
def test_whatever_two_readers_could_understand_differently_is_refused(data: bytes, problem: str) -> None:
    for codec in CODECS:
        with pytest.raises(BadRequest) as caught:
            codec.decode(data)

        assert caught.value.detail is not None
        assert caught.value.detail.startswith(f"The JSON {problem}")
        assert "secret" not in caught.value.detail
        # Nor does the traceback carry the body into a log.
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None


def test_the_depth_can_be_chosen() -> None:
    for codec in (JSONCodec(depth=2), json_codec(depth=2)):
        assert codec.decode(b"[[],{}]") == [[], {}]
        with pytest.raises(BadRequest, match="nested deeper than 2 levels"):
            codec.decode(b"[[[]]]")


@given(st.binary(max_size=30) | st.text('{}[]",:0123456789.eE+-\\utrnfalse NIy', max_size=30).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        value = loads(data)
    except BadRequest as refusal:
        message = refusal.detail
    else:
        message = None
        assert loads(dumps(value)) == value
    assert message is None or message.startswith("The JSON ")


def test_ten_megabytes_of_flat_json_are_read() -> None:
    data = b"[" + b"1234567," * 1_310_720 + b"0]"

    assert len(loads(data)) == 1_310_721  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "atom",
    [b"[", b'{"a":', b"9", b'"', b"\\", b'"\\', b"[],", b"{},", b"1,", b'"\\ud800",', b" ", b"-", b"1e9,", b'""'],
)
@pytest.mark.parametrize("start", [b"", b"[", b'["'])
def test_long_json_is_read_in_linear_time(atom: bytes, start: bytes, assert_linear: Callable[..., None]) -> None:
    assert_linear(loads, lambda size: start + atom * (size // len(atom)))
    assert_linear(loads, lambda size: start + atom * (size // len(atom)) + b"0]")


# --- the choice


def test_json_is_the_media_type_of_every_codec() -> None:
    assert [codec.media_types for codec in CODECS] == [("application/json",)] * 2


def test_the_module_reads_and_writes_with_the_fastest_codec() -> None:
    assert dumps({"a": 1}) == b'{"a":1}'
    assert loads(b'{"a":1}') == {"a": 1}
    assert type(json_codec()) is type(dumps.__self__)  # type: ignore[attr-defined]


def test_an_orjson_that_writes_numbers_in_another_way_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Older:
        @staticmethod
        def dumps(value: object) -> bytes:
            return JSONCodec().encode(value).replace(b"e+", b"e")

    monkeypatch.setattr(codecs, "orjson", Older)
    assert not codecs._speaks_json()
    monkeypatch.setattr(codecs, "orjson", None)
    assert not codecs._speaks_json()


@pytest.mark.parametrize(
    "number", ["0.0001", "0.0000125", "0.00001", "1.25e-6", "1e-9", "1e-10", "1000000000000000.0", "1e+16", "1.25e+17",
               "1e+22", "1.7e+308", "-1e+300", "5e-324"]
)  # fmt: skip
def test_each_way_to_write_a_number_is_asked_for(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        @staticmethod
        def dumps(value: list[float]) -> bytes:
            written = [JSONCodec().encode(each) for each in value]
            return b"[" + b",".join(b"?" if each == number.encode() else each for each in written) + b"]"

    monkeypatch.setattr(codecs, "orjson", Other)

    assert not codecs._speaks_json()


def test_the_module_loads_without_orjson(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "orjson", None)
    spec = importlib.util.spec_from_file_location("codecs_without_orjson", codecs.__file__)
    assert spec is not None
    assert spec.loader is not None
    alone = importlib.util.module_from_spec(spec)

    spec.loader.exec_module(alone)

    assert alone.dumps({"a": 1}) == b'{"a":1}'
    assert type(alone.json_codec()) is alone.JSONCodec


def test_without_orjson_json_itself_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codecs, "_USE_ORJSON", False)

    assert type(json_codec()) is JSONCodec


def test_orjson_writes_where_it_is_installed() -> None:
    orjson = pytest.importorskip("orjson")

    assert type(json_codec()) is not JSONCodec
    assert json_codec().encode({"a": 1}) == orjson.dumps({"a": 1})
