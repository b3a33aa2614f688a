"""What is read of a body, and how much: classes 11, 13 and 15."""

from __future__ import annotations

from tests.core.hostile.attack import Attack, Threat
from tests.core.hostile.target import READERS

CHUNKED = ((b"transfer-encoding", b"chunked"),)
JSON = ((b"content-type", b"application/json"),)


def _declared(size: int) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"content-length", b"%d" % size), *JSON)


SIZES = Threat(
    11,
    "Bodies over the limit",
    tuple(
        attack
        for reader in READERS
        for attack in (
            Attack(
                f"as much as the limit of the route: `{reader}`",
                200,
                f"/ten/{reader}",
                "POST",
                _declared(10),
                body=(b'"23456789"',),
            ),
            Attack(
                f"a Content-Length over the limit: `{reader}`",
                413,
                f"/ten/{reader}",
                "POST",
                _declared(11),
                body=(),
                closes=True,
            ),
            Attack(
                f"one byte more than the limit, chunked: `{reader}`",
                413,
                f"/ten/{reader}",
                "POST",
                (*CHUNKED, *JSON),
                body=(b"1",) * 11,
                closes=True,
            ),
            Attack(
                f"more than its Content-Length says: `{reader}`",
                413,
                f"/ten/{reader}",
                "POST",
                _declared(5),
                body=(b"1" * 11,),
                closes=True,
            ),
            Attack(
                f"a gigabyte without Content-Length: `{reader}`",
                413,
                f"/{reader}",
                "POST",
                (*CHUNKED, *JSON),
                body=(b"1" * 65_536,) * 16_384,
                closes=True,
            ),
            Attack(
                f"a million chunks of one byte, over the limit: `{reader}`",
                413,
                f"/ten/{reader}",
                "POST",
                (*CHUNKED, *JSON),
                body=(b"1",) * 1_000_000,
                closes=True,
            ),
        )
    ),
    (
        "core/hostile/test_memory.py::test_an_upload_over_the_limit_is_not_kept",
        "core/http/test_body.py::test_a_declared_length_over_the_limit_is_refused_before_layers_of_the_route_and_dependencies",
        "core/http/test_body.py::test_an_endless_upload_is_cut_at_the_limit",
        "core/http/test_body.py::test_the_limit_is_the_routes_the_routers_the_apps_or_a_mebibyte",
    ),
)


def _query(sends: str, status: int, query: bytes, says: object = None) -> Attack:
    return Attack(sends, status, "/probe", query=query, says=says)


FIELDS = Threat(
    13,
    "Floods and look-alikes of fields",
    (
        _query("1 000 fields in the query", 200, b"&".join([b"a=1"] * 1_000)),
        _query("1 001 fields in the query", 400, b"&".join([b"a=1"] * 1_001)),
        _query("100 001 fields in the query", 400, b"&".join([b"a=1"] * 100_001)),
        _query("a semicolon separates nothing", 200, b"a=1;b=2", {"query": [["a", "1;b=2"]]}),
        _query("brackets nest nothing", 200, b"a[]=1&a[b][c]=2", {"query": [["a[]", "1"], ["a[b][c]", "2"]]}),
        _query("what is encoded twice is decoded once", 200, b"a=%2541", {"query": [["a", "%41"]]}),
        _query(
            "a percent sign alone stays", 200, b"a=%&b=%4&c=%zz", {"query": [["a", "%"], ["b", "%4"], ["c", "%zz"]]}
        ),
        _query("bytes that are not UTF-8", 400, b"a=\xff"),
        _query("escapes that are not UTF-8", 400, b"a=%ff"),
        _query("an escaped surrogate", 400, b"a=%ed%a0%80"),
    ),
    ("core/http/test_urls.py::test_a_long_query_is_read_in_linear_time",),
)

MALFORMED = {
    "nothing": b"",
    "100 000 open arrays": b"[" * 100_000,
    "100 000 open objects": b'{"a":' * 100_000,
    "65 arrays in each other": b"[" * 65 + b"]" * 65,
    "an integer of 100 000 digits": b"9" * 100_000,
    "`NaN`": b"NaN",
    "`Infinity`": b"[-Infinity]",
    "a number over the range of floats": b"[1e400]",
    "a lone surrogate": b'"\\ud800"',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "UTF-32": '{"a":1}'.encode("utf-32"),
    "a byte order mark": b"\xef\xbb\xbf1",
    "bytes after the value": b"1 2",
    "a key twice": b'{"a":1,"a":2}',
    "bytes that are not UTF-8": b'"\xff"',
    "a control character in a string": b'"\n"',
    "a comment": b"/* */1",
    "a comma too many": b"[1,]",
    "a string without its end": b'"s3cr3t',
    "a name": b"s3cr3t",
    "a NUL": b"\0",
}

DOCUMENTS = Threat(
    15,
    "JSON that readers disagree about",
    (
        *[Attack(f"JSON: {what}", 400, "/json", "POST", JSON, body=(text,)) for what, text in MALFORMED.items()],
        Attack("64 arrays in each other", 200, "/json", "POST", JSON, body=(b"[" * 64 + b"]" * 64,)),
        *[
            Attack(
                f"a Content-Type that is not all of one: `{value.decode('latin-1')!a}`",
                415,
                "/json",
                "POST",
                ((b"content-type", value),),
                body=(b"{}",),
            )
            for value in (
                b"application/json\ta",
                b"application/json garbage",
                b"application/json;x",
                b"text/json",
                b"application/json, text/plain",
                b"application/jsonx",
                b"",
                b"\xe9/json",
            )
        ],
        *[
            Attack(
                f"the same Content-Type in another spelling: `{value.decode()}`",
                200,
                "/json",
                "POST",
                ((b"content-type", value),),
                body=(b"{}",),
            )
            for value in (
                b"APPLICATION/JSON",
                b"application/json; charset=utf-8",
                b'application/json;x="a;b"',
                b"application/problem+json",
            )
        ],
    ),
    (
        "core/http/test_codecs.py::test_any_bytes_are_read_or_refused",
        "core/http/test_codecs.py::test_whatever_two_readers_could_understand_differently_is_refused",
        "core/http/test_codecs.py::test_ten_megabytes_of_flat_json_are_read",
    ),
)

THREATS = [SIZES, FIELDS, DOCUMENTS]
